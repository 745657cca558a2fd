"""Pages by key: where a page ended is where the next begins, however the list has changed meanwhile."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Integer, String, bindparam, case, literal, tuple_

from engine.errors import InvalidInput
from engine.storage.types import UtcDateTime

Sort = Literal["due", "created", "priority"]
BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """Where a page ended: the moment the order goes by, the task's id, and its priority where that comes first."""

    moment: datetime
    task_id: str
    priority: int = 0


def moment_of(sort: Sort) -> str:
    """The column that an order goes by; ``created`` descends, the others ascend."""
    return "created_at" if sort == "created" else "due_order"


def cursor(sort: Sort, row: Any) -> str:
    """The place of a row in an order, to put in an address."""
    keys: list[Any] = [getattr(row, moment_of(sort)).isoformat(), row.id]
    if sort == "priority":
        keys.insert(0, row.priority)
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


def place(sort: Sort, after: str) -> Place:
    """The place that a cursor names. InvalidInput for one that is not ours."""
    try:
        keys = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        priority = int(keys.pop(0)) if sort == "priority" else 0
        moment, task_id = keys
        if not isinstance(task_id, str) or "\0" in task_id:
            raise ValueError("Not the id of a task")
        return Place(datetime.fromisoformat(moment).astimezone(UTC), task_id, priority)
    except (ValueError, TypeError, AttributeError, OverflowError) as problem:
        raise InvalidInput("L'indirizzo della pagina non è valido: riparti dalla prima") from problem


def ordering(sort: Sort, moment: Any, task_id: Any, priority: Any) -> list[ColumnElement[Any]]:
    """SQL: the order of these columns."""
    if sort == "created":
        return [moment.desc(), task_id.desc()]
    return [*([priority] if sort == "priority" else []), moment, task_id]


def beyond(sort: Sort, moment: Any, task_id: Any, priority: Any) -> list[ColumnElement[bool]]:
    """SQL: what comes after a place, whose keys are values (`values`); the comparison of rows is one that an index
    answers."""
    last = bindparam("ended_moment", type_=UtcDateTime)
    last_id, last_priority = (
        bindparam("ended_id", type_=String),
        bindparam("ended_priority", type_=Integer),
    )
    row = tuple_(moment, task_id)
    if sort == "created":
        return [row < tuple_(last, last_id)]
    if sort == "due":
        return [row > tuple_(last, last_id)]
    start, first = literal(BEGINNING, UtcDateTime), literal("", String)
    later = priority > last_priority
    return [
        priority >= last_priority,
        row > tuple_(case((later, start), else_=last), case((later, first), else_=last_id)),
    ]


def values(ended: Place) -> dict[str, Any]:
    """The values of `beyond`."""
    return {"ended_moment": ended.moment, "ended_id": ended.task_id, "ended_priority": ended.priority}
