"""From what a run now waits for to rows: the one writer of run state.

It compares the run with what the tables say is open, and writes only the difference: new tasks, timers and
subscriptions, those that ended, failures, the state itself with its revision, and the log. What begins is gathered
first and inserted at the end; on PostgreSQL all of it is one statement.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select, update

from engine.execution.environment import NEW_INSTANCE
from engine.execution.locking import OpenRow, now_open
from engine.execution.step import SUBSCRIBED, Advance, begin, close_incident, note_failure
from engine.storage import UnitOfWork
from engine.storage.configuration_version import CHANGES
from engine.storage.sql.statements import Inserts, Statement
from engine.storage.sql.write_batch import Together
from engine.storage.tables import event, incident, instance, outbox, subscription, task, task_candidate, timer


def write(step: Advance, last_of: UnitOfWork | None = None) -> None:
    """Write a step. Everything goes through the connection of the host, in its transaction; with `last_of` at its end,
    with the commit: for who reads nothing more of what the step has changed."""
    known = now_open(step.host.reading, step.instance_id) if step.known is None else step.known
    waits = [] if step.run.completed else step.run.waits()
    failures = [] if step.run.completed else step.run.failures()
    kept = _end_gone(step, known, {(w.kind, w.token) for w in waits}, {f.token for f in failures})
    open_tokens = {(row.what, row.token) for row in kept}
    for wait in waits:
        if (wait.kind, wait.token) not in open_tokens:
            begin(step, wait, open_tokens)
    for failure in failures:
        note_failure(step, failure, open_tokens)
    step.open_rows = [*kept, *_begun(step)]
    together = _together(step)
    if last_of is None:
        together.run(step.host.reading)
    else:
        last_of.finish(together)
    step.written = True


def _together(step: Advance) -> Together:
    """All that the step writes: first what must still be as the step took it."""
    statement, state = _instance_written(step)
    together = Together()
    if statement is NEW_INSTANCE:  # before what refers to it
        together.add(statement, **state)
    else:
        together.meet(statement, **state)
    for must, ending, values in step.endings:
        (together.meet if must else together.add)(ending, **values)
    for name, inserts in _INSERTS.items():
        if rows := step.rows.pop(name, None):
            together.insert(inserts, rows)
    together.insert(_LOG, _log(step))
    return together


def _begun(step: Advance) -> Iterator[OpenRow]:
    """The rows that begin in this step, as `now_open` would read them afterwards."""
    for name in ("task", "timer", "subscription", "incident"):
        for row in step.rows.get(name, ()):
            kind = row["kind"] if name in ("timer", "subscription") else name
            yield OpenRow("timer" if kind == "event" else kind, row["id"], row["token"])


_INSERTS = {
    "task": Inserts(task),
    "task_candidate": Inserts(task_candidate),
    "timer": Inserts(timer),
    "subscription": Inserts(subscription),
    "incident": Inserts(incident),
    "outbox": Inserts(outbox, once=True),
}
"""The tables in which rows begin, those that others refer to first."""


# -- what ended --------------------------------------------------------------------------------------------------------


def _end_gone(
    step: Advance, known: list[OpenRow], waits: set[tuple[str, str]], failed: set[str]
) -> list[OpenRow]:
    """End what is over and say what goes on."""
    tasks = {token for kind, token in waits if kind == "task"}
    stopped = failed | {token for _, token in waits}
    over = [row for row in known if row.id == step.fired_timer or _is_over(row, waits, tasks, failed)]
    kept = [row for row in known if row not in over]
    for row in kept:
        if row.what == "incident" and row.token and row.token not in stopped:
            close_incident(step, row.token)
    _end_tasks(step, [row for row in over if row.what == "task"])
    _end_waits(step, [row for row in over if row.what != "task"])
    return kept


def _is_over(row: OpenRow, waits: set[tuple[str, str]], tasks: set[str], failed: set[str]) -> bool:
    if row.what in ("task", "timer") or row.what in SUBSCRIBED:
        return (row.what, row.token) not in waits
    if row.what == "retry":
        return row.token not in failed
    return row.what == "overdue" and row.token not in tasks


_COMPLETE = Statement(
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


def _end_tasks(step: Advance, over: list[OpenRow]) -> None:
    done = step.completed_task
    if done is not None:
        known = {"task_id": done.id, "task_revision": done.revision}
        step.end(_COMPLETE, must=True, **known, now=step.now, actor_id=step.actor.id)
    cancelled = [row.id for row in over if done is None or row.token != done.token]
    if cancelled:
        step.host.connection.execute(
            update(task)
            .where(task.c.id.in_(cancelled))
            .values(state="cancelled", completed_at=step.now, revision=task.c.revision + 1)
        )
    for task_id in cancelled:
        step.host.note("task.cancelled", None, {"task": task_id})


def _end_waits(step: Advance, over: list[OpenRow]) -> None:
    heard = [row.id for row in over if row.what in SUBSCRIBED]
    if heard:
        step.host.connection.execute(
            update(subscription).where(subscription.c.id.in_(heard)).values(state="ended")
        )
    timers = [row.id for row in over if row.what not in SUBSCRIBED]
    if step.fired_timer in timers:
        step.end(_END_TIMER, timer_id=step.fired_timer, ended="fired", fired=step.now)
    cancelled = [timer_id for timer_id in timers if timer_id != step.fired_timer]
    if len(cancelled) == 1:
        step.end(_END_TIMER, timer_id=cancelled[0], ended="cancelled", fired=None)
    elif cancelled:
        step.host.connection.execute(update(timer).where(timer.c.id.in_(cancelled)).values(state="cancelled"))


# -- the instance and its log ------------------------------------------------------------------------------------------


_INCIDENTS = (
    select(func.count())
    .select_from(incident)
    .where(incident.c.instance_id == bindparam("instance_id"), incident.c.state == "open")
)


@cache
def _update(columns: frozenset[str], ahead: bool) -> Statement:
    """The statement that writes the row of an instance that stands at a known revision; with `ahead` only if it may go
    on, and nobody has changed the configuration."""
    row = instance.c
    known = [row.id == bindparam("instance_id"), row.revision == bindparam("known_revision")]
    if ahead:
        known += [row.state == "active", bindparam("known_changes") == CHANGES]
    return Statement(
        update(instance)
        .where(*known)
        .values({name: bindparam(f"new_{name}", type_=row[name].type) for name in columns})
    )


def _instance_written(step: Advance) -> tuple[Statement, dict[str, Any]]:
    """The statement that writes the instance's row, and its values."""
    run = step.run
    phase = run.phase or step.phase
    if phase != step.phase:
        step.host.note("phase.changed", None, {"from": step.phase, "to": phase})
    columns = {"revision": step.revision + 1, "run_state": run.dump(), "phase": phase, **_more(step)}
    new = {f"new_{name}": value for name, value in columns.items()}
    if step.host.unborn is not None:
        return NEW_INSTANCE, {**step.host.unborn, **new}
    known = {"instance_id": step.instance_id, "known_revision": step.revision}
    if step.ahead:
        known["known_changes"] = step.host.changes
    return _update(frozenset(columns), step.ahead), {**known, **new}


def _more(step: Advance) -> dict[str, Any]:
    """The columns of the instance that few steps change."""
    more: dict[str, Any] = {}
    if step.host.subject is not None:
        more["subject"], more["title"] = step.host.subject
        more["words"] = more["title"]
    if step.run.completed:
        more["ended_at"] = step.now
        more["state"] = "completed" if step.state == "active" else step.state
        step.host.note("instance.completed" if step.state == "active" else f"instance.{step.state}")
    if step.incidents_ended or step.new_incidents:
        known = step.host.connection.execute(_INCIDENTS, {"instance_id": step.instance_id}).scalar_one()
        more["incidents"] = known + step.new_incidents  # these are inserted afterwards
    return more


_LOG = Inserts(event)


def _log(step: Advance) -> list[dict[str, Any]]:
    host = step.host
    own, called = host.compiled.definition_id, host.compiled.definition_ids
    return [
        {
            "instance_id": step.instance_id,
            "at": step.now,
            "actor_id": step.actor.id,
            "kind": note["kind"],
            "element_id": note["element_id"],
            "element_name": note["element_name"],
            "definition_id": called.get(note.get("process_id", ""), own),
            "data": note["data"],
        }
        for note in host.events
    ]
