"""Writes a step: the one place that writes the state of a run.

It compares the run with the rows that are open and writes the difference: the new wait states and those that ended,
failures, the row of the instance with its new revision, and the log. On PostgreSQL all of it is one statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select, update

from engine.execution.environment import NEW_INSTANCE
from engine.execution.locking import OpenRow, read_open_rows
from engine.execution.step import Step
from engine.execution.wait_state_rows import SUBSCRIPTION_KINDS, add_failure, add_wait_state, close_incident
from engine.storage import Inserts, Statement, UnitOfWork, WriteBatch
from engine.storage.configuration_version import CONFIGURATION_VERSION
from engine.storage.tables import (
    event,
    incident,
    instance,
    outbox,
    submission,
    subscription,
    task,
    task_candidate,
    timer,
)

_INSERTS = {
    "task": Inserts(task),
    "task_candidate": Inserts(task_candidate),
    "timer": Inserts(timer),
    "subscription": Inserts(subscription),
    "incident": Inserts(incident),
    "outbox": Inserts(outbox, once=True),
    "submission": Inserts(submission),
}
"""The tables of new rows; a table that another refers to comes first."""
_INSERT_EVENTS = Inserts(event)


def write_step(step: Step, last_of: UnitOfWork | None = None) -> None:
    """Write a step in its transaction; with `last_of` at the end of that unit of work, together with the commit.

    With `last_of` nothing that the step has written can be read before the commit.
    """
    if step.open_before is None:
        step.open_before = read_open_rows(step.environment.read_connection, step.instance_id)
    waits = [] if step.run.completed else step.run.wait_states()
    failures = [] if step.run.completed else step.run.failures()
    still_open = _end_rows(
        step, step.open_before, {(w.kind, w.token) for w in waits}, {f.token for f in failures}
    )
    open_tokens = {(row.kind, row.token) for row in still_open}
    for wait in waits:
        if (wait.kind, wait.token) not in open_tokens:
            add_wait_state(step, wait, open_tokens)
    for failure in failures:
        add_failure(step, failure, open_tokens)
    step.open_after = [*still_open, *_new_open_rows(step)]
    batch = _batch(step)
    if last_of is None:
        batch.run(step.environment.read_connection)
    else:
        last_of.write_at_commit(batch)
    step.written = True


def _batch(step: Step) -> WriteBatch:
    """All statements of the step: the row of the instance first, and with it what must not have changed meanwhile."""
    statement, values = _instance_statement(step)
    batch = WriteBatch()
    if statement is NEW_INSTANCE:
        batch.add(statement, **values)
    else:
        batch.expect_one_row(statement, **values)
    for expect_one_row, ending, ending_values in step.updates:
        (batch.expect_one_row if expect_one_row else batch.add)(ending, **ending_values)
    for name, inserts in _INSERTS.items():
        if rows := step.new_rows.pop(name, None):
            batch.insert(inserts, rows)
    batch.insert(_INSERT_EVENTS, [entry.row() for entry in step.environment.log])
    return batch


def _new_open_rows(step: Step) -> Iterator[OpenRow]:
    """The rows of new wait states and incidents, as `read_open_rows` reads them after the step."""
    for name in ("task", "timer", "subscription", "incident"):
        for row in step.new_rows.get(name, ()):
            kind = row["kind"] if name in ("timer", "subscription") else name
            yield OpenRow("timer" if kind == "event" else kind, row["id"], row["token"])


# -- wait states that ended --------------------------------------------------------------------------------------------


def _end_rows(
    step: Step, open_rows: list[OpenRow], waits: set[tuple[str, str]], failed: set[str]
) -> list[OpenRow]:
    """End the rows of wait states that are over; gives those that stay open."""
    task_tokens = {token for kind, token in waits if kind == "task"}
    stopped_tokens = failed | {token for _, token in waits}
    over = [
        row for row in open_rows if row.id == step.fired_timer or _is_over(row, waits, task_tokens, failed)
    ]
    still_open = [row for row in open_rows if row not in over]
    for row in still_open:
        if row.kind == "incident" and row.token and row.token not in stopped_tokens:
            close_incident(step, row.token)
    _end_tasks(step, [row for row in over if row.kind == "task"])
    _end_subscriptions(step, [row for row in over if row.kind in SUBSCRIPTION_KINDS])
    _end_timers(step, [row.id for row in over if row.kind != "task" and row.kind not in SUBSCRIPTION_KINDS])
    return still_open


def _is_over(row: OpenRow, waits: set[tuple[str, str]], task_tokens: set[str], failed: set[str]) -> bool:
    if row.kind in ("task", "timer") or row.kind in SUBSCRIPTION_KINDS:
        return (row.kind, row.token) not in waits
    if row.kind == "retry":
        return row.token not in failed
    return row.kind == "overdue" and row.token not in task_tokens


_COMPLETE_TASK = Statement(
    update(task)
    .where(task.c.id == bindparam("task_id"), task.c.revision == bindparam("task_revision"))
    .values(
        state="completed",
        revision=task.c.revision + 1,
        completed_at=bindparam("now", type_=task.c.completed_at.type),
        completed_by=bindparam("actor_id"),
    )
)
_END_TIMER = Statement(
    update(timer)
    .where(timer.c.id == bindparam("timer_id"))
    .values(state=bindparam("ended"), fired_at=bindparam("fired", type_=timer.c.fired_at.type))
)


def _end_tasks(step: Step, over: list[OpenRow]) -> None:
    completed = step.completed_task
    if completed is not None:
        step.add_update(
            _COMPLETE_TASK,
            expect_one_row=True,
            task_id=completed.id,
            task_revision=completed.revision,
            now=step.now,
            actor_id=step.actor.id,
        )
    cancelled = [row.id for row in over if completed is None or row.token != completed.token]
    if cancelled:
        step.environment.connection.execute(
            update(task)
            .where(task.c.id.in_(cancelled))
            .values(state="cancelled", completed_at=step.now, revision=task.c.revision + 1)
        )
    for task_id in cancelled:
        step.environment.record("task.cancelled", None, {"task": task_id})


def _end_subscriptions(step: Step, over: list[OpenRow]) -> None:
    if over:
        ids = [row.id for row in over]
        step.environment.connection.execute(
            update(subscription).where(subscription.c.id.in_(ids)).values(state="ended")
        )


def _end_timers(step: Step, over: list[str]) -> None:
    if step.fired_timer in over:
        step.add_update(_END_TIMER, timer_id=step.fired_timer, ended="fired", fired=step.now)
    cancelled = [timer_id for timer_id in over if timer_id != step.fired_timer]
    if len(cancelled) == 1:
        step.add_update(_END_TIMER, timer_id=cancelled[0], ended="cancelled", fired=None)
    elif cancelled:
        step.environment.connection.execute(
            update(timer).where(timer.c.id.in_(cancelled)).values(state="cancelled")
        )


# -- the row of the instance -------------------------------------------------------------------------------------------


_COUNT_INCIDENTS = (
    select(func.count())
    .select_from(incident)
    .where(incident.c.instance_id == bindparam("instance_id"), incident.c.state == "open")
)


@cache
def _update_instance(columns: frozenset[str], optimistic: bool) -> Statement:
    """The statement that writes an instance of a known revision.

    With `optimistic` it also requires that the instance is active and the configuration unchanged.
    """
    row = instance.c
    conditions = [row.id == bindparam("instance_id"), row.revision == bindparam("known_revision")]
    if optimistic:
        conditions += [row.state == "active", bindparam("known_configuration") == CONFIGURATION_VERSION]
    return Statement(
        update(instance)
        .where(*conditions)
        .values({name: bindparam(f"new_{name}", type_=row[name].type) for name in columns})
    )


def _instance_statement(step: Step) -> tuple[Statement, dict[str, Any]]:
    """The statement that writes the row of the instance, with its values."""
    run = step.run
    phase = run.phase or step.phase
    if phase != step.phase:
        step.environment.record("phase.changed", None, {"from": step.phase, "to": phase})
    columns = {
        "revision": step.revision + 1,
        "run_state": run.dump(),
        "phase": phase,
        **_other_columns(step),
    }
    new = {f"new_{name}": value for name, value in columns.items()}
    if step.environment.new_instance is not None:
        return NEW_INSTANCE, {**step.environment.new_instance, **new}
    known = {"instance_id": step.instance_id, "known_revision": step.revision}
    if step.optimistic:
        known["known_configuration"] = step.environment.configuration_version
    return _update_instance(frozenset(columns), step.optimistic), {**known, **new}


def _other_columns(step: Step) -> dict[str, Any]:
    """The columns that only some steps change: subject and title, the end, the count of open incidents."""
    columns: dict[str, Any] = {}
    if step.environment.subject is not None:
        columns["subject"], columns["title"] = step.environment.subject
        columns["words"] = columns["title"]
    if step.run.completed:
        columns["ended_at"] = step.now
        columns["state"] = "completed" if step.state == "active" else step.state
        step.environment.record(f"instance.{columns['state']}")
    if step.incidents_closed or step.new_incidents:
        still_open = step.environment.connection.execute(
            _COUNT_INCIDENTS, {"instance_id": step.instance_id}
        ).scalar_one()
        columns["incidents"] = still_open + step.new_incidents  # the new rows are inserted after this
    return columns
