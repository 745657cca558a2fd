"""Where deadlines stand in the database: timers, due dates and follow-up dates, as SQL that treats the three alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, select

from engine.access.visibility import within
from engine.scheduling.overrides import After, Term
from engine.scheduling.overrides.deadline_keys import DUE, FOLLOW_UP, SHARED, TIMER
from engine.scheduling.overrides.model import DIAGRAM, ELEMENT, START
from engine.storage.tables import task, timer


@dataclass(frozen=True)
class Place:
    """The columns of one kind of deadlines; `open_state` is the state of what waits, `over` those of what is done."""

    what: str
    table: Any
    key: Any
    due: Any
    default: Any
    by_hand: Any
    open_state: str
    over: tuple[str, ...]

    @property
    def standing(self) -> tuple[str, str]:
        """The states of what is not over."""
        return self.open_state, "suspended"

    @property
    def c(self) -> Any:
        """The columns of the table."""
        return self.table.c


PLACES: dict[str, Place] = {
    TIMER: Place(
        TIMER,
        timer,
        timer.c.deadline,
        timer.c.due_at,
        timer.c.default_at,
        timer.c.by_hand,
        "waiting",
        ("fired",),
    ),
    DUE: Place(
        DUE,
        task,
        task.c.due_deadline,
        task.c.due_at,
        task.c.due_default_at,
        task.c.due_by_hand,
        "open",
        ("completed",),
    ),
    FOLLOW_UP: Place(
        FOLLOW_UP,
        task,
        task.c.follow_deadline,
        task.c.follow_up_at,
        task.c.follow_default_at,
        task.c.follow_by_hand,
        "open",
        ("completed",),
    ),
}


def places_of(key: str) -> tuple[Place, ...]:
    """Where the rows of a deadline may stand: one place, or all for a shared one."""
    return tuple(PLACES.values()) if key.startswith(SHARED) else (PLACES[key.rpartition("/")[2]],)


Reach = Callable[[Any], ColumnElement[bool]]


def reaching(scope: str, nearer: Sequence[str]) -> Reach:
    """The scopes that a change in `scope` reaches: it and those below, without those that have a nearer term."""
    return lambda column: and_(within(column, scope), *(not_(within(column, one)) for one in sorted(nearer)))


@dataclass(frozen=True)
class Anchor:
    """SQL: the moment that a term counts from in the rows of a place, and what it must be joined with, if anything."""

    moment: Any
    source: Any = None
    on: Any = None

    def beside(self, place: Place) -> Any:
        """The rows of the place, each with its anchor or without."""
        return place.table if self.source is None else place.table.outerjoin(self.source, self.on)

    def joined(self) -> tuple[Any, ...]:
        """Conditions of an UPDATE of the rows that have the anchor."""
        return () if self.source is None else (self.on,)


def anchor_of_all(place: Place, key: str, term: Term | None) -> Anchor:
    """The anchor for a statement over all rows of a deadline."""
    if isinstance(term, After) and term.anchor.startswith(ELEMENT):
        done, same = task.alias("done"), place.table.alias("same")
        same_key = same.c[place.key.name]
        concerned = select(same.c.instance_id).where(same_key == key, same.c.state.in_(place.standing))
        last = (
            select(done.c.instance_id, func.max(done.c.completed_at).label("moment"))
            .where(
                done.c.element_id == term.anchor.removeprefix(ELEMENT),
                done.c.state == "completed",
                done.c.instance_id.in_(concerned),
            )
            .group_by(done.c.instance_id)
            .subquery()
        )
        return Anchor(last.c.moment, last, last.c.instance_id == place.c.instance_id)
    return Anchor(anchor_of(place, term))


def anchor_of(place: Place, term: Term | None) -> Any:
    """SQL: the moment that a term counts from in a row, for a statement over a few of them."""
    if not isinstance(term, After):
        return place.c.begun_at
    if term.anchor == DIAGRAM:
        return place.default
    if term.anchor == START:
        return place.c.case_started_at
    if term.anchor.startswith(ELEMENT):
        done = task.alias("done")
        return (
            select(func.max(done.c.completed_at))
            .where(
                done.c.instance_id == place.c.instance_id,
                done.c.element_id == term.anchor.removeprefix(ELEMENT),
                done.c.state == "completed",
            )
            .scalar_subquery()
        )
    return place.c.begun_at
