"""How many deadlines are due on certain days already; a new closing does not move them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from sqlalchemy import Connection, func, or_, select

from engine.access import within
from engine.storage.tables import instance, task, timer, timer_waits
from engine.temporal import end_of_day, start_of_day

_SPANS_PER_STATEMENT = 100


@dataclass(frozen=True)
class AffectedDeadlines:
    """How many open tasks and waiting timers are due on the days in question."""

    tasks: int
    timers: int


def count_affected(
    connection: Connection, scope: str, spans: Iterable[tuple[date, date]]
) -> AffectedDeadlines:
    """Count what is due on the days of the spans in a scope and those below, each task and timer once."""
    moments = [
        (start_of_day(first).astimezone(UTC), end_of_day(last).astimezone(UTC))
        for first, last in _merged(spans)
    ]
    tasks = timers = 0
    for start in range(0, len(moments), _SPANS_PER_STATEMENT):
        part = moments[start : start + _SPANS_PER_STATEMENT]
        of_tasks = (
            select(func.count())
            .select_from(task)
            .where(
                task.c.state == "open",
                or_(*(task.c.due_order.between(*span) for span in part)),
                within(task.c.scope, scope),
            )
        )
        of_timers = (
            select(func.count())
            .select_from(timer.join(instance, instance.c.id == timer.c.instance_id))
            .where(
                timer_waits,
                timer.c.kind == "event",
                or_(*(timer.c.due_at.between(*span) for span in part)),
                within(instance.c.scope, scope),
            )
        )
        tasks += int(connection.execute(of_tasks).scalar_one())
        timers += int(connection.execute(of_timers).scalar_one())
    return AffectedDeadlines(tasks, timers)


def _merged(spans: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """The same days in as few spans as possible."""
    found: list[tuple[date, date]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + timedelta(days=1):
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found
