"""From what a run now waits for to rows: the one writer of run state.

It compares the run with what the tables say is open, and writes only the difference: new tasks, timers and
subscriptions, those that ended, failures, the state itself with its revision, and the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, literal, select, union_all, update

from engine.actors import Actor
from engine.bpmn.model import Element
from engine.bpmn.reader import slug
from engine.calendar import WorkingCalendar, at_time, day_in_rome
from engine.errors import EngineError, ExecutionFailed
from engine.host import RunHost
from engine.moments import due_date, timer_due
from engine.outbox import enqueue
from engine.settings import Settings
from engine.spiff import Failure, ProcessRun, Wait
from engine.storage.tables import event, incident, instance, subscription, task, task_candidate, timer
from engine.storage.types import new_id

END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)
DEFAULT_PRIORITY = 50
COORDINATOR_AFTER = 1


@dataclass
class Advance:
    """What one step did, to be written by `write`."""

    instance_id: str
    revision: int
    phase: str
    state: str
    run: ProcessRun
    host: RunHost
    actor: Actor
    now: datetime
    settings: Settings
    completed_task: str | None = None
    fired_timer: str | None = None
    new_tasks: list[str] = field(default_factory=list)


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
            _begin(step, wait, open_tokens)
    for failure in failures:
        _note_failure(step, failure, open_tokens)
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
            _close_incident(step, row.token)


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


# -- what begins -------------------------------------------------------------------------------------------------------


def _begin(step: Advance, wait: Wait, open_tokens: set[tuple[str, str]]) -> None:
    try:
        if wait.kind == "task":
            _begin_task(step, wait)
        elif wait.kind == "timer":
            _begin_timer(step, wait)
        else:
            _begin_subscription(step, wait)
    except EngineError as problem:
        if ("incident", wait.token) not in open_tokens:
            _open_incident(
                step,
                wait.element,
                wait.token,
                "timer" if wait.kind == "timer" else "expression",
                problem.message,
                1,
            )
        return
    if ("incident", wait.token) in open_tokens:
        _close_incident(step, wait.token)


def _begin_task(step: Advance, wait: Wait) -> None:
    element, host = wait.element, step.host
    step.run.phase = element.properties.get("stato") or step.run.phase
    assigned = element.assignment

    def text(source: str) -> Any:
        return host.evaluate(source[1:], wait.variables) if source.startswith("=") else source or None

    def moment(source: str) -> Any:
        return due_date(source, step.now, lambda feel: host.evaluate(feel, wait.variables))

    due, follow_up = moment(assigned.due), moment(assigned.follow_up)
    priority = text(assigned.priority)
    assignee = text(assigned.assignee)
    roles, users = _names(text(assigned.candidate_groups)), _names(text(assigned.candidate_users))
    if not (assignee or roles or users) and element.lane:
        roles = [slug(element.lane)]
    if not (assignee or roles or users):
        raise ExecutionFailed(
            f"«{element.label}»: nessuno può fare il compito, perché «{assigned.assignee}» non dà un nome"
        )
    task_id = new_id()
    host.connection.execute(
        insert(task).values(
            id=task_id,
            instance_id=step.instance_id,
            token=wait.token,
            definition_id=host.compiled.definition_ids[element.process_id],
            element_id=element.id,
            name=_task_name(element, wait),
            instructions=element.documentation,
            form_id=element.form_id or None,
            process_id=element.process_id,
            scope=host.instance.scope,
            assignee=assignee or None,
            priority=DEFAULT_PRIORITY if priority is None else int(priority),
            created_at=step.now,
            due_at=due.at if due else None,
            due_order=due.at if due else END_OF_TIME,
            due_runs=bool(due and not due.fixed),
            follow_up_at=follow_up.at if follow_up else None,
            state="open",
            revision=1,
            not_by=element.properties.get("diverso_da"),
            restricted=element.properties.get("riservato") == "true",
        )
    )
    candidates = [("role", name) for name in roles] + [("user", name) for name in users]
    if candidates:
        host.connection.execute(
            insert(task_candidate),
            [{"task_id": task_id, "kind": kind, "name": name} for kind, name in dict.fromkeys(candidates)],
        )
    if due:
        _insert_timer(
            step,
            wait.token,
            "overdue",
            element,
            working_days_late(due.at, COORDINATOR_AFTER, host.calendar),
            fixed=due.fixed,
        )
    enqueue(
        host.connection,
        "task.assigned",
        {"task_id": task_id},
        f"task.assigned:{task_id}",
        now=step.now,
        instance_id=step.instance_id,
    )
    step.new_tasks.append(task_id)
    host.note("task.created", element, {"task": task_id})


def _task_name(element: Element, wait: Wait) -> str:
    loop = element.multi_instance
    if loop is None or "loopCounter" not in wait.variables:
        return element.label
    item = wait.variables.get(loop.element_variable)
    if isinstance(item, Mapping):
        item = item.get("nome") or item.get("etichetta")
    return f"{element.label} – {item if isinstance(item, str) else wait.variables['loopCounter']}"


def working_days_late(due: datetime, days: int, calendar: WorkingCalendar) -> datetime:
    """When a task not done by `due` has been late for so many working days: nine in the morning there, in UTC."""
    return at_time(calendar.add_working_days(day_in_rome(due), days), time(9)).astimezone(UTC)


def _begin_timer(step: Advance, wait: Wait) -> None:
    assert wait.element.timer is not None
    due = timer_due(
        wait.element.timer, step.now, lambda feel: step.host.evaluate(feel, wait.variables), wait.repetition
    )
    _insert_timer(step, wait.token, "event", wait.element, due.at, fixed=due.fixed, repetition=due.repetition)


def _insert_timer(
    step: Advance,
    token: str,
    kind: str,
    element: Element,
    due: datetime,
    *,
    fixed: bool,
    repetition: Mapping[str, Any] | None = None,
    attempts: int = 0,
) -> None:
    step.host.connection.execute(
        insert(timer).values(
            id=new_id(),
            instance_id=step.instance_id,
            token=token,
            kind=kind,
            element_id=element.id,
            name=element.label,
            due_at=due,
            fixed=fixed,
            repetition=repetition,
            state="waiting",
            attempts=attempts,
            created_at=step.now,
        )
    )


def _begin_subscription(step: Advance, wait: Wait) -> None:
    key = wait.element.properties.get("chiave", "")
    value = (
        step.host.evaluate(key.removeprefix("="), wait.variables) if key else step.host.instance.business_key
    )
    step.host.connection.execute(
        insert(subscription).values(
            id=new_id(),
            instance_id=step.instance_id,
            token=wait.token,
            element_id=wait.element.id,
            message=wait.element.message,
            correlation_key=str(value),
            state="waiting",
            created_at=step.now,
        )
    )


def _names(value: Any) -> list[str]:
    if value is None:
        return []
    parts = value if isinstance(value, list) else str(value).split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


# -- failures ----------------------------------------------------------------------------------------------------------


def _note_failure(step: Advance, failure: Failure, open_tokens: set[tuple[str, str]]) -> None:
    if ("retry", failure.token) in open_tokens or ("incident", failure.token) in open_tokens:
        return
    if failure.kind == "operation" and failure.attempts < step.settings.operation_attempts:
        wait = timedelta(seconds=step.settings.retry_seconds * 4 ** (failure.attempts - 1))
        _insert_timer(
            step,
            failure.token,
            "retry",
            failure.element,
            step.now + wait,
            fixed=True,
            attempts=failure.attempts,
        )
        step.host.note(
            "operation.failed", failure.element, {"sentence": failure.sentence, "attempts": failure.attempts}
        )
    else:
        _open_incident(step, failure.element, failure.token, failure.kind, failure.sentence, failure.attempts)


def _open_incident(
    step: Advance, element: Element, token: str, kind: str, sentence: str, attempts: int
) -> None:
    step.host.connection.execute(
        insert(incident).values(
            id=new_id(),
            instance_id=step.instance_id,
            token=token,
            kind=kind,
            element_id=element.id,
            element_name=element.label,
            sentence=sentence,
            attempts=attempts,
            state="open",
            created_at=step.now,
        )
    )
    step.host.note("incident.opened", element, {"kind": kind, "sentence": sentence})


def _close_incident(step: Advance, token: str) -> None:
    step.host.connection.execute(
        update(incident)
        .where(
            incident.c.instance_id == step.instance_id, incident.c.token == token, incident.c.state == "open"
        )
        .values(state="gone", ended_at=step.now, ended_by=step.actor.id)
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
