"""Sign-in: verification of the password in constant work, and the actor of an account with its memberships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Date, Row, Select, String, bindparam, select, update

from engine.access import passwords
from engine.access.actors import Actor, Membership
from engine.access.memberships import in_force
from engine.access.tables import appartenenza, utente
from engine.access.user_directory import normalise_username
from engine.storage import Statement
from engine.storage.database import Database
from engine.temporal import in_rome

_TODAY: Any = bindparam("today", type_=Date)


def account_rows(*more: Any) -> Select[Any]:
    """SQL: accounts with a row per membership on the day of the parameter `today`, and `more` columns."""
    columns = ("username", "nome", "attivo", "credentials", "lingua")
    held = (appartenenza.c.username == utente.c.username) & in_force(_TODAY)
    return (
        select(*(utente.c[name] for name in columns), appartenenza.c.ruolo, appartenenza.c.ambito, *more)
        .select_from(utente)
        .outerjoin(appartenenza, held)
    )


_SIGNED_IN = Statement(account_rows().where(utente.c.username == bindparam("username", type_=String)))
"""Executed at every request: the account and its memberships of the day."""


@dataclass(frozen=True)
class SignedIn:
    """An active account as an actor, with the `stamp` that a session must have to stay valid."""

    actor: Actor
    stamp: str
    lingua: str


def authenticate(database: Database, username: str, password: str, now: datetime) -> SignedIn | None:
    """Sign in. None when user or password is wrong or the account is closed, with the same work in every case.

    The hash is verified outside the write transaction; a hash with old parameters is replaced.
    """
    with database.read() as connection:
        row = _credentials(connection, username)
    if not _password_matches(row, password) or row is None:
        return None
    with database.begin() as work:
        return _record_sign_in(work.connection, row, password, now)


def signed_in(connection: Connection, username: str, today: date) -> SignedIn | None:
    """The account of a session, or None when it is closed or does not exist. `today` is the day in Europe/Rome."""
    return account_of(_SIGNED_IN.named(connection, username=normalise_username(username), today=today))


def account_of(rows: Sequence[Any]) -> SignedIn | None:
    """The one account of these `account_rows`; None when there is none or it is closed."""
    if not rows or not rows[0].attivo:
        return None
    first = rows[0]
    held = frozenset(Membership(row.ruolo, row.ambito) for row in rows if row.ruolo is not None)
    return SignedIn(Actor(first.username, first.nome, held), str(first.credentials), first.lingua)


def actor_for(connection: Connection, username: str, today: date) -> Actor | None:
    """The actor with the memberships of a day (Europe/Rome); None for a closed or unknown account."""
    found = signed_in(connection, username, today)
    return None if found is None else found.actor


def _credentials(connection: Connection, username: str) -> Row[Any] | None:
    return connection.execute(
        select(utente).where(utente.c.username == normalise_username(username))
    ).one_or_none()


def _password_matches(row: Row[Any] | None, password: str) -> bool:
    matches = passwords.matches(password, row.password_hash if row is not None else None)
    return matches and row is not None and bool(row.attivo)


def _record_sign_in(connection: Connection, row: Row[Any], password: str, now: datetime) -> SignedIn | None:
    values: dict[str, object] = {"last_login_at": now}
    if passwords.is_outdated(row.password_hash):
        values["password_hash"] = passwords.hash_password(password)
    unchanged = update(utente).where(
        utente.c.username == row.username, utente.c.attivo, utente.c.credentials == row.credentials
    )
    if connection.execute(unchanged.values(**values)).rowcount != 1:
        return None  # closed or changed since the password was verified
    return SignedIn(_actor(connection, row, in_rome(now).date()), str(row.credentials), row.lingua)


def _actor(connection: Connection, row: Row[Any], today: date) -> Actor:
    query = select(appartenenza.c.ruolo, appartenenza.c.ambito).where(
        appartenenza.c.username == row.username, in_force(today)
    )
    held = frozenset(Membership(ruolo, ambito) for ruolo, ambito in connection.execute(query))
    return Actor(row.username, row.nome, held)
