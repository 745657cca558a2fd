"""Records the SQL statements that an engine sends to its database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import event

from engine.engine import Engine


class RecordedStatement(str):
    """A statement with its values."""

    __slots__ = ("values",)
    values: Any


def without_begin(statements: list[RecordedStatement]) -> list[RecordedStatement]:
    """The statements without BEGIN, which is sent on SQLite only."""
    return [one for one in statements if not one.startswith("BEGIN")]


@contextlib.contextmanager
def recorded_statements(engine: Engine) -> Iterator[list[RecordedStatement]]:
    """The statements that are sent inside the `with` block, in order."""
    statements: list[RecordedStatement] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        statements.append(RecordedStatement(statement))
        statements[-1].values = values

    event.listen(engine.database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine.database.engine, "before_cursor_execute", note)
