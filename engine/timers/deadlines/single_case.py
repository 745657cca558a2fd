"""Moving one deadline of one case by hand: from then on no change for all moves it, and the preview says so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, update

from engine.access.actors import Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.errors import InvalidInput, InvalidState, NotFound
from engine.execution.outbox import message
from engine.execution.step import COORDINATOR_AFTER, working_days_late
from engine.execution.step_runner import Stepper, locked, require_reason
from engine.storage.sql.insert_once import insert_many_once
from engine.storage.tables import event, outbox, task, timer
from engine.timers.deadlines.columns import PLACES, Place


def move_one(
    stepper: Stepper,
    permissions: PermissionMatrix,
    what: str,
    row_id: str,
    moment: datetime,
    reason: str,
    actor: Actor,
    past_confirmed: bool,
) -> str:
    """Move a timer, a due date or a follow-up date (`what`: timer, due, follow_up) of one case to a moment (aware)."""
    require_reason(reason)
    if what not in PLACES:
        raise NotFound(f"«{what}» non è una scadenza: sono {', '.join(PLACES)}")
    place, now, moment = PLACES[what], stepper.clock.now(), moment.astimezone(UTC)
    if moment <= now and not past_confirmed:
        raise InvalidInput(
            "Il momento è già passato: conferma che va bene così",
            fields={"passato": "Conferma che va bene così"},
        )
    with stepper.database.begin() as work:
        connection = work.connection
        found = connection.execute(
            select(place.c.instance_id).where(place.c.id == row_id, place.key.is_not(None))
        ).scalar_one_or_none()
        if found is None:
            raise NotFound("La scadenza della pratica non c'è")
        case = locked(connection, found)
        permissions.require(actor, Permission.DEADLINE_WRITE, case.scope)
        row = connection.execute(select(place.table).where(place.c.id == row_id)).one()
        if row.state != place.open_state:
            raise InvalidState("La scadenza è già passata, o la pratica è sospesa: non si sposta")
        old = getattr(row, place.due.name)
        connection.execute(update(place.table).where(place.c.id == row_id).values(**_values(place, moment)))
        if place.due is task.c.due_at:
            calendar = stepper.host(work, case, actor).calendar
            _delay(connection, row, working_days_late(moment, COORDINATOR_AFTER, calendar))
        connection.execute(
            event.insert().values(
                instance_id=found,
                at=now,
                actor_id=actor.id,
                kind="deadline.moved_by_hand",
                element_id=row.element_id,
                element_name=row.name,
                definition_id=case.definition_id,
                data={"what": what, "old": old, "new": moment, "reason": reason.strip()},
            )
        )
        _tell(connection, place, row, moment, now)
        work.after_commit(stepper.nudge)
    return str(found)


def _values(place: Place, moment: datetime) -> dict[str, Any]:
    if place.table is timer:
        return {"due_at": moment, "fixed": True, "by_hand": True}
    if place.due is task.c.due_at:
        return {"due_at": moment, "due_order": moment, "due_runs": False, "due_by_hand": True}
    return {"follow_up_at": moment, "follow_by_hand": True}


def _delay(connection: Connection, row: Any, late: datetime) -> None:
    connection.execute(
        update(timer)
        .where(
            timer.c.instance_id == row.instance_id,
            timer.c.token == row.token,
            timer.c.kind == "overdue",
            timer.c.state == "waiting",
        )
        .values(due_at=late, attempts=0)
    )


def _tell(connection: Connection, place: Place, row: Any, moment: datetime, now: datetime) -> None:
    holders = connection.execute(
        select(task.c.assignee)
        .where(task.c.instance_id == row.instance_id, task.c.state == "open", task.c.assignee.is_not(None))
        .distinct()
    ).scalars()
    rows = [
        message(
            "deadline.moved",
            {"user": user, "label": row.name, "cases": 1, "instance_id": row.instance_id, "due": moment},
            f"deadline.moved:{row.id}:{place.what}:{now.isoformat()}:{user}",
            now=now,
        )
        for user in holders
    ]
    insert_many_once(connection, outbox, rows)
