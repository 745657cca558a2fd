"""The private calendars of deadlines: each user opens, renews and closes their own; its address reads it, nothing else.

It tells when and what, never of whom: the names of tasks and the numbers of cases. What is in it is what the person
would find in their inbox at that moment, with the roles of that day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from engine.access.actors import Actor
from engine.access.audit_register import By
from engine.clock import Clock
from engine.errors import Forbidden
from engine.storage import Database
from engine.storage.sql.statements import Statement
from engine.storage.tables import instance, task
from engine.tasks import calendar_feed_store as rows
from engine.tasks.inbox_queries import Shape, first_tasks, lists_of, values_of
from engine.temporal import day_in_rome
from engine.temporal.ics_deadlines import DeadlineEntry, write_deadlines

MOST_ENTRIES = 500
BACK = timedelta(days=60)
"""What fell due longer ago is in the inbox only."""
AHEAD = timedelta(days=2 * 366)


@dataclass(frozen=True)
class DeadlineLine:
    """A deadline of a calendar: a task, by its name and the number of its case."""

    task_id: str
    name: str
    case_number: int
    due_at: datetime
    created_at: datetime


@dataclass(frozen=True)
class DeadlineFeed:
    """What a calendar holds at a moment, in order; `language` is the one its owner reads."""

    lines: tuple[DeadlineLine, ...]
    language: str
    now: datetime

    @property
    def tag(self) -> str:
        """The same as long as nothing in it changes."""
        told = (f"{one.task_id} {one.name} {one.due_at.isoformat()}" for one in self.lines)
        return sha256("\n".join((self.language, *told)).encode()).hexdigest()[:32]

    def as_file(
        self, title: str, name_of: Callable[[DeadlineLine], str], address_of: Callable[[str], str]
    ) -> bytes:
        """The calendar file; `name_of` gives the words of a line, `address_of` the page of a task."""
        entries = (
            DeadlineEntry(one.task_id, name_of(one), one.due_at, one.created_at, address_of(one.task_id))
            for one in self.lines
        )
        return write_deadlines(entries, title, self.now)


class DeadlineFeeds:
    """Each person's own calendar; nobody opens, renews or closes another's."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def opened_at(self, actor: Actor) -> datetime | None:
        """Since when one's calendar has its address (UTC); None when it is closed."""
        with self._database.read() as connection:
            return rows.feed_opened_at(connection, actor.id)

    def open(self, actor: Actor) -> str:
        """Open one's calendar, or give it a new address: its secret, which is told this once. Forbidden."""
        _require_person(actor)
        with self._database.begin() as work:
            return rows.open_feed(work.connection, actor.id, by=By(actor.id, self._clock.now()))

    def close(self, actor: Actor) -> bool:
        """Close one's calendar; False when it was closed. Forbidden."""
        _require_person(actor)
        with self._database.begin() as work:
            return rows.close_feed(work.connection, actor.id, by=By(actor.id, self._clock.now()))

    def read(self, secret: str) -> DeadlineFeed | None:
        """What the calendar of a secret holds now; None for a secret that opens none. Two statements."""
        now = self._clock.now()
        with self._database.read() as connection:
            found = rows.feed_reader(connection, secret, day_in_rome(now))
            if found is None:
                return None
            given: dict[str, Any] = values_of(found.actor, now) | {"since": now - BACK, "until": now + AHEAD}
            lines = _lines(self._database.is_sqlite, MOST_ENTRIES).named(connection, **given)
        return DeadlineFeed(tuple(DeadlineLine(*line) for line in lines), found.lingua, now)


@cache
def _lines(is_sqlite: bool, size: int) -> Statement:
    """The first so many tasks of one person's lists that have a deadline within a span, the first to fall due first."""
    shape = Shape(is_sqlite, False, "todo", due="between", size=size)
    found = first_tasks(shape, lists_of(shape))
    return Statement(
        select(task.c.id, task.c.name, instance.c.number, task.c.due_at, task.c.created_at)
        .join(found, found.c.task_id == task.c.id)
        .join(instance, instance.c.id == task.c.instance_id)
        .where(task.c.due_at.is_not(None))
        .order_by(found.c.moment, task.c.id)
    )


def _require_person(actor: Actor) -> None:
    if actor.is_system:
        raise Forbidden("Il sistema non ha un calendario: lo apre ogni persona per sé, dal suo profilo")
