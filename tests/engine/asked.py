"""What an engine asks of its database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy import event

from engine.engine import Engine


@contextlib.contextmanager
def asked(engine: Engine) -> Iterator[list[str]]:
    """The statements that are sent within, in their order."""
    statements: list[str] = []

    def note(*given: object) -> None:
        statements.append(str(given[2]))

    event.listen(engine.database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine.database.engine, "before_cursor_execute", note)
