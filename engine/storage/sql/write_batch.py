"""What a step writes, gathered while it is worked out and sent at its end: on PostgreSQL as a single statement.

There each statement is a part of one `WITH`: one exchange, planned once for each combination of tables. What the parts
change they do not see of each other, so no two may touch the same row; keys and triggers look when all are done.
On SQLite, which runs in this process, they are sent one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError

from engine.storage.sql.statements import Inserts, RowsText, Statement, Text, execute, numbered

MOST_KEPT = 500
_DIVISION_BY_ZERO = "22012"


class Overtaken(RuntimeError):
    """What was to be written no longer meets the rows that it was worked out from; nothing was written."""


class Together:
    """Statements that give no rows, with their values."""

    def __init__(self) -> None:
        self._parts: list[tuple[Statement | Inserts, Any]] = []
        self._meeting: list[int] = []

    def add(self, statement: Statement, **values: Any) -> None:
        """A statement with its values, by the name of their `bindparam`."""
        self._parts.append((statement, values))

    def meet(self, statement: Statement, **values: Any) -> None:
        """A statement that must change one row, before anything else is done; of several, in their order."""
        self._meeting.append(len(self._parts))
        self.add(statement, **values)

    def insert(self, inserts: Inserts, rows: list[dict[str, Any]]) -> None:
        """Rows of a table."""
        self._parts.append((inserts, rows))

    def run(self, connection: Connection, *, commit: bool = False) -> None:
        """Send them, and with `commit` end the transaction where that saves a wait (`UnitOfWork` ends it in any case).

        Raises what any of them raises; Overtaken when one did not meet its row.
        """
        if connection.dialect.name == "sqlite":
            self._one_by_one(connection)
            return
        joined = _joined(tuple(part for part, _ in self._parts), tuple(self._meeting), connection.dialect)
        values = [
            values[name]
            for (text, names), (_, given) in zip(joined.pieces, self._parts, strict=True)
            for values in (text.values(given),)
            for name in names
        ]
        try:
            execute(connection, joined.text, values, commit=commit)
        except DBAPIError as problem:
            if self._meeting and getattr(problem.orig, "sqlstate", None) == _DIVISION_BY_ZERO:
                raise _overtaken([given for _, given in self._parts]) from problem
            raise

    def _one_by_one(self, connection: Connection) -> None:
        others = [number for number in range(len(self._parts)) if number not in self._meeting]
        for number in (*self._meeting, *others):
            part, given = self._parts[number]
            if isinstance(part, Inserts):
                part.run(connection, given)
            elif part.run(connection, **given).rowcount != 1 and number in self._meeting:
                raise _overtaken([given])


def _overtaken(values: Sequence[Any]) -> Overtaken:
    """Which rows, and nothing of what they hold."""
    rows = [given[name] for given in values for name in ("instance_id", "task_id") if name in given]
    return Overtaken(f"Changed by another step meanwhile: {', '.join(rows)}")


class _Joined:
    """Several statements as one, with numbered places for their values; those `meeting` must each change a row."""

    def __init__(
        self, parts: tuple[Statement | Inserts, ...], meeting: tuple[int, ...], dialect: Dialect
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
        if (
            meeting
        ):  # these come first; if one changes nothing the statement fails, and with it the transaction
            for number in meeting:
                texts[number] += " RETURNING 1"
            met = " * ".join(f"(SELECT count(*) FROM part_{number})" for number in meeting)  # noqa: S608
            texts.append(f"SELECT 1 / ({met})")
        *first, last = texts
        with_first = ", ".join(f"part_{number} AS ({text})" for number, text in enumerate(first))
        self.text = f"WITH {with_first} {last}" if first else last


_KEPT: dict[tuple[tuple[Statement | Inserts, ...], tuple[int, ...]], _Joined] = {}


def _joined(parts: tuple[Statement | Inserts, ...], meeting: tuple[int, ...], dialect: Dialect) -> _Joined:
    found = _KEPT.get((parts, meeting))
    if found is None:
        if len(_KEPT) >= MOST_KEPT:
            _KEPT.clear()
        found = _KEPT[parts, meeting] = _Joined(parts, meeting, dialect)
    return found
