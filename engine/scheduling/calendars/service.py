"""The calendars of the ambiti for whoever may change them: a year with its reasons, closings, patrons, Saturdays.

Dates computed before a change stay where they are; those computed from then on follow it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from sqlalchemy import Connection, func, or_, select

from engine.access.actors import Actor
from engine.access.audit_register import By
from engine.access.permissions import Permission, PermissionMatrix
from engine.access.scopes import scope_names
from engine.access.visibility import within
from engine.clock import Clock
from engine.errors import InvalidInput
from engine.scheduling.calendars import store as rows
from engine.scheduling.calendars.store import Closing, Rule, ScopeCalendar
from engine.storage import Database
from engine.storage.tables import instance, task, timer, timer_waits
from engine.temporal import end_of_day, holiday_names, start_of_day

_SPANS_AT_ONCE = 100


@dataclass(frozen=True)
class Why:
    """Why a day is not worked. `kind`: holiday (with its `name`), patron (the saint), closing (its reason).

    A patron or a closing has the `scope` that says so.
    """

    kind: str
    name: str = ""
    scope: str = ""
    closing_id: str = ""


@dataclass(frozen=True)
class DayOff:
    """A day that is not worked, with every reason; Sundays, and Saturdays where closed, need none to be off."""

    day: date
    reasons: tuple[Why, ...]


@dataclass(frozen=True)
class Touched:
    """What falls due on some days already: open tasks and waiting timers of the scope and below. It stays there."""

    tasks: int
    timers: int


class Calendars:
    """Reading and changing working days. Each needs `calendar.write` in the scope concerned."""

    def __init__(self, database: Database, clock: Clock, permissions: PermissionMatrix) -> None:
        self._database = database
        self._clock = clock
        self._permissions = permissions

    def get(self, scope: str, actor: Actor) -> ScopeCalendar:
        """The rules and closings in force in a scope. Forbidden."""
        self._require(actor, scope)
        with self._database.read() as connection:
            return rows.calendar_of(connection, scope)

    def history(self, scope: str, actor: Actor) -> tuple[tuple[Rule, ...], tuple[Closing, ...]]:
        """The rules the scope has had and the closings it took back, the newest first. Forbidden."""
        self._require(actor, scope)
        with self._database.read() as connection:
            return rows.rule_history(connection, scope), rows.closing_history(connection, scope)

    def touched(self, scope: str, first: date, last: date, actor: Actor) -> Touched:
        """How much falls due from `first` to `last` already. Forbidden."""
        self._require(actor, scope)
        with self._database.read() as connection:
            return touched_by(connection, scope, ((first, last),))

    def close(self, scope: str, first: date, last: date, reason: str, actor: Actor) -> str:
        """Shut the offices on some days, both ends included; gives the closing's id. InvalidInput with `fields`."""
        return self.close_many(scope, ((first, last, reason),), actor)[0]

    def close_many(
        self, scope: str, spans: tuple[tuple[date, date, str], ...], actor: Actor
    ) -> tuple[str, ...]:
        """Several closings, all or none. InvalidInput with `fields`."""
        self._require(actor, scope)
        with self._database.begin() as work:
            check_scope(work.connection, scope)
            by = By(actor.id, self._clock.now())
            made = tuple(rows.close_days(work.connection, scope, *span, by=by) for span in spans)
            check_still_working(rows.calendar_of(work.connection, scope))
        return made

    def open(self, closing_id: str, reason: str, actor: Actor) -> Closing:
        """Take a closing back. NotFound, InvalidInput, Forbidden."""
        with self._database.begin() as work:
            self._require(actor, rows.get_closing(work.connection, closing_id).scope)
            return rows.open_days(work.connection, closing_id, reason, by=By(actor.id, self._clock.now()))

    def set_rule(self, rule: Rule, actor: Actor) -> bool:
        """Put a scope's Saturdays and patron in force; False when nothing changes. InvalidInput with `fields`."""
        self._require(actor, rule.scope)
        with self._database.begin() as work:
            check_scope(work.connection, rule.scope)
            return rows.set_rule(work.connection, rule, by=By(actor.id, self._clock.now()))

    # -- within ----------------------------------------------------------------------------------------------------

    def _require(self, actor: Actor, scope: str) -> None:
        self._permissions.require(actor, Permission.CALENDAR_WRITE, scope)


def check_scope(connection: Connection, scope: str) -> None:
    """InvalidInput when there is no such ambito; the empty one stands above all."""
    if scope and scope not in scope_names(connection):
        sentence = f"L'ambito «{scope:.60}» non c'è: gli ambiti sono elencati da patti ambito list"
        raise InvalidInput(sentence, fields={"ambito": sentence})


def check_still_working(calendar: ScopeCalendar) -> None:
    """Some day is worked in every year that has closings: otherwise no deadline could be computed. InvalidInput."""
    for year in sorted({closing.first.year for closing in calendar.closings}):
        if calendar.working_days.working_days_between(date(year, 1, 1), date(year + 1, 1, 31)) < 20:
            sentence = f"Nel {year} non resterebbero giorni lavorativi: accorciare la chiusura"
            raise InvalidInput(sentence, fields={"al": sentence})


def touched_by(connection: Connection, scope: str, spans: Iterable[tuple[date, date]]) -> Touched:
    """How much of a scope and of those below falls due on the days of the spans, each counted once."""
    moments = [
        (start_of_day(first).astimezone(UTC), end_of_day(last).astimezone(UTC))
        for first, last in _runs(spans)
    ]
    tasks = timers = 0
    for place in range(0, len(moments), _SPANS_AT_ONCE):
        part = moments[place : place + _SPANS_AT_ONCE]
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
    return Touched(tasks, timers)


def _runs(spans: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """The same days in as few spans as there are."""
    found: list[tuple[date, date]] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + timedelta(days=1):
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def days_off(calendar: ScopeCalendar, year: int, language: str = "it") -> tuple[DayOff, ...]:
    """The days of a year that are not worked for a reason of their own, in order. InvalidInput outside 1900–2199."""
    found: dict[date, list[Why]] = {
        day: [Why("holiday", name)] for day, name in holiday_names(year, language).items()
    }
    if calendar.patron.patron_day:
        month, _, number = calendar.patron.patron_day.partition("-")
        day = date(year, int(month), 1) + timedelta(days=int(number) - 1)
        if day.month == int(month):  # the 29th of February is there in leap years only
            found.setdefault(day, []).append(
                Why("patron", calendar.patron.patron_name, calendar.patron.scope)
            )
    for closing in calendar.closings:
        for day in closing.days:
            if day.year == year:
                found.setdefault(day, []).append(Why("closing", closing.reason, closing.scope, closing.id))
    return tuple(DayOff(day, tuple(reasons)) for day, reasons in sorted(found.items()))
