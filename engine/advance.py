"""From what a run now waits for to rows: the one writer of run state.

It compares the run with what the tables say is open, and writes only the difference: new tasks, timers and
subscriptions, those that ended, failures, the state itself with its revision, and the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, literal, select, union_all, update

from engine.beginnings import Advance, begin, close_incident, note_failure
from engine.storage.tables import event, incident, instance, subscription, task, timer


@dataclass(frozen=True)
class _Open:
    """A row that is open in some table."""

    what: str
    id: str
    token: str


def write(step: Advance) -> None:
    """Write a step. Everything goes through the connection of the host, in its transaction."""
    connection = step.host.connection
    known = _open_rows(connection, step.instance_id)
    waits = [] if step.run.completed else step.run.waits()
    failures = [] if step.run.completed else step.run.failures()
    _end_gone(step, known, {(w.kind, w.token) for w in waits}, {f.token for f in failures})
    open_tokens = {(row.what, row.token) for row in known}
    for wait in waits:
        if (wait.kind, wait.token) not in open_tokens:
            begin(step, wait, open_tokens)
    for failure in failures:
        note_failure(step, failure, open_tokens)
    _write_instance(step)
    _write_events(step)


def _open_rows(connection: Connection, instance_id: str) -> list[_Open]:
    def opened(what: Any, table: Any, *states: str) -> Any:
        token = table.c.token
        return select(what.label("what"), table.c.id.label("id"), token.label("token")).where(
            table.c.instance_id == instance_id, table.c.state.in_(states)
        )

    rows = connection.execute(
        union_all(
            opened(literal("task"), task, "open", "suspended"),
            opened(timer.c.kind, timer, "waiting", "suspended"),
            opened(literal("message"), subscription, "waiting", "suspended"),
            opened(literal("incident"), incident, "open"),
        )
    )
    return [_Open("timer" if row.what == "event" else row.what, row.id, row.token or "") for row in rows]


# -- what ended --------------------------------------------------------------------------------------------------------


def _end_gone(step: Advance, known: list[_Open], waits: set[tuple[str, str]], failed: set[str]) -> None:
    tasks = {token for kind, token in waits if kind == "task"}
    stopped = failed | {token for _, token in waits}
    for row in known:
        if row.what == "task" and ("task", row.token) not in waits:
            _end_task(step, row)
        elif _wait_is_over(row, waits, tasks, failed):
            _end_wait(step, row)
        elif row.what == "incident" and row.token and row.token not in stopped:
            close_incident(step, row.token)


def _wait_is_over(row: _Open, waits: set[tuple[str, str]], tasks: set[str], failed: set[str]) -> bool:
    if row.what in ("timer", "message"):
        return (row.what, row.token) not in waits
    if row.what == "retry":
        return row.token not in failed
    return row.what == "overdue" and row.token not in tasks


def _end_task(step: Advance, row: _Open) -> None:
    completed = row.token == step.completed_task
    values: dict[str, Any] = {"state": "cancelled", "completed_at": step.now}
    if completed:
        values = {"state": "completed", "completed_at": step.now, "completed_by": step.actor.id}
    step.host.connection.execute(
        update(task).where(task.c.id == row.id).values(revision=task.c.revision + 1, **values)
    )
    if not completed:
        step.host.note("task.cancelled", None, {"task": row.id})


def _end_wait(step: Advance, row: _Open) -> None:
    if row.what == "message":
        step.host.connection.execute(
            update(subscription).where(subscription.c.id == row.id).values(state="ended")
        )
        return
    fired = row.id == step.fired_timer
    step.host.connection.execute(
        update(timer)
        .where(timer.c.id == row.id)
        .values(state="fired" if fired else "cancelled", fired_at=step.now if fired else None)
    )


# -- the instance and its log ------------------------------------------------------------------------------------------


def _write_instance(step: Advance) -> None:
    run = step.run
    values: dict[str, Any] = {"revision": step.revision + 1, "run_state": run.dump()}
    if run.phase and run.phase != step.phase:
        values["phase"] = run.phase
        step.host.note("phase.changed", None, {"from": step.phase, "to": run.phase})
    if step.host.subject is not None:
        values["subject"], values["title"] = step.host.subject
        values["words"] = values["title"]
    if run.completed:
        values["ended_at"] = step.now
        values["state"] = "completed" if step.state == "active" else step.state
        step.host.note("instance.completed" if step.state == "active" else f"instance.{step.state}")
    open_incidents = (
        select(func.count())
        .select_from(incident)
        .where(incident.c.instance_id == step.instance_id, incident.c.state == "open")
        .scalar_subquery()
    )
    written = step.host.connection.execute(
        update(instance)
        .where(instance.c.id == step.instance_id, instance.c.revision == step.revision)
        .values(incidents=open_incidents, **values)
    )
    if written.rowcount != 1:
        raise RuntimeError(
            f"Instance {step.instance_id} was changed by another step"
        )  # the lock makes this impossible


def _write_events(step: Advance) -> None:
    host = step.host
    rows = [
        {
            "instance_id": step.instance_id,
            "at": step.now,
            "actor_id": step.actor.id,
            "kind": note["kind"],
            "element_id": note["element_id"],
            "element_name": note["element_name"],
            "definition_id": host.compiled.definition_ids.get(
                note.get("process_id", ""), host.compiled.definition_id
            ),
            "data": note["data"],
        }
        for note in host.events
    ]
    if rows:
        host.connection.execute(insert(event), rows)
