"""The few statements of the hot path: built once, compiled once for each dialect, sent as plain text with their values.

Building and compiling a statement of SQLAlchemy's at each call costs more than the database needs to answer it (see
docs/adr/0014), and describing thirty columns of a result as much again. These go over the same connection, in the same
transaction as all others, by a cursor of the driver. `engine.storage.sql.write_batch` sends several as one.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Dialect, Executable, Table, bindparam, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.types import TypeDecorator

MOST_VALUES = 50
"""Values of one multi-row insert on SQLite, so that few texts are kept. More rows go in several."""

Value = Callable[[Any], Any]


class Answer(NamedTuple):
    """What a statement gave, wholly fetched: rows as the driver gives them, and how many it changed."""

    rows: Sequence[tuple[Any, ...]]
    rowcount: int


_PLACE = re.compile(r"%\((\w+)\)s|%%")


def numbered(text: str, before: int = 0) -> tuple[str, list[str]]:
    """A text of PostgreSQL's with its places numbered, after so many others, and their names in order."""
    names: list[str] = []

    def place(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return "%"
        if name not in names:
            names.append(name)
        return f"${before + names.index(name) + 1}"

    return _PLACE.sub(place, text), names


class Text:
    """A statement as one dialect spells it, and how each of its values is written."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        if compiled.positional:
            self._sent, self._order = self.text, compiled.positiontup or []
        else:
            self._sent, self._order = numbered(self.text)
        self.writers: dict[str, Value] = {}
        self.fixed: dict[str, Any] = {}
        self.gives_rows = isinstance(statement, SelectBase) or bool(compiled.effective_returning)
        for bound, name in compiled.bind_names.items():
            writer = bound.type.dialect_impl(dialect).bind_processor(dialect)
            if writer is not None:
                self.writers[name] = writer
            if not bound.required:
                self.fixed[name] = bound.effective_value

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The values as the driver takes them, by name."""
        values = {**self.fixed, **given}
        for name, writer in self.writers.items():
            values[name] = writer(values[name])
        return values

    def send(self, connection: Connection, given: Mapping[str, Any], *, alone: bool = False) -> Answer:
        """Send it with its values; see `execute`."""
        values = self.values(given)
        ordered = [values[name] for name in self._order]
        return execute(connection, self._sent, ordered, gives_rows=self.gives_rows, alone=alone)


def execute(
    connection: Connection,
    text: str,
    values: Sequence[Any],
    *,
    gives_rows: bool = False,
    commit: bool = False,
    alone: bool = False,
) -> Answer:
    """Send a text with its values, by number, in the transaction, which with `commit` ends where that saves a wait;
    what is `alone` needs no transaction if none has begun.

    Errors are told as SQLAlchemy tells them.
    """
    if not connection.in_transaction():
        connection.begin()
    for listener in connection.engine.dispatch.before_cursor_execute:
        listener(connection, None, text, values, None, False)
    try:
        if connection.dialect.name == "sqlite":
            return _by_cursor(connection, text, values, gives_rows)
        from engine.storage.postgresql.pipeline import send

        return send(connection, text, values, gives_rows=gives_rows, commit=commit, alone=alone)
    except connection.dialect.loaded_dbapi.Error as problem:
        raise _told(connection, text, values, problem) from problem


def _by_cursor(connection: Connection, text: str, values: Sequence[Any], gives_rows: bool) -> Answer:
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text, tuple(values))
        return Answer(cursor.fetchall() if gives_rows else (), cursor.rowcount)
    finally:
        cursor.close()


def _told(connection: Connection, text: str, values: Any, problem: Any) -> Any:
    """The driver's error as SQLAlchemy tells it; a connection that is lost is not used again."""
    dialect = connection.dialect
    lost = dialect.is_disconnect(problem, connection.connection.dbapi_connection, None)
    told = DBAPIError.instance(
        text,
        values,
        problem,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=lost,
        dialect=dialect,
    )
    if lost:
        connection.invalidate(problem)
    return told


class Statement:
    """A statement whose values are `bindparam`s. Its results come as the driver gives them: ask for plain columns,
    or, where names and types are worth their time, for `named`."""

    def __init__(self, statement: Executable, *, alone: bool = False) -> None:
        """`alone`: it reads all that is wanted, so that no transaction must hold it together with others."""
        self._statement = statement
        self._alone = alone
        self._texts: dict[str, Text] = {}
        self._makers: dict[str, Callable[[Sequence[Any]], Any]] = {}

    def run(self, connection: Connection, **values: Any) -> Answer:
        """Send it with its values, by the name of their `bindparam`."""
        return self.on(connection.dialect).send(connection, values, alone=self._alone)

    def on(self, dialect: Dialect) -> Text:
        """As a dialect spells it."""
        text = self._texts.get(dialect.name)
        if text is None:
            text = self._texts[dialect.name] = Text(self._statement, dialect)
        return text

    def named(self, connection: Connection, **values: Any) -> list[Any]:
        """Send it, and give its rows with their columns by name, converted as the types of the columns say."""
        answer = self.run(connection, **values)
        name = connection.dialect.name
        if name not in self._makers:
            self._makers[name] = _maker(self._statement, connection.dialect)
        return [self._makers[name](row) for row in answer.rows]


