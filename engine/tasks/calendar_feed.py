"""The private calendar feed of a user: the due dates of their tasks as an iCalendar file at a secret address.

It has the names and due dates of tasks and the numbers of instances, never whom they are about. Its tasks are those of
the user's inbox at that moment. Each user opens, renews and closes their own feed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from engine.access import Actor, ChangedBy
from engine.clock import Clock
from engine.errors import Forbidden
from engine.storage import Database, Statement
from engine.storage.tables import instance, task
from engine.tasks import calendar_feed_store as store
from engine.tasks.inbox_queries import QueryShape, first_tasks, query_values, task_lists
from engine.temporal import day_in_rome
from engine.temporal.ics_deadlines import DeadlineEntry, write_deadlines

MAX_ENTRIES = 500
PAST_SPAN = timedelta(days=60)
"""Tasks that were due earlier are only in the inbox."""
FUTURE_SPAN = timedelta(days=2 * 366)


@dataclass(frozen=True)
class FeedEntry:
    """A task with a due date; `instance_number` is the number of its instance. Moments are UTC."""

    task_id: str
    name: str
    instance_number: int
    due_at: datetime
    created_at: datetime


@dataclass(frozen=True)
class CalendarFeed:
    """The entries of a feed at a moment, by due date; `language` is that of its user."""

    entries: tuple[FeedEntry, ...]
    language: str
    now: datetime

    @property
    def tag(self) -> str:
        """A hash of the content, for the ETag header."""
        lines = (f"{entry.task_id} {entry.name} {entry.due_at.isoformat()}" for entry in self.entries)
        return sha256("\n".join((self.language, *lines)).encode()).hexdigest()[:32]

    def as_file(
        self, title: str, name_of: Callable[[FeedEntry], str], address_of: Callable[[str], str]
    ) -> bytes:
        """The iCalendar file; `name_of` gives the name of an entry, `address_of` the address of a task's page."""
        entries = (
            DeadlineEntry(
                entry.task_id, name_of(entry), entry.due_at, entry.created_at, address_of(entry.task_id)
            )
            for entry in self.entries
        )
        return write_deadlines(entries, title, self.now)


class CalendarFeeds:
    """The calendar feeds; nobody opens, renews or closes the one of another."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def opened_at(self, actor: Actor) -> datetime | None:
        """Since when the actor's feed has its address (UTC); None when it is closed."""
        with self._database.read() as connection:
            return store.feed_opened_at(connection, actor.id)

    def open(self, actor: Actor) -> str:
        """Open the actor's feed, or give it a new address; returns the secret, which is not stored. Forbidden."""
        _require_person(actor)
        with self._database.begin() as work:
            return store.open_feed(work.connection, actor.id, by=ChangedBy(actor.id, self._clock.now()))

    def close(self, actor: Actor) -> bool:
        """Close the actor's feed; False when it was closed. Raises Forbidden."""
        _require_person(actor)
        with self._database.begin() as work:
            return store.close_feed(work.connection, actor.id, by=ChangedBy(actor.id, self._clock.now()))

    def read(self, secret: str) -> CalendarFeed | None:
        """The feed with this secret; None when there is none."""
        now = self._clock.now()
        with self._database.read() as connection:
            found = store.feed_reader(connection, secret, day_in_rome(now))
            if found is None:
                return None
            values: dict[str, Any] = query_values(found.actor, now) | {
                "since": now - PAST_SPAN,
                "until": now + FUTURE_SPAN,
            }
            tasks = _entries(self._database.is_sqlite, MAX_ENTRIES).named(connection, **values)
        return CalendarFeed(tuple(FeedEntry(*row) for row in tasks), found.lingua, now)


@cache
def _entries(is_sqlite: bool, limit: int) -> Statement:
    """The first tasks of an actor's lists that are due between two moments, by due date."""
    shape = QueryShape(is_sqlite, False, "todo", due="between", limit=limit)
    found = first_tasks(shape, task_lists(shape))
    return Statement(
        select(task.c.id, task.c.name, instance.c.number, task.c.due_at, task.c.created_at)
        .join(found, found.c.task_id == task.c.id)
        .join(instance, instance.c.id == task.c.instance_id)
        .where(task.c.due_at.is_not(None))
        .order_by(found.c.moment, task.c.id)
    )


def _require_person(actor: Actor) -> None:
    if actor.is_system:
        raise Forbidden("SYSTEM_HAS_NO_CALENDAR_FEED")
