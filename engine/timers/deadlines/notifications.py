"""When a deadline moves: one line in the log, that every case shows, and a message to each person who holds some."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, union

from engine.execution.outbox import message
from engine.storage.sql.insert_once import insert_many_once
from engine.storage.tables import event, outbox, task
from engine.timers.deadlines.columns import PLACES, Place
from engine.timers.deadlines.preview import Aim, moving


def write_log(connection: Connection, actor_id: str, now: datetime, data: Mapping[str, Any]) -> int:
    """The log's one line of a change, and its number: what moves keeps it, so the story of its case shows the line."""
    line = insert(event).values(at=now, actor_id=actor_id, kind="deadline.changed", data=dict(data))
    return int(connection.execute(line.returning(event.c.id)).scalar_one())


def tell_holders(
    connection: Connection,
    places: tuple[Place, ...],
    aim: Aim,
    around: frozenset[str],
    change_id: int,
    label: str,
    now: datetime,
) -> None:
    """A message for everyone who holds an open task of a case that moves. To be called before the move.

    `around` are the deadlines whose expressions have this one inside.
    """
    rows = [_touched(place, aim) for place in places]
    if around:
        rows += [_touched_around(place, aim, around) for place in PLACES.values()]
    touched = union(*rows).subquery()
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


def _touched_around(place: Place, aim: Aim, keys: frozenset[str]) -> Any:
    return select(place.c.instance_id).where(
        place.key.in_(keys),
        place.c.state.in_(place.standing),
        aim.reach(place.c.scope),
        place.by_hand.is_(False),
    )


def _touched(place: Place, aim: Aim) -> Any:
    return select(place.c.instance_id).where(moving(place, aim, place.open_state, "suspended"))
