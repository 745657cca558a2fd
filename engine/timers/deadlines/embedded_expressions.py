"""Rows whose dates come from an expression with a shared deadline inside it: each is worked out again for its case.

Only the case's own variables say what the expression is worth, so its run is read; what is found is written by one
statement for each table, however many cases there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from engine.access.actors import SYSTEM
from engine.definitions.repository import Repository
from engine.errors import EngineError
from engine.execution.due_dates import task_dates, timer_dates
from engine.execution.environment import RunHost
from engine.execution.step import COORDINATOR_AFTER, END_OF_TIME, working_days_late
from engine.execution.step_runner import Stepper
from engine.scheduling.overrides.deadline_keys import DUE, FOLLOW_UP, SHARED, TIMER, task_keys, timer_key
from engine.scheduling.overrides.embedded import mentioned
from engine.scheduling.overrides.lookup import TermsInForce, terms_in_force
from engine.service_tasks import InstanceRef
from engine.spiff import ProcessRun, Wait
from engine.storage.configuration_version import KeptConfiguration
from engine.storage.tables import instance, task, timer
from engine.timers.deadlines.columns import PLACES, Place
from engine.timers.deadlines.preview import Aim, Calendars, CaseMove, Preview

_TIMER = ("due_at", "fixed", "repetition", "default_at", "default_fixed", "default_repetition")
_COLUMNS = {
    TIMER: _TIMER,
    DUE: ("due_at", "due_runs", "due_default_at", "due_default_runs"),
    FOLLOW_UP: ("follow_up_at", "follow_default_at"),
}
_DRAWN = ("default_at", "default_fixed", "default_repetition", "due_default_at", "due_default_runs")
_DRAWN_ONLY = (*_DRAWN, "follow_default_at")


@dataclass(frozen=True)
class Reworked:
    """A row, how it fares, and the columns it would have."""

    place: Place
    move: CaseMove
    scope: str
    token: str
    values: Mapping[str, Any]


def keys_around(repository: Repository, key: str) -> frozenset[str]:
    """The deadlines of all versions whose expression has the shared deadline of a key inside it."""
    if not key.startswith(SHARED):
        return frozenset()
    name, found = key.removeprefix(SHARED), set()
    for definition in repository.list():
        for model in repository.compiled(definition.id).program.models.values():
            for element in model.elements.values():
                if element.timer is not None and name in mentioned(element.timer.text):
                    found.add(timer_key(element))
                if element.type == "userTask":
                    assigned = element.assignment
                    for place, text in zip(
                        task_keys(element), (assigned.due, assigned.follow_up), strict=True
                    ):
                        if place and name in mentioned(text):
                            found.add(place)
    return frozenset(found)


def rework(stepper: Stepper, connection: Connection, keys: frozenset[str], aim: Aim) -> list[Reworked]:
    """Every waiting row of these deadlines in the scopes that a change reaches, by case."""
    terms = {**terms_in_force(connection), (aim.key, aim.scope): aim.asked}
    if aim.asked is None:
        del terms[aim.key, aim.scope]
    given = {place: term for place, term in terms.items() if term is not None}
    found: list[Reworked] = []
    runs: dict[str, dict[str, Wait]] = {}
    kept = KeptConfiguration()  # each parameter and calendar is read once
    for place in PLACES.values() if keys else ():
        case = [instance.c[name].label(f"case_{name}") for name in _CASE]
        rows = connection.execute(
            select(place.table, *case)
            .join(instance, instance.c.id == place.c.instance_id)
            .where(place.key.in_(keys), place.c.state.in_(place.standing), aim.reach(place.c.scope))
            .order_by(instance.c.number, place.c.id)
        ).all()
        for row in rows:
            host = _host(stepper, connection, row, kept)
            host.terms = TermsInForce(connection, row.scope, lambda _what, _read: given)
            if row.instance_id not in runs:
                run = ProcessRun.restore(host.compiled.program, host, bytes(row.case_run_state))
                runs[row.instance_id] = {wait.token: wait for wait in run.waits()}
            found.append(_reworked(place, row, host, runs[row.instance_id].get(row.token), stepper))
    return found


_CASE = ("number", "definition_id", "definition_key", "business_key", "subject", "title", "linked_from",
         "run_state")  # fmt: skip


def _host(stepper: Stepper, connection: Connection, row: Row[Any], kept: KeptConfiguration) -> RunHost:
    begun = row.begun_at or row.created_at
    compiled = stepper.repository.compiled(row.case_definition_id)
    reference = InstanceRef(
        row.instance_id,
        row.case_number,
        row.case_definition_id,
        row.case_definition_key,
        int(row.case_definition_id.rpartition(":")[2]),
        row.case_business_key,
        row.scope,
        row.case_subject,
        row.case_title,
        row.case_linked_from,
        row.case_started_at,
    )
    return RunHost(connection, compiled, reference, SYSTEM, begun, stepper.operations, kept=kept, changes=0)


def _reworked(place: Place, row: Row[Any], host: RunHost, wait: Wait | None, stepper: Stepper) -> Reworked:
    old = getattr(row, place.due.name) or (place.what == TIMER and row.suspended_due_at) or None
    dates: Mapping[str, Any] = {}
    if wait is not None:
        try:
            work = timer_dates if place.what == TIMER else task_dates
            dates = work(host, wait.element, wait.variables)
        except EngineError:
            dates = {}
    values = {name: dates[name] for name in _COLUMNS[place.what] if name in dates}
    new = values.get(place.due.name)
    fate = "moves" if new else "no_moment"
    if getattr(row, place.by_hand.name):
        fate, new = "by_hand", None
        values = {name: value for name, value in values.items() if name in _DRAWN_ONLY}
    elif row.state == "suspended":
        fate = "suspended"
    elif new is not None and new <= stepper.clock.now():
        fate = "overdue"
    move = CaseMove(row.instance_id, row.case_number, row.id, place.what, old, new, fate)
    return Reworked(place, move, row.scope, row.token, values)


def with_reworked(seen: Preview, reworked: Iterable[Reworked], shown: int) -> Preview:
    """A preview that tells of these rows too."""
    rows, counts = list(reworked), dict(seen.counts)
    for one in rows:
        counts["moves" if one.move.fate == "overdue" else one.move.fate] += 1
        counts["overdue"] += one.move.fate == "overdue"
    cases = (*seen.cases, *(one.move for one in rows))[:shown]
    told = [(one.move.row_id, one.move.fate, one.move.new) for one in rows]
    return seen.with_more(counts, cases, repr(told) if told else "")


def write_reworked(
    connection: Connection, reworked: Iterable[Reworked], line: int, calendars: Calendars
) -> None:
    """Write their columns. `line` is the number of the log's line that tells of it."""
    rows = [one for one in reworked if one.values]
    for place in PLACES.values():
        for state in (place.open_state, "suspended"):
            mine = [one for one in rows if one.place is place and _state(one) == state]
            for by_hand in (False, True):
                chosen = [one for one in mine if (one.move.fate == "by_hand") == by_hand]
                if chosen:
                    _write(connection, place, chosen, line, by_hand, state)
    late = [one for one in rows if one.place.what == DUE and one.move.fate in ("moves", "overdue")]
    if late:
        connection.execute(
            update(timer)
            .where(
                timer.c.instance_id == bindparam("of_case"),
                timer.c.token == bindparam("of_token"),
                timer.c.kind == "overdue",
                timer.c.state == "waiting",
            )
            .values(due_at=bindparam("told_at", type_=timer.c.due_at.type), attempts=0),
            [
                {
                    "of_case": one.move.instance_id,
                    "of_token": one.token,
                    "told_at": working_days_late(one.move.new, COORDINATOR_AFTER, calendars(one.scope)),
                }
                for one in late
                if one.move.new
            ],
        )


def _state(one: Reworked) -> str:
    return "suspended" if one.move.fate == "suspended" else one.place.open_state


def _write(
    connection: Connection, place: Place, rows: list[Reworked], line: int, by_hand: bool, state: str
) -> None:
    names = {name: name for name in rows[0].values}
    if state == "suspended" and place.what == TIMER and "due_at" in names:
        names["due_at"] = "suspended_due_at"
    values: dict[str, Any] = {
        column: bindparam(f"new_{name}", type_=place.c[column].type) for name, column in names.items()
    }
    if "suspended_due_at" in values:
        values["remaining_seconds"] = None
    if place.what == DUE and not by_hand:
        values["due_order"] = bindparam("new_order", type_=task.c.due_order.type)
    if not by_hand:
        values["moves"] = func.coalesce(place.c.moves, "").concat(f" {line}")
    connection.execute(
        update(place.table).where(place.c.id == bindparam("of_row")).values(**values),
        [
            {
                "of_row": one.move.row_id,
                **{f"new_{name}": value for name, value in one.values.items()},
                **(
                    {"new_order": one.values["due_at"] or END_OF_TIME}
                    if place.what == DUE and not by_hand
                    else {}
                ),
            }
            for one in rows
        ],
    )
