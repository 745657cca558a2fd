"""The table of calendar feeds: each user has one at most, found by the hash of its secret.

The secret itself is not stored, so the database does not give access to a feed.
"""

from __future__ import annotations

import re
import secrets
from datetime import date, datetime
from hashlib import sha256
from hmac import compare_digest

from sqlalchemy import Connection, String, bindparam, delete, insert, select

from engine.access import ChangedBy
from engine.access.audit_register import record_change
from engine.access.sign_in import SignedIn, account_of, account_rows
from engine.access.tables import calendario_privato, utente
from engine.storage import Statement

SECRET_BYTES = 32
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")

_READER = Statement(
    account_rows(calendario_privato.c.impronta)
    .join(calendario_privato, calendario_privato.c.username == utente.c.username)
    .where(calendario_privato.c.impronta == bindparam("impronta", type_=String))
)
"""The user of a feed with the roles of a day."""


def open_feed(connection: Connection, username: str, *, by: ChangedBy) -> str:
    """Give the user's feed a new secret, and return it; an earlier one is no longer valid."""
    one = select(utente.c.username).where(utente.c.username == username).with_for_update()
    connection.execute(one).all()  # two requests at once: the second waits
    renewed = _close(connection, username)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = {"username": username, "impronta": _hash(secret), "created_at": by.at}
    connection.execute(insert(calendario_privato).values(**row))
    record_change(
        connection, by, "utente", username, "calendario_rinnovato" if renewed else "calendario_aperto"
    )
    return secret


def close_feed(connection: Connection, username: str, *, by: ChangedBy) -> bool:
    """Close the user's feed; False when there was none."""
    if not _close(connection, username):
        return False
    record_change(connection, by, "utente", username, "calendario_chiuso")
    return True


def feed_opened_at(connection: Connection, username: str) -> datetime | None:
    """Since when the user's feed has its address (UTC); None when it is closed."""
    query = select(calendario_privato.c.created_at).where(calendario_privato.c.username == username)
    return connection.execute(query).scalar_one_or_none()


def feed_reader(connection: Connection, secret: str, today: date) -> SignedIn | None:
    """The user of the feed with this secret, with the roles of a day (Europe/Rome); None when there is none.

    None also for a closed account. The database compares hashes, so the time it takes says nothing about the secret.
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
