"""Pages by key: where a page ended is where the next begins, however the list has changed meanwhile."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_

from engine.errors import InvalidInput
from engine.storage.tables import task


def order(sort: str) -> tuple[list[Any], list[bool]]:
    """The columns of an order and which of them descend; the last is unique."""
    if sort == "created":
        return [task.c.created_at, task.c.id], [True, True]
    if sort == "priority":
        return [task.c.priority, task.c.due_order, task.c.id], [True, False, False]
    return [task.c.due_order, task.c.id], [False, False]


def cursor(sort: str, row: Row[Any]) -> str:
    """The place of a row in an order, to put in an address."""
    keys, _ = order(sort)
    values = [getattr(row, key.name) for key in keys]
    texts = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(texts).encode()).decode().rstrip("=")


def beyond(keys: list[Any], descending: list[bool], after: str) -> ColumnElement[bool]:
    """SQL: what comes after the place of a cursor. InvalidInput for one that is not ours."""
    try:
        texts = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        values = [
            datetime.fromisoformat(text)
            if key.name in ("due_order", "created_at")
            else key.type.python_type(text)
            for key, text in zip(keys, texts, strict=True)
        ]
    except (ValueError, TypeError, UnicodeDecodeError) as problem:
        raise InvalidInput("L'indirizzo della pagina non è valido: riparti dalla prima") from problem
    steps = []
    for place, key in enumerate(keys):
        same = [earlier == value for earlier, value in zip(keys[:place], values[:place], strict=True)]
        further = key < values[place] if descending[place] else key > values[place]
        steps.append(and_(*same, further))
    return or_(*steps)
