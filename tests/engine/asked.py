"""What an engine asks of its database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import event

from engine.engine import Engine


class Asked(str):
    """A statement that was sent, and the values it was sent with."""

    __slots__ = ("values",)
    values: Any


def questions(statements: list[Asked]) -> list[Asked]:
    """Without the beginnings of transactions, which SQLite is sent one by one."""
    return [one for one in statements if not one.startswith("BEGIN")]


@contextlib.contextmanager
def asked(engine: Engine) -> Iterator[list[Asked]]:
    """The statements that are sent within, in their order."""
    statements: list[Asked] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_: object) -> None:
        statements.append(Asked(statement))
        statements[-1].values = values

    event.listen(engine.database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine.database.engine, "before_cursor_execute", note)