class Inserts:
    """Inserts of whole rows into a table, many in one statement. A column not given is NULL or as the database says;
    defaults that Python would work out are the caller's to give."""

    def __init__(self, table: Table, *, once: bool = False) -> None:
        """`once`: a row whose unique key is taken is left as it is."""
        self._table = table
        self._once = once
        self._given = [c for c in table.columns if c.server_default is None and not _numbered(c)]
        self._needed = [c.name for c in self._given if not c.nullable]
        self._most = max(1, MOST_VALUES // len(self._given))
        self._texts: dict[int, Text] = {}
        self._rows: RowsText | None = None

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the rows, in their order. Raises KeyError for a row without a column that needs a value."""
        if connection.dialect.name != "sqlite":
            self.on(connection.dialect).send(connection, rows)
            return
        self._check(rows)
        for first in range(0, len(rows), self._most):
            part = rows[first : first + self._most]
            values = {
                f"{c.name}_m{number}": row.get(c.name) for number, row in enumerate(part) for c in self._given
            }
            self._sqlite(connection.dialect, len(part)).send(connection, values)

    def on(self, dialect: Dialect) -> RowsText:
        """As PostgreSQL spells it: one text for any number of rows."""
        if self._rows is None:
            self._rows = RowsText(self._table, self._given, self._check, once=self._once, dialect=dialect)
        return self._rows

    def _check(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            if missing := [name for name in self._needed if name not in row]:
                raise KeyError(f"{self._table.name}: {', '.join(missing)}")

    def _sqlite(self, dialect: Dialect, count: int) -> Text:
        if count not in self._texts:
            from sqlalchemy.dialects import sqlite

            rows = [
                {c.name: bindparam(f"{c.name}_m{number}", type_=c.type) for c in self._given}
                for number in range(count)
            ]
            statement = (
                sqlite.insert(self._table).on_conflict_do_nothing() if self._once else insert(self._table)
            )
            self._texts[count] = Text(statement.values(rows), dialect)
        return self._texts[count]


class RowsText:
    """An insert whose rows travel as one value in JSON, so that its text is the same for any number of them."""

    def __init__(
        self,
        table: Table,
        columns: Sequence[Any],
        check: Callable[[Sequence[Mapping[str, Any]]], None],
        *,
        once: bool,
        dialect: Dialect,
    ) -> None:
        names = ", ".join(c.name for c in columns)
        types = ", ".join(f"{c.name} {c.type.compile(dialect=dialect)}" for c in columns)
        self.text = (
            f"INSERT INTO {table.name} ({names}) SELECT {names} "  # noqa: S608 - names of our own columns
            f"FROM json_to_recordset(%(rows)s::json) AS given ({types})"
            + (" ON CONFLICT DO NOTHING" if once else "")
        )
        self._check = check
        self._writers = [
            (c.name, partial(c.type.process_bind_param, dialect=dialect))
            for c in columns
            if isinstance(c.type, TypeDecorator)
        ]

    def values(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The rows as one text."""
        self._check(rows)
        return {"rows": orjson.dumps([self._outward(row) for row in rows]).decode()}

    def send(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Answer:
        """Send it with its rows."""
        text, names = numbered(self.text)
        values = self.values(rows)
        return execute(connection, text, [values[name] for name in names])

    def _outward(self, row: Mapping[str, Any]) -> dict[str, Any]:
        written = dict(row)
        for name, writer in self._writers:
            if (value := written.get(name)) is not None:
                value = writer(value)
                written[name] = "\\x" + value.hex() if isinstance(value, bytes) else value
        return written


def _maker(statement: Any, dialect: Dialect) -> Callable[[Sequence[Any]], Any]:
    """A maker of named rows that converts those values whose type asks for it."""
    named: Any = namedtuple  # the names are known when the statement is
    make = named("Row", statement.selected_columns.keys())._make
    types = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
    processors = [one.result_processor(dialect, None) for one in types]
    readers = [(place, reader) for place, reader in enumerate(processors) if reader is not None]

    def row(given: Sequence[Any]) -> Any:
        values = list(given)
        for place, reader in readers:
            values[place] = reader(values[place])
        return make(values)

    return row


def _numbered(column: Any) -> bool:
    return bool(column.primary_key and column.autoincrement is True)
