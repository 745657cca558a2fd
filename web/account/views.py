"""Sign-in and sign-out, profile, notices, and the language of the pages."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from flask_login import current_user

from engine.access import accounts
from engine.errors import InvalidInput
from engine.localization import message
from modules.notifications import service as notice_service
from web import auth, current
from web.access import public, signed_in
from web.language import COOKIE, LANGUAGES
from web.security import limiter

blueprint = Blueprint("account", __name__, template_folder="templates")
A_YEAR = 31536000


def _rate() -> str:
    return current.settings().login_rate


def _account_named() -> str:
    return "account:" + request.form.get("utente", "").strip().lower()[:80]


@blueprint.get("/")
@public
def home() -> Any:
    """Everybody: the inbox for whoever is signed in, else the sign-in."""
    return redirect(url_for("inbox.page" if current_user.is_authenticated else "account.sign_in"))


@blueprint.get("/accedi")
@public
def sign_in() -> Any:
    """Everybody: the sign-in page."""
    if current_user.is_authenticated:
        return redirect(auth.safe_next(request.args.get("next")))
    return render_template(
        "account/sign_in.html", next=request.args.get("next", ""), username="", wrong=False
    )


@blueprint.post("/accedi")
@public
@limiter.limit(_rate)
@limiter.limit(_rate, key_func=_account_named)
def check_sign_in() -> Any:
    """Everybody, a few times a minute: the same answer for a wrong password and an unknown user."""
    username = request.form.get("utente", "").strip()
    found = auth.sign_in(username, request.form.get("password", ""))
    if found is not None:
        answer = redirect(auth.safe_next(request.form.get("next")))
        return answer if COOKIE in request.cookies else _with_language_cookie(answer, found.lingua)
    page = render_template(
        "account/sign_in.html", next=request.form.get("next", ""), username=username, wrong=True
    )
    return page, 422


@blueprint.post("/esci")
@public
def sign_out() -> Any:
    """Everybody: end the session."""
    auth.sign_out()
    flash(gettext("Sei uscito. A presto."), "success")
    return redirect(url_for("account.sign_in"))


@blueprint.post("/lingua")
@public
def language() -> Any:
    """Everybody: choose Italian or English."""
    chosen = request.form.get("lingua", "")
    signed = current_user.is_authenticated
    answer = redirect(auth.safe_next(request.form.get("next")) if signed else url_for("account.sign_in"))
    return _with_language_cookie(answer, chosen)


def _with_language_cookie(answer: Any, chosen: str) -> Any:
    """The response, with a cookie for the chosen language when it is one of the two."""
    if chosen in LANGUAGES:
        secure = current.settings().secure_cookies
        answer.set_cookie(COOKIE, chosen, max_age=A_YEAR, secure=secure, httponly=True, samesite="Lax")
    return answer


@blueprint.get("/profilo")
@signed_in
def profile() -> Any:
    """Whoever is signed in: their own roles, and the change of password."""
    return render_template("account/profile.html", errors={})


@blueprint.post("/profilo/password")
@signed_in
@limiter.limit(_rate)
def change_password() -> Any:
    """Whoever is signed in: change their own password, knowing the old one."""
    new = request.form.get("nuova", "")
    try:
        if new != request.form.get("ripetuta", ""):
            raise InvalidInput.for_field("ripetuta", message("PASSWORDS_DIFFER"))
        now, old = current.engine().clock.now(), request.form.get("attuale", "")
        with current.engine().database.begin() as work:
            accounts.change_password(work.connection, current.actor().id, old, new, now=now)
    except InvalidInput as problem:
        return render_template(
            "account/profile.html", errors=problem.fields or {"nuova": problem.message}
        ), 422
    auth.renew_stamp()
    flash(gettext("Password cambiata. Le altre sessioni aperte con la vecchia sono finite."), "success")
    return redirect(url_for("account.profile"))


@blueprint.get("/avvisi")
@signed_in
def notices() -> Any:
    """Whoever is signed in: their own notices, newest first."""
    with current.engine().database.read() as connection:
        found = notice_service.list_notices(
            connection, current.actor().id, after=request.args.get("dopo") or None
        )
    return render_template("account/notices.html", notices=found.items, next_key=found.next)


@blueprint.post("/avvisi/<int:notice_id>")
@signed_in
def open_notice(notice_id: int) -> Any:
    """The notice's own reader: mark it as read and go where it leads."""
    engine = current.engine()
    with engine.database.begin() as work:
        link = notice_service.mark_read(work.connection, current.actor().id, notice_id, engine.clock.now())
    return redirect(auth.safe_next(link))


@blueprint.post("/avvisi/letti")
@signed_in
def notices_read() -> Any:
    """Whoever is signed in: mark their own notices as read."""
    engine = current.engine()
    with engine.database.begin() as work:
        notice_service.mark_all_read(work.connection, current.actor().id, engine.clock.now())
    return redirect(url_for("account.notices"))
