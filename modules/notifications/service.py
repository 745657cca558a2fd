"""What the bell shows a user, and how they say they have read it. Ring it with `tell`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, String, bindparam, func, select

from engine.errors import NotFound
from engine.storage.sql.insert_once import insert_once
from engine.storage.sql.statements import Statement
from modules.notifications.tables import notifica

_UNREAD = Statement(
    select(func.count()).where(
        notifica.c.recipient == bindparam("recipient", type_=String), notifica.c.read_at.is_(None)
    )
)


@dataclass(frozen=True)
class Notice:
    """One thing a user was told. `link` is a path inside the application; moments in UTC."""

    id: int
    event: str
    title: str
    link: str
    instance_id: str | None
    created_at: datetime
    read_at: datetime | None

    @property
    def is_unread(self) -> bool:
        """Whether the user has not opened it yet."""
        return self.read_at is None


@dataclass(frozen=True)
class NoticePage:
    """A page of notices, the newest first; `next` is the key of the following page, or None at the end."""

    items: tuple[Notice, ...]
    next: str | None


def unread(connection: Connection, recipient: str) -> int:
    """How many notices a user has not read."""
    return int(_UNREAD.run(connection, recipient=recipient).rows[0][0])


def page(connection: Connection, recipient: str, after: str | None = None, limit: int = 25) -> NoticePage:
    """A user's notices, the newest first, from the key `after` (given by the page before). NotFound for a bad key."""
    query = select(notifica).where(notifica.c.recipient == recipient)
    if after is not None:
        if not (after.isascii() and after.isdigit() and len(after) <= 18):
            raise NotFound("Questa pagina di avvisi non esiste: ripartire dalla prima")
        query = query.where(notifica.c.id < int(after))
    limit = max(1, min(limit, 100))
    found = connection.execute(query.order_by(notifica.c.id.desc()).limit(limit + 1)).all()
    notices = tuple(
        Notice(row.id, row.event, row.title, row.link, row.instance_id, row.created_at, row.read_at)
        for row in found[:limit]
    )
    return NoticePage(notices, str(notices[-1].id) if len(found) > limit else None)


def mark_read(connection: Connection, recipient: str, notice_id: int, now: datetime) -> str:
    """Note that a user opened a notice and return its link; NotFound when it is not theirs. The first time counts."""
    link = connection.execute(
        select(notifica.c.link).where(notifica.c.id == notice_id, notifica.c.recipient == recipient)
    ).scalar_one_or_none()
    if link is None:
        raise NotFound("Questo avviso non esiste")
    connection.execute(
        notifica.update().where(notifica.c.id == notice_id, notifica.c.read_at.is_(None)).values(read_at=now)
    )
    return str(link)


def mark_all_read(connection: Connection, recipient: str, now: datetime) -> int:
    """Note that a user has read everything; how many notices that was."""
    unread_ones = (notifica.c.recipient == recipient) & notifica.c.read_at.is_(None)
    return connection.execute(notifica.update().where(unread_ones).values(read_at=now)).rowcount


def tell(
    connection: Connection,
    recipient: str,
    *,
    event: str,
    title: str,
    link: str,
    key: str,
    now: datetime,
    instance_id: str | None = None,
) -> bool:
    """Ring a user's bell, once for each `key`; whether it is new."""
    values = {"recipient": recipient, "event": event, "title": title, "link": link, "key": key}
    return insert_once(connection, notifica, values | {"created_at": now, "instance_id": instance_id})
