"""What begins in a step: the rows of new tasks, timers and subscriptions, of failures and of incidents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, update

from engine.access.actors import Actor
from engine.errors import EngineError, ExecutionFailed
from engine.execution.due_dates import task_dates, timer_dates
from engine.execution.environment import RunHost, message_key
from engine.execution.instance_cache import Left, OpenTask
from engine.execution.locking import HeldTask, OpenRow, new_task
from engine.execution.outbox import message
from engine.languages.bpmn.model import Element
from engine.languages.bpmn.parser import slug
from engine.settings import Settings
from engine.spiff import Failure, ProcessRun, Wait
from engine.storage.sql.statements import Statement
from engine.storage.tables import incident
from engine.storage.types import new_id
from engine.temporal import WorkingCalendar, at_time, day_in_rome

END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)
DEFAULT_PRIORITY = 50
COORDINATOR_AFTER = 1
SUBSCRIBED = frozenset({"message", "signal", "condition"})
"""The kinds of waits that are rows of `subscription`; those for a condition only tell people what is awaited."""
LONGEST_NAME = 160


@dataclass
class Advance:
    """What one step did, to be written by `write`.

    `known` are the rows that are open, when whoever began the step knows them; `rows` those to be inserted, by table;
    `endings` are the statements that end rows, with their values, sent together with them. `before` is how the last
    step had left the instance; with `ahead` it has not been asked whether that still holds: the writing will ask.
    `completed_task` is the task that somebody has done, as it was before.
    """

    instance_id: str
    revision: int
    phase: str
    state: str
    run: ProcessRun
    host: RunHost
    actor: Actor
    now: datetime
    settings: Settings
    before: Left | None = None
    ahead: bool = False
    completed_task: HeldTask | Row[Any] | None = None
    fired_timer: str | None = None
    known: list[OpenRow] | None = None
    new_tasks: list[OpenTask] = field(default_factory=list)
    open_rows: list[OpenRow] = field(default_factory=list)
    rows: defaultdict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    endings: list[tuple[bool, Statement, dict[str, Any]]] = field(default_factory=list)
    incidents_ended: bool = False
    new_incidents: int = 0
    written: bool = False

    def add(self, table: str, row: dict[str, Any]) -> None:
        """A row to be inserted when the step is written."""
        self.rows[table].append(row)

    def end(self, statement: Statement, *, must: bool = False, **values: Any) -> None:
        """A statement that ends rows, sent when the step is written; if it `must`, it finds its row as it was."""
        self.endings.append((must, statement, values))


def begin(step: Advance, wait: Wait, open_tokens: set[tuple[str, str]]) -> None:
    """Write what a run has begun to wait for; when its date or holder cannot be worked out, an incident instead."""
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
        close_incident(step, wait.token)


def _begin_task(step: Advance, wait: Wait) -> None:
    element, host = wait.element, step.host
    step.run.phase = element.properties.get("stato") or step.run.phase
    assigned = element.assignment

    def text(source: str) -> Any:
        return host.evaluate(source[1:], wait.variables) if source.startswith("=") else source or None

    dates = task_dates(host, element, wait.variables)
    priority = text(assigned.priority)
    assignee = text(assigned.assignee)
    roles, users = _names(text(assigned.candidate_groups)), _names(text(assigned.candidate_users))
    if not (assignee or roles or users) and element.lane:
        roles = [slug(element.lane)]
    if not (assignee or roles or users):
        raise ExecutionFailed(
            f"«{element.label}»: nessuno può fare il compito, perché «{assigned.assignee}» non dà un nome"
        )
    task_id, name = new_id(), _task_name(element, wait)
    candidates = tuple(dict.fromkeys([("role", name) for name in roles] + [("user", name) for name in users]))
    row = {
        "id": task_id,
        "instance_id": step.instance_id,
        "token": wait.token,
        "definition_id": host.compiled.definition_ids[element.process_id],
        "element_id": element.id,
        "name": name,
        "words": name,
        "instructions": element.documentation,
        "form_id": element.form_id or None,
        "process_id": element.process_id,
        "scope": host.instance.scope,
        "assignee": assignee or None,
        "priority": DEFAULT_PRIORITY if priority is None else int(priority),
        "created_at": step.now,
        "due_order": dates["due_at"] or END_OF_TIME,
        **dates,
        "state": "open",
        "revision": 1,
        "not_by": element.properties.get("diverso_da"),
        "restricted": element.properties.get("riservato") == "true",
    }
    step.add("task", row)
    for kind, who in candidates:
        step.add("task_candidate", {"task_id": task_id, "kind": kind, "name": who})
    if dates["due_at"]:
        late = working_days_late(dates["due_at"], COORDINATOR_AFTER, host.calendar)
        _insert_timer(step, wait.token, "overdue", element, {"due_at": late, "fixed": not dates["due_runs"]})
    told = message(
        "task.assigned",
        {"task_id": task_id},
        f"task.assigned:{task_id}",
        now=step.now,
        instance_id=step.instance_id,
    )
    step.add("outbox", told)
    step.new_tasks.append(OpenTask(new_task(row), candidates))
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
    dates = timer_dates(step.host, wait.element, wait.variables, wait.repetition)
    _insert_timer(step, wait.token, "event", wait.element, dates)


def _insert_timer(
    step: Advance,
    token: str,
    kind: str,
    element: Element,
    dates: Mapping[str, Any],
    attempts: int = 0,
) -> None:
    step.add(
        "timer",
        {
            "id": new_id(),
            "instance_id": step.instance_id,
            "token": token,
            "kind": kind,
            "element_id": element.id,
            "name": element.label,
            **dates,
            "state": "waiting",
            "attempts": attempts,
            "created_at": step.now,
        },
    )


def _begin_subscription(step: Advance, wait: Wait) -> None:
    element = wait.element
    key = message_key(step.host, element, wait.variables) if wait.kind == "message" else ""
    step.add(
        "subscription",
        {
            "id": new_id(),
            "instance_id": step.instance_id,
            "token": wait.token,
            "element_id": element.id,
            "kind": wait.kind,
            "message": _awaited_name(step, wait),
            "correlation_key": key,
            "state": "waiting",
            "created_at": step.now,
        },
    )


def _awaited_name(step: Advance, wait: Wait) -> str:
    """The name of the message or signal; of a condition its text, as long as it fits."""
    element = wait.element
    if wait.kind == "condition":
        return element.condition.removeprefix("=").strip()[:LONGEST_NAME]
    name = element.signal if wait.kind == "signal" else element.message
    if not name.startswith("="):
        return name
    value = step.host.evaluate(name[1:], wait.variables)
    if not isinstance(value, str) or not value or len(value) > LONGEST_NAME:
        raise ExecutionFailed(f"«{element.label}»: «{name}» non dà un nome ma {value!r:.80}")
    return value


def _names(value: Any) -> list[str]:
    if value is None:
        return []
    parts = value if isinstance(value, list) else str(value).split(",")
    return [str(part).strip() for part in parts if str(part).strip()]


def note_failure(step: Advance, failure: Failure, open_tokens: set[tuple[str, str]]) -> None:
    """Plan another attempt at a failed step, or open an incident when there is none left."""
    if ("retry", failure.token) in open_tokens or ("incident", failure.token) in open_tokens:
        return
    if failure.kind == "operation" and failure.attempts < step.settings.operation_attempts:
        wait = timedelta(seconds=step.settings.retry_seconds * 4 ** (failure.attempts - 1))
        _insert_timer(
            step,
            failure.token,
            "retry",
            failure.element,
            {"due_at": step.now + wait, "fixed": True},
            failure.attempts,
        )
        step.host.note(
            "operation.failed", failure.element, {"sentence": failure.sentence, "attempts": failure.attempts}
        )
    else:
        _open_incident(step, failure.element, failure.token, failure.kind, failure.sentence, failure.attempts)


def _open_incident(
    step: Advance, element: Element, token: str, kind: str, sentence: str, attempts: int
) -> None:
    step.add(
        "incident",
        {
            "id": new_id(),
            "instance_id": step.instance_id,
            "token": token,
            "kind": kind,
            "element_id": element.id,
            "element_name": element.label,
            "sentence": sentence,
            "attempts": attempts,
            "state": "open",
            "created_at": step.now,
        },
    )
    step.new_incidents += 1
    step.host.note("incident.opened", element, {"kind": kind, "sentence": sentence})


def close_incident(step: Advance, token: str) -> None:
    """The step of a token goes on: its incident is over."""
    step.host.connection.execute(
        update(incident)
        .where(
            incident.c.instance_id == step.instance_id, incident.c.token == token, incident.c.state == "open"
        )
        .values(state="gone", ended_at=step.now, ended_by=step.actor.id)
    )
    step.incidents_ended = True
