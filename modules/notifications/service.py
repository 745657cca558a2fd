"""The notices in the bell of a user: add, list, mark as read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, String, bindparam, func, select

from engine.errors import NotFound
from engine.storage import Statement
from engine.storage.sql.insert_once import insert_once
from modules.notifications.tables import notifica

_UNREAD = Statement(
    select(func.count()).where(
        notifica.c.recipient == bindparam("recipient", type_=String), notifica.c.read_at.is_(None)
    )
)


@dataclass(frozen=True)
class Notice:
    """A notice of a user. `link` is a path inside the application; moments in UTC."""

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
    """A page of notices, the newest first; `next` is the cursor of the next page, or None at the end."""

    items: tuple[Notice, ...]
    next: str | None


def unread_count(connection: Connection, recipient: str) -> int:
    """How many notices a user has not read."""
    return int(_UNREAD.run(connection, recipient=recipient).rows[0][0])


def list_notices(
    connection: Connection, recipient: str, after: str | None = None, limit: int = 25
) -> NoticePage:
    """The notices of a user, the newest first, after the cursor of the previous page. NotFound for a bad cursor."""
    query = select(notifica).where(notifica.c.recipient == recipient)
    if after is not None:
        if not (after.isascii() and after.isdigit() and len(after) <= 18):
            raise NotFound("NOTIFICATION_PAGE_NOT_FOUND")
        query = query.where(notifica.c.id < int(after))
    limit = max(1, min(limit, 100))
    found = connection.execute(query.order_by(notifica.c.id.desc()).limit(limit + 1)).all()
    notices = tuple(
        Notice(row.id, row.event, row.title, row.link, row.instance_id, row.created_at, row.read_at)
        for row in found[:limit]
    )
    return NoticePage(notices, str(notices[-1].id) if len(found) > limit else None)


def mark_read(connection: Connection, recipient: str, notice_id: int, now: datetime) -> str:
    """Mark a notice of a user as read and return its link. NotFound for notices of others."""
    link = connection.execute(
        select(notifica.c.link).where(notifica.c.id == notice_id, notifica.c.recipient == recipient)
    ).scalar_one_or_none()
    if link is None:
        raise NotFound("NOTIFICATION_NOT_FOUND")
    connection.execute(
        notifica.update().where(notifica.c.id == notice_id, notifica.c.read_at.is_(None)).values(read_at=now)
    )
    return str(link)


def mark_all_read(connection: Connection, recipient: str, now: datetime) -> int:
    """Mark all notices of a user as read; the number of those that were unread."""
    unread_ones = (notifica.c.recipient == recipient) & notifica.c.read_at.is_(None)
    return connection.execute(notifica.update().where(unread_ones).values(read_at=now)).rowcount


def add_notice(
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
    """Add a notice for a user; False when there is one with the same `key`."""
    values = {"recipient": recipient, "event": event, "title": title, "link": link, "key": key}
    return insert_once(connection, notifica, values | {"created_at": now, "instance_id": instance_id})
