"""What a step writes, gathered while it is worked out and sent at its end: on PostgreSQL as a single statement.

There each statement is a part of one `WITH`: one exchange, planned once for each combination of tables. What the parts
change they do not see of each other, so no two may touch the same row; keys and triggers look when all are done.
On SQLite, which runs in this process, they are sent one after the other.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, Dialect

from engine.storage.hot import Inserts, RowsText, Statement, Text, execute

MOST_KEPT = 500
_PLACE = re.compile(r"%\((\w+)\)s|%%")


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

    def run(self, connection: Connection) -> None:
        """Send them. Raises what any of them raises; RuntimeError when the last did not meet its row."""
        answer = self._send(connection)
        if self._one and answer.rowcount != 1:
            raise RuntimeError(f"{self._one} was changed by another step, in spite of its lock")

    def _send(self, connection: Connection) -> Any:
        if connection.dialect.name == "sqlite":
            answer: Any = None
            for part, given in self._parts:
                if isinstance(part, Inserts):
                    part.run(connection, given)
                else:
                    answer = part.run(connection, **given)
            return answer
        joined = _joined(tuple(part for part, _ in self._parts), connection.dialect)
        values = [
            values[name]
            for (text, names), (_, given) in zip(joined.pieces, self._parts, strict=True)
            for values in (text.values(given),)
            for name in names
        ]
        return execute(connection, joined.cursor(connection), joined.text, values)


class _Joined:
    """Several statements as one, with numbered places for their values."""

    def __init__(self, parts: tuple[Statement | Inserts, ...], dialect: Dialect) -> None:
        self.pieces: list[tuple[Text | RowsText, list[str]]] = []
        texts: list[str] = []
        count = 0
        for part in parts:
            text = part.on(dialect)
            names: list[str] = []

            def place(found: re.Match[str], names: list[str] = names, before: int = count) -> str:
                name = found[1]
                if name is None:
                    return "%"
                if name not in names:
                    names.append(name)
                return f"${before + names.index(name) + 1}"

            texts.append(_PLACE.sub(place, text.text))
            self.pieces.append((text, names))
            count += len(names)
        *first, last = texts
        with_first = ", ".join(f"part_{number} AS ({text})" for number, text in enumerate(first))
        self.text = f"WITH {with_first} {last}" if first else last

    @staticmethod
    def cursor(connection: Connection) -> Any:
        """A cursor that takes values by number: the text is sent as it is."""
        from psycopg import RawCursor

        driver: Any = connection.connection.driver_connection
        return RawCursor(driver)


_KEPT: dict[tuple[Statement | Inserts, ...], _Joined] = {}


def _joined(parts: tuple[Statement | Inserts, ...], dialect: Dialect) -> _Joined:
    found = _KEPT.get(parts)
    if found is None:
        if len(_KEPT) >= MOST_KEPT:
            _KEPT.clear()
        found = _KEPT[parts] = _Joined(parts, dialect)
    return found
