"""The private calendar of deadlines of each user: opened, renewed and closed by themselves, known by a secret address.

Only the hash of the secret is kept: whoever reads the database cannot read a calendar with it.
"""

from __future__ import annotations

import re
import secrets
from datetime import date, datetime
from hashlib import sha256
from hmac import compare_digest

from sqlalchemy import Connection, String, bindparam, delete, insert, select

from engine.access.audit_register import By, note
from engine.access.sign_in import SignedIn, account_of, account_rows
from engine.access.tables import calendario_privato, utente
from engine.storage.sql.statements import Statement

SECRET_BYTES = 32
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")

_READER = Statement(
    account_rows(calendario_privato.c.impronta)
    .join(calendario_privato, calendario_privato.c.username == utente.c.username)
    .where(calendario_privato.c.impronta == bindparam("impronta", type_=String))
)
"""Asked at every reading: whose calendar it is, and what they hold that day, in one."""


def open_feed(connection: Connection, username: str, *, by: By) -> str:
    """A new secret for the user's calendar, told this once; the one before, if any, opens nothing any more."""
    one = select(utente.c.username).where(utente.c.username == username).with_for_update()
    connection.execute(one).all()  # who presses twice waits, and gets the newer address
    renewed = _close(connection, username)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = {"username": username, "impronta": _hash(secret), "created_at": by.at}
    connection.execute(insert(calendario_privato).values(**row))
    note(connection, by, "utente", username, "calendario_rinnovato" if renewed else "calendario_aperto")
    return secret


def close_feed(connection: Connection, username: str, *, by: By) -> bool:
    """Close the user's calendar: its address opens nothing any more. False when there was none."""
    if not _close(connection, username):
        return False
    note(connection, by, "utente", username, "calendario_chiuso")
    return True


def feed_opened_at(connection: Connection, username: str) -> datetime | None:
    """Since when the user's calendar has the address it has (UTC), or None when it is closed."""
    query = select(calendario_privato.c.created_at).where(calendario_privato.c.username == username)
    return connection.execute(query).scalar_one_or_none()


def feed_reader(connection: Connection, secret: str, today: date) -> SignedIn | None:
    """Whose calendar a secret opens, with the roles of that day (in Rome); None for any other, or a closed account.

    One statement, none for what cannot be a secret. What is compared in the database is a hash, so how long that takes
    says nothing about the secret.
    """
    if _SECRET.fullmatch(secret) is None:
        return None
    hashed = _hash(secret)
    rows = _READER.named(connection, impronta=hashed, today=today)
    return account_of(rows) if rows and compare_digest(rows[0].impronta, hashed) else None


def _close(connection: Connection, username: str) -> bool:
    return (
        connection.execute(
            delete(calendario_privato).where(calendario_privato.c.username == username)
        ).rowcount
        > 0
    )


def _hash(secret: str) -> str:
    return sha256(secret.encode("ascii")).hexdigest()
