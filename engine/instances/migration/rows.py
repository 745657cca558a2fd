"""The rows of a case that moves: each stays with its token and learns what the new version calls its element.

A task keeps its holder, candidates, drafts and due date; a timer its due moment, unless the new version's timer says
something else: then the new span counts from when the wait began, less the time the case stood suspended.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from engine.definitions.compilation import Compiled
from engine.execution.due_dates import timer_dates
from engine.execution.step import Advance
from engine.languages.bpmn.model import Element
from engine.scheduling.overrides import task_keys, timer_key
from engine.scheduling.timer_suspension import held, stop_clocks
from engine.spiff import Carried, ElementMap
from engine.storage.tables import event, incident, subscription, task, timer

KEY = "chiave"


def carry(
    connection: Connection,
    instance_id: str,
    carried: Sequence[Carried],
    elements: ElementMap,
    target: Compiled,
) -> None:
    """Give the open rows of a case their new tokens and elements, before its run goes on."""
    by_token = {one.token: one for one in carried}
    for row in connection.execute(select(task).where(task.c.instance_id == instance_id)).all():
        found = by_token.get(row.token) if row.state in ("open", "suspended") else None
        values = _task(row, found, target) if found else _past(row, elements)
        if values:
            connection.execute(update(task).where(task.c.id == row.id).values(**values))
    for table, states, name in (
        (timer, ("waiting", "suspended"), "name"),
        (subscription, ("waiting", "suspended"), None),
        (incident, ("open",), "element_name"),
    ):
        kind = table.c.element_id if table is incident else table.c.kind
        query = select(table.c.id, table.c.token, kind.label("kind")).where(
            table.c.instance_id == instance_id, table.c.state.in_(states)
        )
        for row in connection.execute(query).all():
            found = by_token.get(row.token)
            if found is None:
                if table is not incident and ":" in (
                    row.token or ""
                ):  # one of several events, no longer among them
                    over = "cancelled" if table is timer else "ended"
                    connection.execute(update(table).where(table.c.id == row.id).values(state=over))
                continue
            values = {"token": found.now, "element_id": found.after.id}
            if name:
                values[name] = found.after.label
            if table is timer and found.after.timer is not None and row.kind == "event":
                values["deadline"] = timer_key(found.after)
            if table is subscription and _another_message(found.before, found.after):
                values = {"state": "ended"}  # the step writes the new one
            connection.execute(update(table).where(table.c.id == row.id).values(**values))


def _task(row: Row[Any], found: Carried, target: Compiled) -> dict[str, Any]:
    before, after = found.before, found.after
    suffix = row.name.removeprefix(before.label) if row.name.startswith(before.label) else ""
    return {
        "token": found.now,
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


def _past(row: Row[Any], elements: ElementMap) -> dict[str, Any]:
    """A task that is over follows a renamed element, so that «not the same person» still finds who did it."""
    goal = elements.get((row.process_id, row.element_id))
    return {"element_id": goal[1]} if goal and goal[1] != row.element_id else {}


def _another_message(before: Element, after: Element) -> bool:
    return before.message != after.message or before.properties.get(KEY) != after.properties.get(KEY)


def reset_timers(step: Advance, carried: Sequence[Carried], suspended_at: datetime | None) -> None:
    """Work out again the due moments of the timers that the new version changed. Raises ExecutionFailed."""
    connection = step.host.connection
    changed = {one.now: one for one in carried if one.before.timer != one.after.timer and one.after.timer}
    if not changed:
        return
    waits = {wait.token: wait for wait in step.run.waits() if wait.kind == "timer"}
    rows = connection.execute(
        select(timer).where(
            timer.c.instance_id == step.instance_id,
            timer.c.kind == "event",
            timer.c.state.in_(("waiting", "suspended")),
            timer.c.token.in_([token for token in changed if token in waits]),
        )
    ).all()
    for row in rows:
        after, wait = changed[row.token].after, waits[row.token]
        assert after.timer is not None
        cycle = after.timer.kind == "cycle"
        begun = step.now if cycle else row.created_at + _stood(connection, step.instance_id, row.created_at)
        values = timer_dates(step.host, after, wait.variables, now=begun)
        if row.by_hand:
            values = {name: values[name] for name in ("default_at", "default_fixed", "default_repetition")}
        elif suspended_at is not None:
            values |= held(values["due_at"], values["fixed"], step.now if cycle else suspended_at)
        connection.execute(update(timer).where(timer.c.id == row.id).values(**values))


def _stood(connection: Connection, instance_id: str, since: datetime) -> timedelta:
    """How long the clocks of a case have stood still since a moment, as its log says."""
    rows = connection.execute(
        select(event.c.data).where(
            event.c.instance_id == instance_id, event.c.kind == "instance.resumed", event.c.at > since
        )
    ).scalars()
    return timedelta(seconds=sum(int(data["stood_seconds"]) for data in rows))


def hold_new(step: Advance) -> None:
    """In a suspended case, what has just begun to wait stands still like the rest until the case is resumed."""
    connection, mine = step.host.connection, step.instance_id
    connection.execute(
        update(subscription)
        .where(subscription.c.instance_id == mine, subscription.c.state == "waiting")
        .values(state="suspended")
    )
    stop_clocks(connection, mine, step.now)
