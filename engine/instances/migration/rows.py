"""Migrates the rows of an instance: each follows its token and gets the element of the target version.

A task keeps its assignee, candidates, drafts and due date, and a timer its due date. When the target changes a timer,
its duration counts from when the wait began, without the time in which the instance was suspended.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Table, select, update

from engine.definitions.compilation import CompiledDefinition
from engine.execution import Step
from engine.execution.due_dates import timer_dates
from engine.languages.bpmn.model import Element
from engine.scheduling.overrides import task_keys, timer_key
from engine.scheduling.timer_suspension import suspend_tasks_and_timers, suspended_columns
from engine.spiff import ElementMap, MigratedToken
from engine.storage.tables import event, incident, subscription, task, timer

CORRELATION_KEY_PROPERTY = "chiave"


def migrate_rows(
    connection: Connection,
    instance_id: str,
    migrated_tokens: Sequence[MigratedToken],
    elements: ElementMap,
    target: CompiledDefinition,
) -> None:
    """Give the open rows of an instance their new tokens and elements, before its run continues."""
    tokens = {migrated.token: migrated for migrated in migrated_tokens}
    _migrate_tasks(connection, instance_id, tokens, elements, target)
    _migrate_timers(connection, instance_id, tokens)
    _migrate_subscriptions(connection, instance_id, tokens)
    _migrate_incidents(connection, instance_id, tokens)


def _migrate_tasks(
    connection: Connection,
    instance_id: str,
    tokens: dict[str, MigratedToken],
    elements: ElementMap,
    target: CompiledDefinition,
) -> None:
    for row in connection.execute(select(task).where(task.c.instance_id == instance_id)).all():
        migrated = tokens.get(row.token) if row.state in ("open", "suspended") else None
        values = _task_values(row, migrated, target) if migrated else _ended_task_values(row, elements)
        if values:
            connection.execute(update(task).where(task.c.id == row.id).values(**values))


def _task_values(row: Row[Any], migrated: MigratedToken, target: CompiledDefinition) -> dict[str, Any]:
    before, after = migrated.source, migrated.target
    suffix = row.name.removeprefix(before.label) if row.name.startswith(before.label) else ""
    return {
        "token": migrated.new_token,
        "definition_id": target.definition_ids[after.process_id],
        "process_id": after.process_id,
        "element_id": after.id,
        "name": after.label + suffix,
        "instructions": after.documentation,
        "form_id": after.form_id or None,
        "not_by": after.properties.get("diverso_da"),
        "due_deadline": row.due_deadline and task_keys(after)[0],
        "follow_deadline": row.follow_deadline and task_keys(after)[1],
        "restricted": row.restricted or after.properties.get("riservato") == "true",
    }


def _ended_task_values(row: Row[Any], elements: ElementMap) -> dict[str, Any]:
    """The new element of a task that has ended, so that the separation of duties still finds who did it."""
    mapped = elements.get((row.process_id, row.element_id))
    return {"element_id": mapped[1]} if mapped and mapped[1] != row.element_id else {}


def _migrate_timers(connection: Connection, instance_id: str, tokens: dict[str, MigratedToken]) -> None:
    for row in _waiting_rows(connection, timer, instance_id):
        migrated = tokens.get(row.token)
        if migrated is None:
            if _is_one_of_several_events(row):
                connection.execute(update(timer).where(timer.c.id == row.id).values(state="cancelled"))
            continue
        element = migrated.target
        values = {"token": migrated.new_token, "element_id": element.id, "name": element.label}
        if element.timer is not None and row.kind == "event":
            values["deadline"] = timer_key(element)
        connection.execute(update(timer).where(timer.c.id == row.id).values(**values))


def _migrate_subscriptions(
    connection: Connection, instance_id: str, tokens: dict[str, MigratedToken]
) -> None:
    for row in _waiting_rows(connection, subscription, instance_id):
        migrated = tokens.get(row.token)
        if migrated is None:
            if _is_one_of_several_events(row):
                connection.execute(
                    update(subscription).where(subscription.c.id == row.id).values(state="ended")
                )
            continue
        values = {"token": migrated.new_token, "element_id": migrated.target.id}
        if _message_differs(migrated.source, migrated.target):
            values = {"state": "ended"}  # the step writes the new one
        connection.execute(update(subscription).where(subscription.c.id == row.id).values(**values))


def _migrate_incidents(connection: Connection, instance_id: str, tokens: dict[str, MigratedToken]) -> None:
    query = select(incident.c.id, incident.c.token).where(
        incident.c.instance_id == instance_id, incident.c.state == "open"
    )
    for row in connection.execute(query).all():
        migrated = tokens.get(row.token)
        if migrated is not None:
            connection.execute(
                update(incident)
                .where(incident.c.id == row.id)
                .values(
                    token=migrated.new_token,
                    element_id=migrated.target.id,
                    element_name=migrated.target.label,
                )
            )


def _waiting_rows(connection: Connection, table: Table, instance_id: str) -> Sequence[Any]:
    """The waiting rows of an instance in the table of timers or of subscriptions."""
    query = select(table.c.id, table.c.token, table.c.kind).where(
        table.c.instance_id == instance_id, table.c.state.in_(("waiting", "suspended"))
    )
    return connection.execute(query).all()


def _is_one_of_several_events(row: Row[Any]) -> bool:
    """Whether the row waits for one of several events of a token; not migrated, it is gone from the target."""
    return ":" in (row.token or "")


def _message_differs(before: Element, after: Element) -> bool:
    return before.message != after.message or before.properties.get(
        CORRELATION_KEY_PROPERTY
    ) != after.properties.get(CORRELATION_KEY_PROPERTY)


def reset_timers(step: Step, migrated_tokens: Sequence[MigratedToken], suspended_at: datetime | None) -> None:
    """Calculate again the due dates of the timers that the target version changed. Raises ExecutionFailed.

    `suspended_at` is the moment since when the instance is suspended, None when it is active.
    """
    connection = step.environment.connection
    changed = {
        migrated.new_token: migrated
        for migrated in migrated_tokens
        if migrated.source.timer != migrated.target.timer and migrated.target.timer
    }
    if not changed:
        return
    wait_states = {wait.token: wait for wait in step.run.wait_states() if wait.kind == "timer"}
    rows = connection.execute(
        select(timer).where(
            timer.c.instance_id == step.instance_id,
            timer.c.kind == "event",
            timer.c.state.in_(("waiting", "suspended")),
            timer.c.token.in_([token for token in changed if token in wait_states]),
        )
    ).all()
    for row in rows:
        after, wait = changed[row.token].target, wait_states[row.token]
        is_cycle = after.timer is not None and after.timer.kind == "cycle"
        start = (
            step.now
            if is_cycle
            else row.created_at + _suspended_time(connection, step.instance_id, row.created_at)
        )
        values = timer_dates(step.environment, after, wait.variables, now=start)
        if row.by_hand:
            values = {name: values[name] for name in ("default_at", "default_fixed", "default_repetition")}
        elif suspended_at is not None:
            values |= suspended_columns(
                values["due_at"], values["fixed"], step.now if is_cycle else suspended_at
            )
        connection.execute(update(timer).where(timer.c.id == row.id).values(**values))


def _suspended_time(connection: Connection, instance_id: str, since: datetime) -> timedelta:
    """How long the instance has been suspended since a moment, by the entries of its log."""
    rows = connection.execute(
        select(event.c.data).where(
            event.c.instance_id == instance_id, event.c.kind == "instance.resumed", event.c.at > since
        )
    ).scalars()
    return timedelta(seconds=sum(int(data["stood_seconds"]) for data in rows))


def suspend_new_rows(step: Step) -> None:
    """Suspend the rows that the step has added to a suspended instance, until it is resumed."""
    connection, instance_id = step.environment.connection, step.instance_id
    connection.execute(
        update(subscription)
        .where(subscription.c.instance_id == instance_id, subscription.c.state == "waiting")
        .values(state="suspended")
    )
    suspend_tasks_and_timers(connection, instance_id, step.now)
