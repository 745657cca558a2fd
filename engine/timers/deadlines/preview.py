"""What a change of a deadline would do, counted in the database: a few statements however many cases there are."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, case, func, literal, null, or_, select

from engine.scheduling.overrides import After, At, Every, Term, due_of, occurrence, sentence, values_of
from engine.storage.sql.functions import RomeDay
from engine.storage.tables import instance, timer
from engine.temporal import WorkingCalendar, start_of_day
from engine.timers.deadlines.columns import Place, Reach, anchor_of, anchor_of_all

Calendars = Callable[[str], WorkingCalendar]
"""The working days of a scope."""

SHOWN = 100
NO_COUNTS = dict.fromkeys(("moves", "overdue", "suspended", "by_hand", "no_moment", "completed"), 0)


@dataclass(frozen=True)
class CaseMove:
    """One row of a preview. `fate` is moves, overdue (moves, and is late at once), suspended, by_hand or no_moment.

    What begins a process (`what` start) is of no case; its fate may be `ends`: it begins none any more.
    """

    instance_id: str
    number: int
    row_id: str
    what: str
    old: datetime | None
    new: datetime | None
    fate: str


@dataclass(frozen=True)
class Preview:
    """What a change would do. `counts` has moves, overdue (among them), suspended, by_hand, no_moment and completed."""

    key: str
    scope: str
    term: Term | None
    before: str
    after: str
    counts: Mapping[str, int]
    cases: tuple[CaseMove, ...]
    fingerprint: str

    def with_more(self, counts: Mapping[str, int], cases: tuple[CaseMove, ...], told: str) -> Preview:
        """The same with other counts and cases; `told` tells the rows that were added, for the fingerprint."""
        mark = hashlib.sha256((self.fingerprint + told).encode()).hexdigest() if told else self.fingerprint
        return replace(self, counts=counts, cases=cases, fingerprint=mark)


Days = Mapping[str, frozenset[tuple[str, date]]]
"""By place, the scopes and days that new moments are counted from."""


@dataclass(frozen=True)
class Aim:
    """A change being worked out: the term asked for, the one that will hold (that from above when none is asked)."""

    key: str
    scope: str
    asked: Term | None
    effective: Term | None
    before: Term | None
    reach: Reach
    last_change: int
    nearer: tuple[str, ...]


def by_days(term: Term | None) -> bool:
    """Whether the new moment depends on nothing but a day and a scope."""
    return isinstance(term, Every) or (isinstance(term, After) and term.unit != "ore")


def moment_for(term: Term, anchor: datetime, calendar: Callable[[], WorkingCalendar]) -> datetime | None:
    """The moment of a term counted from an anchor; None after the end of a repetition."""
    return (
        occurrence(term, anchor, 1, calendar) if isinstance(term, Every) else due_of(term, anchor, calendar)
    )


def measure(
    connection: Connection, places: tuple[Place, ...], aim: Aim, calendars: Calendars, now: datetime
) -> tuple[Preview, Days]:
    """Work out a preview, and of which days a move needs the moments."""
    counts = dict(NO_COUNTS)
    digest = hashlib.sha256(repr((aim.key, aim.scope, values_of(aim.asked), aim.last_change)).encode())
    cases: list[CaseMove] = []
    days: dict[str, frozenset[tuple[str, date]]] = {}
    for place in places:
        groups = _groups(connection, place, aim, now)
        days[place.what] = frozenset((row[0], row[3]) for row in groups if row[3] is not None and not row[2])
        for row in groups:
            digest.update(repr((place.what, *row)).encode())
            _count(counts, row, aim, calendars, now)
        counts["completed"] += connection.execute(
            select(func.count()).where(
                place.key == aim.key, place.c.state.in_(place.over), aim.reach(place.c.scope)
            )
        ).scalar_one()
        cases += _cases(connection, place, aim, calendars, now, SHOWN - len(cases))
    seen = Preview(
        aim.key,
        aim.scope,
        aim.asked,
        sentence(values_of(aim.before)),
        sentence(values_of(aim.effective)),
        counts,
        tuple(cases),
        digest.hexdigest(),
    )
    return seen, days


def _groups(connection: Connection, place: Place, aim: Aim, now: datetime) -> list[tuple[Any, ...]]:
    """Rows alike for the change, counted: scope, state, moved by hand, day, has a moment, how many, how many late."""
    counted_from, term = anchor_of_all(place, aim.key, aim.effective), aim.effective
    anchor = counted_from.moment
    known: Any = place.default if term is None else anchor
    late: Any = literal(0)
    if term is None:
        late = case((place.default <= now, 1), else_=0)
    elif isinstance(term, After) and term.unit == "ore":
        late = case((anchor <= now - timedelta(hours=term.count), 1), else_=0)
    elif isinstance(term, At):
        late, known = literal(int(term.at <= now)), place.key
    day: Any = RomeDay(anchor) if by_days(term) else null()
    inner = (
        select(
            place.c.scope,
            place.c.state,
            place.by_hand.label("hand"),
            day.label("day"),
            known.is_not(None).label("known"),
            late.label("late"),
        )
        .select_from(counted_from.beside(place))
        .where(place.key == aim.key, place.c.state.in_(place.standing), aim.reach(place.c.scope))
        .subquery()
    )
    names = (inner.c.scope, inner.c.state, inner.c.hand, inner.c.day, inner.c.known)
    counted = select(*names, func.count(), func.sum(inner.c.late)).group_by(*names)
    rows = [tuple(row) for row in connection.execute(counted)]
    return sorted(rows, key=repr)


def _count(
    counts: dict[str, int], row: tuple[Any, ...], aim: Aim, calendars: Calendars, now: datetime
) -> None:
    scope, state, hand, day, known, many, late = row
    if hand:
        counts["by_hand"] += many
    elif state == "suspended":
        counts["suspended"] += many
    elif not known:
        counts["no_moment"] += many
    elif day is not None:
        moment = day_moment(aim.effective, day, scope, calendars)
        counts["moves" if moment else "no_moment"] += many
        counts["overdue"] += many if moment and moment <= now else 0
    else:
        counts["moves"] += many
        counts["overdue"] += int(late)


def day_moment(term: Term | None, day: date, scope: str, calendars: Calendars) -> datetime | None:
    """The moment of a term counted in days from a day."""
    assert term is not None
    return moment_for(term, start_of_day(day), lambda: calendars(scope))


def _cases(
    connection: Connection, place: Place, aim: Aim, calendars: Calendars, now: datetime, limit: int
) -> list[CaseMove]:
    found: list[CaseMove] = []
    old = func.coalesce(place.due, timer.c.suspended_due_at) if place.table is timer else place.due
    for state in (place.open_state, "suspended"):
        query = (
            select(
                place.c.instance_id,
                instance.c.number,
                place.c.id,
                old.label("old"),
                anchor_of(place, aim.effective).label("anchor"),
                place.default.label("drawn"),
                place.by_hand.label("hand"),
                place.c.scope,
            )
            .join(instance, instance.c.id == place.c.instance_id)
            .where(place.key == aim.key, place.c.state == state, aim.reach(place.c.scope))
            .order_by(place.due)  # and nothing more: a million may be due at the same moment
            .limit(max(0, limit - len(found)))
        )
        for row in connection.execute(query).all():
            new = _new_moment(aim.effective, row, calendars)
            fate = "by_hand" if row.hand else "suspended" if state == "suspended" else "moves"
            if fate == "moves":
                fate = "no_moment" if new is None else "overdue" if new <= now else "moves"
            found.append(CaseMove(row.instance_id, row.number, row.id, place.what, row.old, new, fate))
    return found


def _new_moment(term: Term | None, row: Any, calendars: Calendars) -> datetime | None:
    if row.hand:
        return None
    if term is None:
        drawn: datetime | None = row.drawn
        return drawn
    if not isinstance(term, At) and row.anchor is None:
        return None
    return moment_for(term, row.anchor, lambda: calendars(row.scope))


def moving(place: Place, aim: Aim, *states: str) -> Any:
    """SQL: the rows of a place that a change moves."""
    return and_(
        place.key == aim.key,
        place.c.state.in_(states),
        aim.reach(place.c.scope),
        or_(place.by_hand.is_(False), place.by_hand.is_(None)),
    )
