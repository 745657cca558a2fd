"""Rows whose due date comes from an expression that contains a shared deadline: recalculated for their instance.

The value of the expression depends on the variables of the instance, so its run is restored; the results are written by
one statement for each table, however many instances there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from engine.definitions.repository import Repository
from engine.errors import EngineError
from engine.execution import StepEnvironment, StepRunner
from engine.execution.due_dates import END_OF_TIME, task_dates, timer_dates
from engine.scheduling.overdue import overdue_moment
from engine.scheduling.overrides import OverridesInForce, overrides_in_force, task_keys, timer_key
from engine.scheduling.overrides.deadline_keys import DUE, FOLLOW_UP, SHARED, TIMER
from engine.scheduling.overrides.embedded import embedded_deadlines
from engine.spiff import ProcessRun, WaitState
from engine.storage.configuration_version import ConfigurationCache
from engine.storage.tables import instance, task, timer
from engine.timers.deadlines.columns import DUE_COLUMNS, DueColumn
from engine.timers.deadlines.preview import Calendars, DeadlinePreview, DueDateChange, PlannedChange

_RECALCULATED = {
    TIMER: ("due_at", "fixed", "repetition", "default_at", "default_fixed", "default_repetition"),
    DUE: ("due_at", "due_runs", "due_default_at", "due_default_runs"),
    FOLLOW_UP: ("follow_up_at", "follow_default_at"),
}
_DEFAULTS = frozenset(
    {
        "default_at",
        "default_fixed",
        "default_repetition",
        "due_default_at",
        "due_default_runs",
        "follow_default_at",
    }
)
"""The columns that hold what the diagram says: the only ones written where the due date was set by hand."""
_INSTANCE = (
    "number",
    "definition_id",
    "definition_key",
    "business_key",
    "subject",
    "title",
    "linked_from",
    "run_state",
)


@dataclass(frozen=True)
class RecalculatedRow:
    """A row, what happens to it and the new values of its columns."""

    column: DueColumn
    change: DueDateChange
    scope: str
    token: str
    values: Mapping[str, Any]

    @property
    def by_hand(self) -> bool:
        """Whether its due date was set by hand and stays."""
        return self.change.outcome == "by_hand"

    @property
    def state(self) -> str:
        """The state of the row."""
        return "suspended" if self.change.outcome == "suspended" else self.column.open_state


def embedding_keys(repository: Repository, key: str) -> frozenset[str]:
    """The keys of the deadlines, in all versions, whose expression contains the shared deadline of a key."""
    if not key.startswith(SHARED):
        return frozenset()
    name, found = key.removeprefix(SHARED), set()
    for definition in repository.list():
        for model in repository.compiled(definition.id).executable.models.values():
            for element in model.elements.values():
                if element.timer is not None and name in embedded_deadlines(element.timer.text):
                    found.add(timer_key(element))
                if element.type == "userTask":
                    texts = (element.assignment.due_date, element.assignment.follow_up_date)
                    for task_key, text in zip(task_keys(element), texts, strict=True):
                        if task_key and name in embedded_deadlines(text):
                            found.add(task_key)
    return frozenset(found)


def recalculate(
    step_runner: StepRunner, connection: Connection, keys: frozenset[str], change: PlannedChange
) -> list[RecalculatedRow]:
    """The active rows of these deadlines in the scopes that a change affects, in the order of their instances."""
    overrides = dict(overrides_in_force(connection))
    overrides.pop((change.key, change.scope), None)
    if change.requested is not None:
        overrides[change.key, change.scope] = change.requested
    found: list[RecalculatedRow] = []
    waits: dict[str, dict[str, WaitState]] = {}
    configuration = ConfigurationCache()  # reads each parameter and calendar once
    for column in DUE_COLUMNS.values() if keys else ():
        rows = connection.execute(
            select(column.table, *(instance.c[name].label(f"instance_{name}") for name in _INSTANCE))
            .join(instance, instance.c.id == column.c.instance_id)
            .where(
                column.key.in_(keys),
                column.c.state.in_(column.active_states),
                change.affects(column.c.scope),
            )
            .order_by(instance.c.number, column.c.id)
        ).all()
        for row in rows:
            environment = step_runner.reading_environment(
                connection, _instance_of(row), row.begun_at or row.created_at, configuration
            )
            environment.overrides = OverridesInForce(connection, row.scope, lambda _name, _read: overrides)
            if row.instance_id not in waits:
                executable = environment.compiled.executable
                run = ProcessRun.restore(executable, environment, bytes(row.instance_run_state))
                waits[row.instance_id] = {wait.token: wait for wait in run.wait_states()}
            wait = waits[row.instance_id].get(row.token)
            found.append(_recalculated(column, row, environment, wait, step_runner))
    return found


def _instance_of(row: Row[Any]) -> SimpleNamespace:
    """The columns of the instance of a joined row."""
    columns = {name: getattr(row, f"instance_{name}") for name in _INSTANCE}
    return SimpleNamespace(id=row.instance_id, scope=row.scope, started_at=row.case_started_at, **columns)


def _recalculated(
    column: DueColumn,
    row: Row[Any],
    environment: StepEnvironment,
    wait: WaitState | None,
    step_runner: StepRunner,
) -> RecalculatedRow:
    old = getattr(row, column.due.name) or (column.kind == TIMER and row.suspended_due_at) or None
    dates: Mapping[str, Any] = {}
    if wait is not None:
        try:
            calculate = timer_dates if column.kind == TIMER else task_dates
            dates = calculate(environment, wait.element, wait.variables)
        except EngineError:
            dates = {}
    values = {name: dates[name] for name in _RECALCULATED[column.kind] if name in dates}
    new = values.get(column.due.name)
    outcome = "moves" if new else "no_moment"
    if getattr(row, column.by_hand.name):
        outcome, new = "by_hand", None
        values = {name: value for name, value in values.items() if name in _DEFAULTS}
    elif row.state == "suspended":
        outcome = "suspended"
    elif new is not None and new <= step_runner.clock.now():
        outcome = "overdue"
    change = DueDateChange(row.instance_id, row.instance_number, row.id, column.kind, old, new, outcome)
    return RecalculatedRow(column, change, row.scope, row.token, values)


def extend_preview(preview: DeadlinePreview, rows: Iterable[RecalculatedRow], limit: int) -> DeadlinePreview:
    """A preview that counts these rows too and lists at most `limit` changes."""
    changes, counts = [row.change for row in rows], dict(preview.counts)
    for change in changes:
        counts["moves" if change.outcome == "overdue" else change.outcome] += 1
        counts["overdue"] += change.outcome == "overdue"
    added = [(change.row_id, change.outcome, change.new) for change in changes]
    return preview.extended(counts, (*preview.changes, *changes)[:limit], repr(added) if added else "")


def write_recalculated(
    connection: Connection,
    rows: Iterable[RecalculatedRow],
    log_id: int,
    calendars: Calendars,
    reminder_days: int,
) -> None:
    """Write the columns of these rows. `log_id` is the log entry that the rows refer to."""
    changed = [row for row in rows if row.values]
    for column in DUE_COLUMNS.values():
        for state in column.active_states:
            for by_hand in (False, True):
                chosen = [
                    row
                    for row in changed
                    if row.column is column and row.state == state and row.by_hand == by_hand
                ]
                if chosen:
                    _write(connection, column, chosen, log_id, by_hand, state)
    late = [
        {
            "of_instance": row.change.instance_id,
            "of_token": row.token,
            "new_due": overdue_moment(row.change.new, reminder_days, calendars(row.scope)),
        }
        for row in changed
        if row.column.kind == DUE and row.change.outcome in ("moves", "overdue") and row.change.new
    ]
    if late:
        connection.execute(
            update(timer)
            .where(
                timer.c.instance_id == bindparam("of_instance"),
                timer.c.token == bindparam("of_token"),
                timer.c.kind == "overdue",
                timer.c.state == "waiting",
            )
            .values(due_at=bindparam("new_due", type_=timer.c.due_at.type), attempts=0),
            late,
        )


def _write(
    connection: Connection,
    column: DueColumn,
    rows: list[RecalculatedRow],
    log_id: int,
    by_hand: bool,
    state: str,
) -> None:
    names = {name: name for name in rows[0].values}
    if state == "suspended" and column.kind == TIMER and "due_at" in names:
        names["due_at"] = "suspended_due_at"
    values: dict[str, Any] = {
        target: bindparam(f"new_{name}", type_=column.c[target].type) for name, target in names.items()
    }
    if "suspended_due_at" in values:
        values["remaining_seconds"] = None
    sorts = column.kind == DUE and not by_hand
    if sorts:
        values["due_order"] = bindparam("new_order", type_=task.c.due_order.type)
    if not by_hand:
        values["moves"] = func.coalesce(column.c.moves, "").concat(f" {log_id}")
    parameters = []
    for row in rows:
        parameter = {
            "of_row": row.change.row_id,
            **{f"new_{name}": value for name, value in row.values.items()},
        }
        if sorts:
            parameter["new_order"] = row.values["due_at"] or END_OF_TIME
        parameters.append(parameter)
    connection.execute(
        update(column.table).where(column.c.id == bindparam("of_row")).values(**values), parameters
    )
