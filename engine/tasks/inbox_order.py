"""The orders of the inbox, and the SQL that continues a list after a cursor."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Integer, String, bindparam, case, literal, tuple_

from engine.storage.sql.keyset_pagination import Cursor
from engine.storage.types import UtcDateTime

Sort = Literal["due", "created", "priority"]
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)


def sort_column(sort: Sort) -> str:
    """The name of the column with the moment of an order; ``created`` is descending, the others are ascending."""
    return "created_at" if sort == "created" else "due_order"


def cursor_of(sort: Sort, row: Any) -> Cursor:
    """The cursor after a row: its priority (where that comes first), its moment, the id of the task."""
    keys = (getattr(row, sort_column(sort)), row.id)
    return Cursor((row.priority, *keys) if sort == "priority" else keys)


def parse_cursor(sort: Sort, text: str) -> Cursor:
    """The cursor of an address. Raises InvalidInput when it is none of this order."""
    return Cursor.decode(text, *((int,) if sort == "priority" else ()), datetime, str)


def cursor_values(cursor: Cursor) -> dict[str, Any]:
    """The values of the parameters of `after_cursor`."""
    *first, moment, task_id = cursor.keys
    return {"ended_moment": moment, "ended_id": task_id, "ended_priority": first[0] if first else 0}


def order_by(sort: Sort, moment: Any, task_id: Any, priority: Any) -> list[ColumnElement[Any]]:
    """SQL: the order of these columns."""
    if sort == "created":
        return [moment.desc(), task_id.desc()]
    return [*([priority] if sort == "priority" else []), moment, task_id]


def after_cursor(sort: Sort, moment: Any, task_id: Any, priority: Any) -> list[ColumnElement[bool]]:
    """SQL: the rows after a cursor, whose keys are parameters (`cursor_values`). An index answers the comparison."""
    last = bindparam("ended_moment", type_=UtcDateTime)
    last_id = bindparam("ended_id", type_=String)
    last_priority = bindparam("ended_priority", type_=Integer)
    row = tuple_(moment, task_id)
    if sort == "created":
        return [row < tuple_(last, last_id)]
    if sort == "due":
        return [row > tuple_(last, last_id)]
    start, first = literal(EARLIEST, UtcDateTime), literal("", String)
    later = priority > last_priority
    return [
        priority >= last_priority,
        row > tuple_(case((later, start), else_=last), case((later, first), else_=last_id)),
    ]
