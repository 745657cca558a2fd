"""Who is signed in: the session, the account behind it, and the address to return to afterwards.

The session keeps the user name and the stamp of the account's password, so that a changed password or a closed account
ends every session at once.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, jsonify, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import LoginManager, UserMixin, login_user, logout_user

from engine.access import Actor, accounts
from web import current
from web.errors import wants_json
from web.formatting import today

STAMP = "impronta"


class SignedIn(UserMixin):  # type: ignore[misc]
    """The person signed in, as Flask-Login wants it."""

    def __init__(self, actor: Actor, stamp: str) -> None:
        self.actor = actor
        self.stamp = stamp

    def get_id(self) -> str:
        """The user name."""
        return self.actor.id


def install(app: Flask) -> None:
    """Load the person of each request from the session."""
    manager = LoginManager(app)
    manager.session_protection = None  # addresses of phones change; the stamp and the cookie's flags protect
    manager.user_loader(_load)
    manager.unauthorized_handler(_unauthorized)


def sign_in(username: str, password: str) -> accounts.SignedIn | None:
    """Open a new session when the password is right; the old session's content is thrown away."""
    engine = current.engine()
    found = accounts.authenticate(engine.database, username, password, engine.clock.now())
    if found is None:
        return None
    session.clear()
    session.permanent = True
    session[STAMP] = found.stamp
    login_user(SignedIn(found.actor, found.stamp))
    return found


def sign_out() -> None:
    """End the session."""
    logout_user()
    session.clear()


def renew_stamp() -> None:
    """Keep this session alive after its own password has changed."""
    found = _account(current.actor().id)
    if found is not None:
        session[STAMP] = found.stamp


def safe_next(address: str | None) -> str:
    """The page to return to: an address inside these pages, or the inbox."""
    home = url_for("inbox.page")
    if not address or not address.startswith("/") or any(ord(letter) < 32 for letter in address):
        return home
    if address.startswith(("//", "/\\")) or "\\" in address:
        return home
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or parts.path == url_for("account.sign_in"):
        return home
    return address.rstrip("?")


def _account(username: str) -> accounts.SignedIn | None:
    with current.engine().database.read() as connection:
        return accounts.signed_in(connection, username, today())


def _load(username: str) -> SignedIn | None:
    found = _account(username)
    if found is None or session.get(STAMP) != found.stamp:
        return None
    return SignedIn(found.actor, found.stamp)


def _unauthorized() -> Any:
    if wants_json():
        sentence = gettext("La sessione è finita: accedi di nuovo in un'altra scheda, poi torna qui.")
        return jsonify(code="SIGNED_OUT", message=sentence), 401
    back = request.full_path if request.method == "GET" else request.headers.get("Referer", "")
    path = back if back.startswith("/") else urlsplit(back).path
    return redirect(url_for("account.sign_in", next=safe_next(path)))
