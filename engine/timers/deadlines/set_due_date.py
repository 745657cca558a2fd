"""Setting one due date of one instance by hand; changes of overrides leave it alone from then on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from engine.access import Actor, Permission, PermissionMatrix
from engine.errors import InvalidInput, InvalidState, NotFound
from engine.execution import StepRunner, lock_instance, require_reason
from engine.execution import outbox as outbox_messages
from engine.localization import message
from engine.scheduling.overdue import overdue_moment
from engine.storage.event_log import LogEntry, append_event
from engine.storage.sql.insert_once import insert_many_once
from engine.storage.tables import outbox, task, timer
from engine.timers.deadlines.columns import DUE_COLUMNS, DueColumn
from engine.timers.overdue import reschedule_overdue


def set_due_date(
    step_runner: StepRunner,
    permissions: PermissionMatrix,
    kind: str,
    row_id: str,
    moment: datetime,
    reason: str,
    actor: Actor,
    past_confirmed: bool,
) -> str:
    """Set the due date of a row (`kind`: timer, due, follow_up) to a moment (aware) and return the instance's id."""
    require_reason(reason)
    if kind not in DUE_COLUMNS:
        raise NotFound("DEADLINE_KIND_UNKNOWN", kind=kind, kinds=list(DUE_COLUMNS))
    column, now, moment = DUE_COLUMNS[kind], step_runner.clock.now(), moment.astimezone(UTC)
    if moment <= now and not past_confirmed:
        raise InvalidInput("DEADLINE_IN_THE_PAST", fields={"passato": message("DEADLINE_CONFIRM_PAST")})
    with step_runner.database.begin() as work:
        connection = work.connection
        instance_id = connection.execute(
            select(column.c.instance_id).where(column.c.id == row_id, column.key.is_not(None))
        ).scalar_one_or_none()
        if instance_id is None:
            raise NotFound("INSTANCE_DEADLINE_NOT_FOUND")
        instance = lock_instance(connection, instance_id)
        permissions.require(actor, Permission.DEADLINE_WRITE, instance.scope)
        row = connection.execute(select(column.table).where(column.c.id == row_id)).one()
        if row.state != column.open_state:
            raise InvalidState("INSTANCE_DEADLINE_CLOSED")
        old = getattr(row, column.due.name)
        connection.execute(
            update(column.table).where(column.c.id == row_id).values(**_values(column, moment))
        )
        if column.due is task.c.due_at:
            calendar = step_runner.environment(work, instance, actor).calendar
            late = overdue_moment(moment, step_runner.settings.overdue_reminder_days, calendar)
            reschedule_overdue(connection, row.instance_id, row.token, late)
        entry = LogEntry(
            "deadline.moved_by_hand",
            now,
            actor.id,
            instance_id=instance_id,
            element_id=row.element_id,
            element_name=row.name,
            definition_id=instance.definition_id,
            data={"what": kind, "old": old, "new": moment, "reason": reason.strip()},
        )
        append_event(connection, entry)
        _notify_assignees(connection, column, row, moment, now)
        work.after_commit(step_runner.wake_scheduler)
    return str(instance_id)


def _values(column: DueColumn, moment: datetime) -> dict[str, Any]:
    if column.table is timer:
        return {"due_at": moment, "fixed": True, "by_hand": True}
    if column.due is task.c.due_at:
        return {"due_at": moment, "due_order": moment, "due_runs": False, "due_by_hand": True}
    return {"follow_up_at": moment, "follow_by_hand": True}


def _notify_assignees(
    connection: Connection, column: DueColumn, row: Any, moment: datetime, now: datetime
) -> None:
    assignees = connection.execute(
        select(task.c.assignee)
        .where(task.c.instance_id == row.instance_id, task.c.state == "open", task.c.assignee.is_not(None))
        .distinct()
    ).scalars()
    rows = [
        outbox_messages.message_row(
            "deadline.moved",
            {"user": user, "label": row.name, "cases": 1, "instance_id": row.instance_id, "due": moment},
            f"deadline.moved:{row.id}:{column.kind}:{now.isoformat()}:{user}",
            now=now,
        )
        for user in assignees
    ]
    insert_many_once(connection, outbox, rows)
