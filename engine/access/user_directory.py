"""Accounts: create, change, close, change passwords. Each change is in the audit register."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, or_, select, update

from engine.access import passwords
from engine.access.actors import SYSTEM
from engine.access.audit_register import ChangedBy, record_change
from engine.access.models import Account
from engine.access.tables import calendario_privato, utente
from engine.access.validation import check_email
from engine.errors import InvalidInput, NotFound
from engine.localization import message
from engine.storage.sql.insert_once import insert_once

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")


def create_account(
    connection: Connection,
    username: str,
    nome: str,
    password: str | None,
    *,
    by: ChangedBy,
    email: str = "",
    lingua: str = "it",
) -> Account:
    """Create an account; without a password nobody can sign in with it. InvalidInput with `fields`."""
    name = normalise_username(username)
    faults: dict[str, str] = {}
    if _USERNAME.fullmatch(name) is None or name == SYSTEM.id:
        faults["username"] = message("USERNAME_INVALID")
    if not nome.strip() or len(nome) > 160:
        faults["nome"] = message("ACCOUNT_NAME_INVALID")
    if lingua not in ("it", "en"):
        faults["lingua"] = message("ACCOUNT_LANGUAGE_INVALID")
    if faults:
        raise InvalidInput("ACCOUNT_INVALID", fields=faults, faults=list(faults.values()))
    if password is not None:
        passwords.check_new_password(password, name)
    values = {
        "username": name,
        "nome": " ".join(nome.split()),
        "email": check_email(email),
        "password_hash": passwords.hash_password(password) if password is not None else None,
        "lingua": lingua,
        "created_at": by.at,
    }
    if not insert_once(connection, utente, values):
        raise InvalidInput.for_field(
            "username", message("USERNAME_TAKEN", name=name), code="UTENTE_GIA_PRESENTE"
        )
    record_change(connection, by, "utente", name, "creato")
    return account(connection, name)


def account(connection: Connection, username: str) -> Account:
    """The account; NotFound when there is none."""
    row = connection.execute(
        select(utente).where(utente.c.username == normalise_username(username))
    ).one_or_none()
    if row is None:
        raise NotFound("ACCOUNT_NOT_FOUND", name=username[:80])
    return account_from_row(row)


def accounts(
    connection: Connection, text: str = "", *, after: str = "", limit: int = 50, also_inactive: bool = True
) -> tuple[Account, ...]:
    """Accounts in the order of their user names, after a given one; `text` filters user name, name and e-mail."""
    query = select(utente).where(utente.c.username > after).order_by(utente.c.username).limit(limit)
    if text.strip():
        wanted = text.strip()
        query = query.where(
            or_(
                *(
                    c.icontains(wanted, autoescape=True)
                    for c in (utente.c.username, utente.c.nome, utente.c.email)
                )
            )
        )
    if not also_inactive:
        query = query.where(utente.c.attivo)
    return tuple(account_from_row(row) for row in connection.execute(query))


def change_account(
    connection: Connection,
    username: str,
    *,
    by: ChangedBy,
    nome: str | None = None,
    email: str | None = None,
    lingua: str | None = None,
) -> Account:
    """Change name, e-mail or language; None leaves the value as it is. InvalidInput with `fields`."""
    before = account(connection, username)
    if nome is not None and (not nome.strip() or len(nome) > 160):
        raise InvalidInput.for_field("nome", message("ACCOUNT_NAME_INVALID"))
    if lingua is not None and lingua not in ("it", "en"):
        raise InvalidInput.for_field("lingua", message("ACCOUNT_LANGUAGE_INVALID"))
    values = {
        "nome": before.nome if nome is None else " ".join(nome.split()),
        "email": before.email if email is None else check_email(email),
        "lingua": before.lingua if lingua is None else lingua,
    }
    changed = sorted(key for key, value in values.items() if getattr(before, key) != value)
    if changed:
        connection.execute(update(utente).where(utente.c.username == before.username).values(**values))
        record_change(connection, by, "utente", before.username, "modificato", {"campi": changed})
    return account(connection, before.username)


def set_password(connection: Connection, username: str, password: str, *, by: ChangedBy) -> None:
    """Set a password without knowing the old one, and end the open sessions."""
    name = account(connection, username).username
    passwords.check_new_password(password, name)
    update_and_end_sessions(connection, name, password_hash=passwords.hash_password(password))
    record_change(connection, by, "utente", name, "password")


def change_password(connection: Connection, username: str, current: str, new: str, *, now: datetime) -> None:
    """Change a password, given the current one, and end the open sessions.

    InvalidInput on the field ``attuale`` for the current password, ``nuova`` for the new one.
    """
    name = normalise_username(username)
    row = connection.execute(select(utente).where(utente.c.username == name)).one_or_none()
    if not passwords.matches(current, row.password_hash if row is not None else None):
        raise InvalidInput.for_field("attuale", message("PASSWORD_WRONG"), code="PASSWORD_ERRATA")
    try:
        passwords.check_new_password(new, name)
    except InvalidInput as problem:
        raise InvalidInput.for_field("nuova", problem.message, code=problem.code) from problem
    update_and_end_sessions(connection, name, password_hash=passwords.hash_password(new))
    record_change(connection, ChangedBy(name, now), "utente", name, "password")


def deactivate(connection: Connection, username: str, *, by: ChangedBy) -> None:
    """Close an account: end its sessions and delete its private calendar. What it did keeps its name."""
    name = account(connection, username).username
    update_and_end_sessions(connection, name, attivo=False)
    connection.execute(delete(calendario_privato).where(calendario_privato.c.username == name))
    record_change(connection, by, "utente", name, "disattivato")


def reactivate(connection: Connection, username: str, *, by: ChangedBy) -> None:
    """Reopen a closed account."""
    name = account(connection, username).username
    update_and_end_sessions(connection, name, attivo=True)
    record_change(connection, by, "utente", name, "riattivato")


def names(connection: Connection, usernames: Iterable[str]) -> dict[str, str]:
    """The name of each user name, also of the engine itself; unknown ones are left out."""
    wanted = set(usernames)
    query = select(utente.c.username, utente.c.nome).where(utente.c.username.in_(wanted))
    known = {row.username: row.nome for row in connection.execute(query)}
    return known | ({SYSTEM.id: SYSTEM.name} if SYSTEM.id in wanted else {})


def normalise_username(username: str) -> str:
    """The user name as it is stored: lower case, without surrounding spaces."""
    return username.strip().lower()[:80]


def update_and_end_sessions(connection: Connection, username: str, **values: object) -> None:
    """Update these columns of an account and end its open sessions."""
    connection.execute(
        update(utente)
        .where(utente.c.username == username)
        .values(credentials=utente.c.credentials + 1, **values)
    )


def account_from_row(row: Row[Any]) -> Account:
    """The account of a row."""
    return Account(
        row.username,
        row.nome,
        row.email,
        row.attivo,
        row.lingua,
        row.created_at,
        row.last_login_at,
        row.credentials,
    )
