"""What a step writes, gathered while it is worked out and sent at its end: on PostgreSQL as a single statement.

There each statement is a part of one `WITH`: one exchange, planned once for each combination of tables. What the parts
change they do not see of each other, so no two may touch the same row; keys and triggers look when all are done.
On SQLite, which runs in this process, they are sent one after the other.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError

from engine.storage.hot import Inserts, RowsText, Statement, Text, execute, numbered

MOST_KEPT = 500
_DIVISION_BY_ZERO = "22012"


class Together:
    """Statements that give no rows, with their values."""

    def __init__(self) -> None:
        self._parts: list[tuple[Statement | Inserts, Any]] = []
        self._one = ""

    def add(self, statement: Statement, **values: Any) -> None:
        """A statement with its values, by the name of their `bindparam`."""
        self._parts.append((statement, values))

    def insert(self, inserts: Inserts, rows: list[dict[str, Any]]) -> None:
        """Rows of a table."""
        self._parts.append((inserts, rows))

    def finish(self, statement: Statement, what: str, **values: Any) -> None:
        """The last statement, which changes the one row that is called `what` in an error."""
        self._one = what
        self.add(statement, **values)

    def run(self, connection: Connection, *, commit: bool = False) -> None:
        """Send them, and with `commit` end the transaction where that saves a wait (`UnitOfWork` ends it in any case).

        Raises what any of them raises; RuntimeError when the last did not meet its row.
        """
        if connection.dialect.name == "sqlite":
            self._one_by_one(connection)
            return
        joined = _joined(tuple(part for part, _ in self._parts), connection.dialect, bool(self._one))
        values = [
            values[name]
            for (text, names), (_, given) in zip(joined.pieces, self._parts, strict=True)
            for values in (text.values(given),)
            for name in names
        ]
        try:
            execute(connection, joined.text, values, commit=commit)
        except DBAPIError as problem:
            if self._one and getattr(problem.orig, "sqlstate", None) == _DIVISION_BY_ZERO:
                raise self._lost() from problem
            raise

    def _one_by_one(self, connection: Connection) -> None:
        met = 1
        for part, given in self._parts:
            if isinstance(part, Inserts):
                part.run(connection, given)
            else:
                met = part.run(connection, **given).rowcount
        if self._one and met != 1:
            raise self._lost()

    def _lost(self) -> RuntimeError:
        return RuntimeError(f"{self._one} was changed by another step, in spite of its lock")


class _Joined:
    """Several statements as one, with numbered places for their values; `checked` when the last must meet a row."""

    def __init__(
        self, parts: tuple[Statement | Inserts, ...], dialect: Dialect, *, checked: bool
    ) -> None:
        self.pieces: list[tuple[Text | RowsText, list[str]]] = []
        texts: list[str] = []
        count = 0
        for part in parts:
            text = part.on(dialect)
            sent, names = numbered(text.text, count)
            texts.append(sent)
            self.pieces.append((text, names))
            count += len(names)
        if checked:  # no row met: the statement fails, and with it the transaction, before it can be committed
            texts[-1] += " RETURNING 1"
            texts.append(f"SELECT 1 / count(*) FROM part_{len(parts) - 1}")  # noqa: S608
        *first, last = texts
        with_first = ", ".join(f"part_{number} AS ({text})" for number, text in enumerate(first))
        self.text = f"WITH {with_first} {last}" if first else last


_KEPT: dict[tuple[tuple[Statement | Inserts, ...], bool], _Joined] = {}


def _joined(parts: tuple[Statement | Inserts, ...], dialect: Dialect, checked: bool) -> _Joined:
    found = _KEPT.get((parts, checked))
    if found is None:
        if len(_KEPT) >= MOST_KEPT:
            _KEPT.clear()
        found = _KEPT[parts, checked] = _Joined(parts, dialect, checked=checked)
    return found
