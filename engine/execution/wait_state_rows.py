"""Makes the rows of the new wait states of a step (tasks, timers, subscriptions), of its retries and incidents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import update

from engine.errors import EngineError, ExecutionFailed
from engine.execution.due_dates import END_OF_TIME, task_dates, timer_dates
from engine.execution.incident_creation import incident_row
from engine.execution.instance_cache import OpenTask
from engine.execution.locking import LockedTask
from engine.execution.outbox import message_row
from engine.execution.step import Step
from engine.languages.bpmn.model import Element
from engine.languages.bpmn.parser import role_id
from engine.scheduling.overdue import overdue_moment
from engine.spiff import StepFailure, WaitState
from engine.storage.tables import incident
from engine.storage.types import new_id

DEFAULT_PRIORITY = 50
SUBSCRIPTION_KINDS = frozenset({"message", "signal", "condition"})
"""The kinds of wait states with a row in `subscription`. The row of a condition only shows what is awaited."""
MAX_EVENT_NAME = 160
"""Characters of the column with the name of a message or signal."""


def add_wait_state(step: Step, wait: WaitState, open_tokens: set[tuple[str, str]]) -> None:
    """Add the rows of a new wait state; of an incident, when its dates or its candidates cannot be computed.

    `open_tokens` are the open rows before, as (kind, token).
    """
    try:
        if wait.kind == "task":
            _add_task(step, wait)
        elif wait.kind == "timer":
            _add_event_timer(step, wait)
        else:
            _add_subscription(step, wait)
    except EngineError as problem:
        if ("incident", wait.token) not in open_tokens:
            kind = "timer" if wait.kind == "timer" else "expression"
            _add_incident(step, wait.element, wait.token, kind, problem.message, 1)
        return
    if ("incident", wait.token) in open_tokens:
        close_incident(step, wait.token)


def add_failure(step: Step, failure: StepFailure, open_tokens: set[tuple[str, str]]) -> None:
    """Add the timer of the next attempt of a failed operation, or an incident when no attempt is left."""
    if ("retry", failure.token) in open_tokens or ("incident", failure.token) in open_tokens:
        return
    if failure.kind == "operation" and failure.attempts < step.settings.operation_attempts:
        dates = {"due_at": step.now + step.settings.retry_delay(failure.attempts), "fixed": True}
        _add_timer(step, failure.token, "retry", failure.element, dates, failure.attempts)
        data = {"sentence": failure.sentence, "attempts": failure.attempts}
        step.environment.record("operation.failed", failure.element, data)
    else:
        _add_incident(step, failure.element, failure.token, failure.kind, failure.message, failure.attempts)


def close_incident(step: Step, token: str) -> None:
    """Close the incident of a token that goes on."""
    step.environment.connection.execute(
        update(incident)
        .where(
            incident.c.instance_id == step.instance_id, incident.c.token == token, incident.c.state == "open"
        )
        .values(state="gone", ended_at=step.now, ended_by=step.actor.id)
    )
    step.incidents_closed = True


def _add_task(step: Step, wait: WaitState) -> None:
    element, environment = wait.element, step.environment
    step.run.phase = element.properties.get("stato") or step.run.phase
    assignment = element.assignment

    def value(text: str) -> Any:
        return environment.evaluate(text[1:], wait.variables) if text.startswith("=") else text or None

    dates = task_dates(environment, element, wait.variables)
    priority = value(assignment.priority)
    assignee = value(assignment.assignee)
    roles = _names(value(assignment.candidate_groups))
    users = _names(value(assignment.candidate_users))
    if not (assignee or roles or users) and element.lane:
        roles = [role_id(element.lane)]
    if not (assignee or roles or users):
        raise ExecutionFailed("TASK_WITHOUT_CANDIDATES", element=element.label, assignee=assignment.assignee)
    task_id, name = new_id(), _task_name(element, wait)
    candidates = tuple(dict.fromkeys([("role", role) for role in roles] + [("user", user) for user in users]))
    row = {
        "id": task_id,
        "instance_id": step.instance_id,
        "token": wait.token,
        "definition_id": environment.compiled.definition_ids[element.process_id],
        "element_id": element.id,
        "name": name,
        "words": name,
        "instructions": element.documentation,
        "form_id": element.form_id or None,
        "process_id": element.process_id,
        "scope": environment.instance.scope,
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
    step.add_row("task", row)
    for kind, candidate in candidates:
        step.add_row("task_candidate", {"task_id": task_id, "kind": kind, "name": candidate})
    if dates["due_at"]:
        due_at = overdue_moment(dates["due_at"], step.settings.overdue_reminder_days, environment.calendar)
        _add_timer(step, wait.token, "overdue", element, {"due_at": due_at, "fixed": not dates["due_runs"]})
    notification = message_row(
        "task.assigned",
        {"task_id": task_id},
        f"task.assigned:{task_id}",
        now=step.now,
        instance_id=step.instance_id,
    )
    step.add_row("outbox", notification)
    step.new_tasks.append(OpenTask(LockedTask.from_row(row), candidates))
    environment.record("task.created", element, {"task": task_id})


def _task_name(element: Element, wait: WaitState) -> str:
    """The name of the element; of an item of a multi-instance activity also the name or the number of the item."""
    loop = element.multi_instance
    if loop is None or "loopCounter" not in wait.variables:
        return element.label
    item = wait.variables.get(loop.element_variable)
    if isinstance(item, Mapping):
        item = item.get("nome") or item.get("etichetta")
    return f"{element.label} – {item if isinstance(item, str) else wait.variables['loopCounter']}"


def _names(value: Any) -> list[str]:
    """The names of a list, or of a text with commas."""
    if value is None:
        return []
    names = value if isinstance(value, list) else str(value).split(",")
    return [str(name).strip() for name in names if str(name).strip()]


def _add_event_timer(step: Step, wait: WaitState) -> None:
    dates = timer_dates(step.environment, wait.element, wait.variables, wait.repetition)
    _add_timer(step, wait.token, "event", wait.element, dates)


def _add_timer(
    step: Step, token: str, kind: str, element: Element, dates: Mapping[str, Any], attempts: int = 0
) -> None:
    row = {
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
    }
    step.add_row("timer", row)


def _add_subscription(step: Step, wait: WaitState) -> None:
    element = wait.element
    is_message = wait.kind == "message"
    row = {
        "id": new_id(),
        "instance_id": step.instance_id,
        "token": wait.token,
        "element_id": element.id,
        "kind": wait.kind,
        "message": _event_name(step, wait),
        "correlation_key": step.environment.correlation_key(element, wait.variables) if is_message else "",
        "state": "waiting",
        "created_at": step.now,
    }
    step.add_row("subscription", row)


def _event_name(step: Step, wait: WaitState) -> str:
    """The name of the message or signal; of a condition the beginning of its text."""
    element = wait.element
    if wait.kind == "condition":
        return element.condition.removeprefix("=").strip()[:MAX_EVENT_NAME]
    name = element.signal if wait.kind == "signal" else element.message
    if not name.startswith("="):
        return name
    value = step.environment.evaluate(name[1:], wait.variables)
    if not isinstance(value, str) or not value or len(value) > MAX_EVENT_NAME:
        found = f"{value!r:.80}"
        raise ExecutionFailed("EVENT_NAME_NOT_A_TEXT", element=element.label, expression=name, value=found)
    return value


def _add_incident(step: Step, element: Element, token: str, kind: str, sentence: str, attempts: int) -> None:
    row = incident_row(
        kind=kind,
        element_id=element.id,
        element_name=element.label,
        sentence=sentence,
        attempts=attempts,
        now=step.now,
        instance_id=step.instance_id,
        token=token,
    )
    step.add_row("incident", row)
    step.new_incidents += 1
    step.environment.record("incident.opened", element, {"kind": kind, "sentence": str(sentence)})
