"""Users: who may sign in, with which roles and where. Passwords are given once and never shown again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from engine.access import ChangedBy, Permission, accounts
from engine.errors import InvalidInput
from engine.tasks import calendar_feed_store
from web import choices, current
from web.access import allowed
from web.admin.views import blueprint
from web.formatting import today
from web.language import LANGUAGES
from web.layout import role_label

PAGE_SIZE = 50


@blueprint.get("/utenti")
@allowed(Permission.USER_MANAGE)
def users() -> Any:
    """Administrators: the accounts, by user name."""
    text, after = request.args.get("testo", "").strip(), request.args.get("dopo", "")
    with current.engine().database.read() as connection:
        found = accounts.accounts(connection, text, after=after, limit=PAGE_SIZE + 1)
    rows = found[:PAGE_SIZE]
    next_key = rows[-1].username if len(found) > PAGE_SIZE else None
    return render_template("admin/users.html", rows=rows, next_key=next_key, text=text)


@blueprint.route("/utenti/nuovo", methods=["GET", "POST"])
@allowed(Permission.USER_MANAGE)
def new_user() -> Any:
    """Administrators: a new account with a first password."""
    form = request.form
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            with current.engine().database.begin() as work:
                made = accounts.create_account(
                    work.connection,
                    form.get("username", ""),
                    form.get("nome", ""),
                    form.get("password", ""),
                    by=_by(),
                    email=form.get("email", ""),
                    lingua=form.get("lingua", "it"),
                )
        except InvalidInput as problem:
            errors = problem.fields or {"username": problem.message}
        else:
            flash(gettext("Utente creato. Ora dagli almeno un ruolo."), "success")
            return redirect(url_for("admin.user", username=made.username))
    page = render_template("admin/new_user.html", form=form, errors=errors, languages=list(LANGUAGES.items()))
    return (page, 422) if errors else page


@blueprint.get("/utenti/<username>")
@allowed(Permission.USER_MANAGE)
def user(username: str) -> Any:
    """Administrators: one account, its roles and what can be done with it."""
    return _page(username)


@blueprint.post("/utenti/<username>/ruoli")
@allowed(Permission.USER_MANAGE)
def add_role(username: str) -> Any:
    """Administrators, in the ambiti where they manage users: give a role."""
    role, scope = request.form.get("ruolo", ""), request.form.get("ambito", "")
    engine = current.engine()
    engine.permissions.require(current.actor(), Permission.USER_MANAGE, scope)
    if role not in engine.permissions.roles:
        return _page(username, {"ruolo": gettext("Scegli un ruolo dall'elenco.")}), 422
    with engine.database.begin() as work:
        accounts.add_membership(work.connection, username, role, scope, today(), by=_by())
    flash(gettext("Ruolo dato: vale da subito."), "success")
    return redirect(url_for("admin.user", username=username))


@blueprint.post("/utenti/<username>/ruoli/<membership_id>/togli")
@allowed(Permission.USER_MANAGE)
def end_role(username: str, membership_id: str) -> Any:
    """Administrators, in the ambiti where they manage users: take a role away from today on."""
    engine = current.engine()
    with engine.database.begin() as work:
        held = {one.id: one for one in accounts.memberships(work.connection, username)}
        if membership_id in held:
            one = held[membership_id]
            engine.permissions.require(current.actor(), Permission.USER_MANAGE, one.ambito)
            accounts.end_membership(
                work.connection, membership_id, max(one.dal, today() - timedelta(days=1)), by=_by()
            )
    flash(gettext("Ruolo tolto: non vale più da subito."), "success")
    return redirect(url_for("admin.user", username=username))


@blueprint.post("/utenti/<username>/stato")
@allowed(Permission.USER_MANAGE)
def change_state(username: str) -> Any:
    """Administrators: close or reopen an account; never their own."""
    if username == current.actor().id:
        raise InvalidInput("OWN_ACCOUNT_CANNOT_BE_CLOSED")
    _require_over(username)
    with current.engine().database.begin() as work:
        if request.form.get("attivo") == "sì":
            accounts.reactivate(work.connection, username, by=_by())
        else:
            accounts.deactivate(work.connection, username, by=_by())
    flash(gettext("Fatto."), "success")
    return redirect(url_for("admin.user", username=username))


@blueprint.post("/utenti/<username>/password")
@allowed(Permission.USER_MANAGE)
def reset_password(username: str) -> Any:
    """Administrators: give a new password; the sessions open with the old one end."""
    _require_over(username)
    try:
        with current.engine().database.begin() as work:
            accounts.set_password(work.connection, username, request.form.get("password", ""), by=_by())
    except InvalidInput as problem:
        return _page(username, problem.fields or {"password": problem.message}), 422
    flash(gettext("Password cambiata: comunicala alla persona a voce o di persona."), "success")
    return redirect(url_for("admin.user", username=username))


@blueprint.post("/utenti/<username>/calendario/chiudi")
@allowed(Permission.USER_MANAGE)
def close_private_calendar(username: str) -> Any:
    """Administrators: revoke the private calendar feed of a user, whose address may have leaked."""
    _require_over(username)
    with current.engine().database.begin() as work:
        calendar_feed_store.close_feed(
            work.connection, accounts.account(work.connection, username).username, by=_by()
        )
    flash(gettext("Calendario chiuso: il suo indirizzo non funziona più."), "success")
    return redirect(url_for("admin.user", username=username))


def _require_over(username: str) -> None:
    """Raises Forbidden for an administrator of one ambito and an account with roles elsewhere."""
    engine = current.engine()
    with engine.database.read() as connection:
        held = accounts.memberships(connection, username, today())
    for one in held:
        engine.permissions.require(current.actor(), Permission.USER_MANAGE, one.ambito)


def _page(username: str, errors: dict[str, str] | None = None) -> str:
    with current.engine().database.read() as connection:
        about = accounts.account(connection, username)
        held = accounts.memberships(connection, username)
        calendar = calendar_feed_store.feed_opened_at(connection, about.username)
    now = today()
    known = [(role, role_label(role)) for role in current.engine().permissions.roles]
    return render_template(
        "admin/user.html",
        about=about,
        calendar=calendar,
        held=[one for one in held if one.al is None or one.al >= now],
        ended=[one for one in held if one.al is not None and one.al < now],
        roles=sorted(known, key=lambda pair: pair[1]),
        scopes=choices.scopes(current.actor()),
        errors=errors or {},
        myself=username == current.actor().id,
    )


def _by() -> ChangedBy:
    return ChangedBy(current.actor().id, current.engine().clock.now())
