"""After a deadline has moved: a line in the log of every case, one message to each person who holds some of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, literal, select, union

from engine.deadlines.places import Place
from engine.deadlines.preview import Aim, moving
from engine.outbox import message
from engine.storage.insertion import insert_many_once
from engine.storage.tables import event, instance, outbox, task
from engine.storage.types import Json, UtcDateTime


def write_log(
    connection: Connection,
    places: tuple[Place, ...],
    aim: Aim,
    actor_id: str,
    now: datetime,
    data: Mapping[str, Any],
) -> None:
    """One line for the change itself and one in each case it moves, by one statement. To be called before the move."""
    connection.execute(
        insert(event).values(at=now, actor_id=actor_id, kind="deadline.changed", data=dict(data))
    )
    told = {name: data[name] for name in ("change", "label", "old", "new", "reason")}
    touched = union(*(_touched(place, aim) for place in places)).subquery()
    _note(connection, "deadline.moved", touched, actor_id, now, told)


def _note(
    connection: Connection, kind: str, touched: Any, actor_id: str, now: datetime, data: Mapping[str, Any]
) -> None:
    connection.execute(
        insert(event).from_select(
            ["instance_id", "at", "actor_id", "kind", "definition_id", "data"],
            select(
                instance.c.id,
                literal(now, UtcDateTime()),
                literal(actor_id),
                literal(kind),
                instance.c.definition_id,
                literal(dict(data), Json()),
            ).join(touched, touched.c.instance_id == instance.c.id),
        )
    )


def tell_holders(
    connection: Connection, places: tuple[Place, ...], aim: Aim, change_id: int, label: str, now: datetime
) -> None:
    """A message for everyone who holds an open task of a case that moves. To be called before the move."""
    touched = union(*(_touched(place, aim) for place in places)).subquery()
    holders = connection.execute(
        select(task.c.assignee, func.count(task.c.instance_id.distinct()), func.min(task.c.instance_id))
        .join(touched, touched.c.instance_id == task.c.instance_id)
        .where(task.c.state == "open", task.c.assignee.is_not(None))
        .group_by(task.c.assignee)
    ).all()
    rows = [
        message(
            "deadline.moved",
            {"user": user, "label": label, "cases": many, "instance_id": one},
            f"deadline.moved:{change_id}:{user}",
            now=now,
        )
        for user, many, one in holders
    ]
    insert_many_once(connection, outbox, rows)


def _touched(place: Place, aim: Aim) -> Any:
    return select(place.c.instance_id).where(moving(place, aim, place.open_state, "suspended"))
