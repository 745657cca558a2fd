"""The directory of accounts: write them, correct them, close them, change passwords. Each change is in the register."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, or_, select, update

from engine.access import passwords
from engine.access.actors import SYSTEM
from engine.access.audit_register import By, note
from engine.access.models import Account
from engine.access.tables import calendario_privato, utente
from engine.access.validation import check_email
from engine.errors import InvalidInput, NotFound
from engine.storage.sql.insert_once import insert_once

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")


def create_account(
    connection: Connection,
    username: str,
    nome: str,
    password: str | None,
    *,
    by: By,
    email: str = "",
    lingua: str = "it",
) -> Account:
    """Write a new account; without a password nobody can sign in with it yet. InvalidInput with `fields`."""
    name = normalise_username(username)
    faults: dict[str, str] = {}
    if _USERNAME.fullmatch(name) is None or name == SYSTEM.id:
        faults["username"] = "Il nome utente ha da 2 a 64 fra lettere minuscole, cifre, punti e trattini"
    if not nome.strip() or len(nome) > 160:
        faults["nome"] = "Scrivere nome e cognome, al massimo 160 caratteri"
    if lingua not in ("it", "en"):
        faults["lingua"] = "La lingua è it oppure en"
    if faults:
        raise InvalidInput("; ".join(faults.values()), fields=faults)
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
        sentence = f"Il nome utente «{name}» è già preso"
        raise InvalidInput(sentence, code="UTENTE_GIA_PRESENTE", fields={"username": sentence})
    note(connection, by, "utente", name, "creato")
    return account(connection, name)


def account(connection: Connection, username: str) -> Account:
    """The account; NotFound when there is none."""
    row = connection.execute(
        select(utente).where(utente.c.username == normalise_username(username))
    ).one_or_none()
    if row is None:
        raise NotFound(f"Nessun utente si chiama «{username:.80}»")
    return read_account(row)


def accounts(
    connection: Connection, text: str = "", *, after: str = "", limit: int = 50, also_inactive: bool = True
) -> tuple[Account, ...]:
    """Accounts by user name, after the given one; `text` is looked for in user name, name and e-mail."""
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
    return tuple(read_account(row) for row in connection.execute(query))


def change_account(
    connection: Connection,
    username: str,
    *,
    by: By,
    nome: str | None = None,
    email: str | None = None,
    lingua: str | None = None,
) -> Account:
    """Correct name, e-mail or language; what is None stays. InvalidInput with `fields`."""
    before = account(connection, username)
    if nome is not None and (not nome.strip() or len(nome) > 160):
        sentence = "Scrivere nome e cognome, al massimo 160 caratteri"
        raise InvalidInput(sentence, fields={"nome": sentence})
    if lingua is not None and lingua not in ("it", "en"):
        raise InvalidInput("La lingua è it oppure en", fields={"lingua": "La lingua è it oppure en"})
    values = {
        "nome": before.nome if nome is None else " ".join(nome.split()),
        "email": before.email if email is None else check_email(email),
        "lingua": before.lingua if lingua is None else lingua,
    }
    changed = sorted(key for key, value in values.items() if getattr(before, key) != value)
    if changed:
        connection.execute(update(utente).where(utente.c.username == before.username).values(**values))
        note(connection, by, "utente", before.username, "modificato", {"campi": changed})
    return account(connection, before.username)


def set_password(connection: Connection, username: str, password: str, *, by: By) -> None:
    """Give a new password (an administrator, the command line). Ends the sessions open with the old one."""
    name = account(connection, username).username
    passwords.check_new_password(password, name)
    renew_sessions(connection, name, password_hash=passwords.hash_password(password))
    note(connection, by, "utente", name, "password")


def change_password(connection: Connection, username: str, current: str, new: str, *, now: datetime) -> None:
    """Change one's own password, knowing the old one.

    InvalidInput: `fields` has ``attuale`` for the old one, ``nuova`` for the new one.
    """
    name = normalise_username(username)
    row = connection.execute(select(utente).where(utente.c.username == name)).one_or_none()
    if not passwords.matches(current, row.password_hash if row is not None else None):
        sentence = "La password attuale non è questa"
        raise InvalidInput(sentence, code="PASSWORD_ERRATA", fields={"attuale": sentence})
    try:
        passwords.check_new_password(new, name)
    except InvalidInput as problem:
        raise InvalidInput(problem.message, code=problem.code, fields={"nuova": problem.message}) from problem
    renew_sessions(connection, name, password_hash=passwords.hash_password(new))
    note(connection, By(name, now), "utente", name, "password")


def deactivate(connection: Connection, username: str, *, by: By) -> None:
    """Close the account: nobody signs in with it, open sessions end, so does its private calendar. What it did stays
    its own."""
    name = account(connection, username).username
    renew_sessions(connection, name, attivo=False)
    connection.execute(delete(calendario_privato).where(calendario_privato.c.username == name))
    note(connection, by, "utente", name, "disattivato")


def reactivate(connection: Connection, username: str, *, by: By) -> None:
    """Open the account again."""
    name = account(connection, username).username
    renew_sessions(connection, name, attivo=True)
    note(connection, by, "utente", name, "riattivato")


def names(connection: Connection, usernames: Iterable[str]) -> dict[str, str]:
    """The names behind user names; those unknown are left out, the engine itself is named."""
    wanted = set(usernames)
    query = select(utente.c.username, utente.c.nome).where(utente.c.username.in_(wanted))
    known = {row.username: row.nome for row in connection.execute(query)}
    return known | ({SYSTEM.id: SYSTEM.name} if SYSTEM.id in wanted else {})


def normalise_username(username: str) -> str:
    """Lower case without spaces around: what people type is what is stored."""
    return username.strip().lower()[:80]


def renew_sessions(connection: Connection, username: str, **values: object) -> None:
    """Write these values and end the sessions that are open."""
    connection.execute(
        update(utente)
        .where(utente.c.username == username)
        .values(credentials=utente.c.credentials + 1, **values)
    )


def read_account(row: Row[Any]) -> Account:
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
