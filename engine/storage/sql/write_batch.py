"""The statements that a transaction writes at its end, sent together.

Through the pipeline of PostgreSQL they are parts of one `WITH` statement: one round trip, planned once for each
combination of tables. The parts do not see each other's changes, so no two may change the same row; foreign keys and
triggers are checked when all parts are done. Otherwise they are executed one after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from cachetools import LRUCache
from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError

from engine.errors import OptimisticLockError
from engine.storage.sql.executor import Sender, execute, sender_of
from engine.storage.sql.statements import (
    CompiledStatement,
    Inserts,
    JsonInsert,
    Statement,
    number_placeholders,
)

MAX_COMPILED_BATCHES = 500
_DIVISION_BY_ZERO = "22012"


class WriteBatch:
    """Statements that return no rows, with their values."""

    def __init__(self) -> None:
        self._parts: list[tuple[Statement | Inserts, Any]] = []
        self._guards: list[int] = []

    def add(self, statement: Statement, **values: Any) -> None:
        """Add a statement with its values, by the name of their `bindparam`."""
        self._parts.append((statement, values))

    def expect_one_row(self, statement: Statement, **values: Any) -> None:
        """Add a statement that must change exactly one row. These run first, in the order in which they were added."""
        self._guards.append(len(self._parts))
        self.add(statement, **values)

    def insert(self, inserts: Inserts, rows: list[dict[str, Any]]) -> None:
        """Add rows of a table."""
        self._parts.append((inserts, rows))

    def run(self, connection: Connection, *, commit: bool = False) -> None:
        """Execute them. With `commit` the transaction ends where that saves a round trip (`UnitOfWork` ends it anyway).

        Raises SQLAlchemy's errors; OptimisticLockError when one of `expect_one_row` did not change one row.
        """
        sender = sender_of(connection)
        if sender is None or connection.dialect.name == "sqlite":
            self._run_one_by_one(connection)
        else:
            self._run_as_one(connection, sender, commit)

    def _run_as_one(self, connection: Connection, sender: Sender, commit: bool) -> None:
        compiled = _compiled_batch(
            tuple(part for part, _ in self._parts), tuple(self._guards), connection.dialect
        )
        values = [
            bound[name]
            for (part, names), (_, given) in zip(compiled.parts, self._parts, strict=True)
            for bound in (part.bind_values(given),)
            for name in names
        ]
        try:
            execute(connection, sender, compiled.text, values, commit=commit)
        except DBAPIError as problem:
            if self._guards and getattr(problem.orig, "sqlstate", None) == _DIVISION_BY_ZERO:
                raise _optimistic_lock_error([given for _, given in self._parts]) from problem
            raise

    def _run_one_by_one(self, connection: Connection) -> None:
        others = [index for index in range(len(self._parts)) if index not in self._guards]
        for index in (*self._guards, *others):
            part, given = self._parts[index]
            if isinstance(part, Inserts):
                part.run(connection, given)
            elif part.run(connection, **given).rowcount != 1 and index in self._guards:
                raise _optimistic_lock_error([given])


def _optimistic_lock_error(values: Sequence[Any]) -> OptimisticLockError:
    return OptimisticLockError(
        [given[name] for given in values for name in ("instance_id", "task_id") if name in given]
    )


class _CompiledBatch:
    """PostgreSQL: several statements as one, with numbered placeholders. The `guards` must each change one row."""

    def __init__(
        self, parts: tuple[Statement | Inserts, ...], guards: tuple[int, ...], dialect: Dialect
    ) -> None:
        self.parts: list[tuple[CompiledStatement | JsonInsert, list[str]]] = []
        texts: list[str] = []
        count = 0
        for part in parts:
            compiled = part.compiled_for(dialect)
            text, names = number_placeholders(compiled.text, count)
            texts.append(text)
            self.parts.append((compiled, names))
            count += len(names)
        if guards:  # when one changes no row, the division by zero makes the whole statement fail
            for index in guards:
                texts[index] += " RETURNING 1"
            changed = " * ".join(f"(SELECT count(*) FROM part_{index})" for index in guards)  # noqa: S608
            texts.append(f"SELECT 1 / ({changed})")
        *first, last = texts
        with_first = ", ".join(f"part_{index} AS ({text})" for index, text in enumerate(first))
        self.text = f"WITH {with_first} {last}" if first else last


_BatchKey = tuple[tuple[Statement | Inserts, ...], tuple[int, ...]]
_compiled: LRUCache[_BatchKey, _CompiledBatch] = LRUCache(MAX_COMPILED_BATCHES)
_compiled_lock = threading.Lock()


def _compiled_batch(
    parts: tuple[Statement | Inserts, ...], guards: tuple[int, ...], dialect: Dialect
) -> _CompiledBatch:
    key = (parts, guards)
    with _compiled_lock:
        found = _compiled.get(key)
    if found is None:
        found = _CompiledBatch(parts, guards, dialect)
        with _compiled_lock:
            _compiled[key] = found
    return found
