"""Statements that are built once and compiled once for each dialect (docs/adr/0014).

SQLAlchemy's work for each execution (building, cache lookup, result metadata) costs more than the database needs to
answer a short statement. Statements run on the caller's connection and in its transaction.
`engine.storage.sql.write_batch` sends several as one.
"""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection, Dialect, Executable, Insert, Table, bindparam, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.selectable import SelectBase
from sqlalchemy.types import TypeDecorator

from engine.storage.sql.executor import Sender, execute, sender_of
from engine.storage.sql.results import StatementResult

MAX_INSERTED_VALUES = 50
"""Values of one multi-row insert on SQLite, so that few texts are compiled. More rows go in several statements."""

BindProcessor = Callable[[Any], Any]

_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")


def number_placeholders(text: str, before: int = 0) -> tuple[str, list[str]]:
    """PostgreSQL: the text with numbered placeholders, counted from `before` + 1, and their names in this order."""
    names: list[str] = []

    def numbered(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return "%"
        if name not in names:
            names.append(name)
        return f"${before + names.index(name) + 1}"

    return _PLACEHOLDER.sub(numbered, text), names


class CompiledStatement:
    """The text of a statement in one dialect, and how its values are converted for the driver."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        if compiled.positional:
            self._sent_text, self._order = self.text, compiled.positiontup or []
        else:
            self._sent_text, self._order = number_placeholders(self.text)
        self._returns_rows = isinstance(statement, SelectBase) or bool(compiled.effective_returning)
        self._processors: dict[str, BindProcessor] = {}
        self._constants: dict[str, Any] = {}
        for bound, name in compiled.bind_names.items():
            processor = bound.type.dialect_impl(dialect).bind_processor(dialect)
            if processor is not None:
                self._processors[name] = processor
            if not bound.required:
                self._constants[name] = bound.effective_value

    def bind_values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All values by name, as the driver takes them."""
        values = {**self._constants, **given}
        for name, processor in self._processors.items():
            values[name] = processor(values[name])
        return values

    def send(
        self, connection: Connection, sender: Sender, given: Mapping[str, Any], *, standalone: bool = False
    ) -> StatementResult:
        """Send the statement with its values."""
        values = self.bind_values(given)
        ordered = [values[name] for name in self._order]
        return execute(
            connection,
            sender,
            self._sent_text,
            ordered,
            returns_rows=self._returns_rows,
            standalone=standalone,
        )


class Statement:
    """A statement whose values are `bindparam`s."""

    def __init__(self, statement: Executable, *, standalone: bool = False) -> None:
        """`standalone`: it reads all that is wanted, so it needs no transaction together with other statements."""
        self._statement = statement
        self._standalone = standalone
        self._compiled: dict[str, CompiledStatement] = {}
        self._row_factories: dict[str, Callable[[Sequence[Any]], Any]] = {}

    def run(self, connection: Connection, **values: Any) -> StatementResult:
        """Execute it with its values, by the name of their `bindparam`.

        The values of its rows may come as the driver gives them: select columns of plain types, or use `named`.
        """
        sender = sender_of(connection)
        if sender is not None:
            compiled = self.compiled_for(connection.dialect)
            return compiled.send(connection, sender, values, standalone=self._standalone)
        result = connection.execute(self._statement, values)
        if not result.returns_rows:
            return StatementResult((), result.rowcount)
        rows = tuple(tuple(row) for row in result)
        return StatementResult(rows, len(rows))

    def named(self, connection: Connection, **values: Any) -> list[Any]:
        """Execute it; its rows with the columns as attributes, converted as their types say."""
        if sender_of(connection) is None:
            return list(connection.execute(self._statement, values))
        result = self.run(connection, **values)
        name = connection.dialect.name
        if name not in self._row_factories:
            self._row_factories[name] = _row_factory(self._statement, connection.dialect)
        make = self._row_factories[name]
        return [make(row) for row in result.rows]

    def compiled_for(self, dialect: Dialect) -> CompiledStatement:
        """The statement in a dialect; compiled at the first call."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = CompiledStatement(self._statement, dialect)
        return compiled


class Inserts:
    """Inserts whole rows into a table. A column that a row does not have is NULL or gets the database's default;
    defaults in Python must be given by the caller."""

    def __init__(self, table: Table, *, once: bool = False) -> None:
        """`once`: a row whose unique key exists is left as it is."""
        self._table = table
        self._once = once
        self._columns = [c for c in table.columns if c.server_default is None and not _is_serial(c)]
        self._required = [c.name for c in self._columns if not c.nullable]
        self._rows_per_statement = max(1, MAX_INSERTED_VALUES // len(self._columns))
        self._compiled: dict[int, CompiledStatement] = {}
        self._json_insert: JsonInsert | None = None

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert the rows in their order. Raises KeyError for a row without a column that needs a value."""
        sender = sender_of(connection)
        if sender is not None and connection.dialect.name != "sqlite":
            self.compiled_for(connection.dialect).send(connection, sender, rows)
            return
        self._check(rows)
        if sender is None:
            self._run_by_sqlalchemy(connection, rows)
        else:
            self._run_on_sqlite(connection, sender, rows)

    def compiled_for(self, dialect: Dialect) -> JsonInsert:
        """PostgreSQL: one text for any number of rows."""
        if self._json_insert is None:
            self._json_insert = JsonInsert(
                self._table, self._columns, self._check, once=self._once, dialect=dialect
            )
        return self._json_insert

    def _check(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            if missing := [name for name in self._required if name not in row]:
                raise KeyError(f"{self._table.name}: {', '.join(missing)}")

    def _run_by_sqlalchemy(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        if rows:
            whole = [{c.name: row.get(c.name) for c in self._columns} for row in rows]
            connection.execute(self._insert(connection.dialect), whole)

    def _run_on_sqlite(
        self, connection: Connection, sender: Sender, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        for first in range(0, len(rows), self._rows_per_statement):
            part = rows[first : first + self._rows_per_statement]
            values = {
                f"{c.name}_m{number}": row.get(c.name)
                for number, row in enumerate(part)
                for c in self._columns
            }
            self._compiled_for_rows(len(part), connection.dialect).send(connection, sender, values)

    def _compiled_for_rows(self, count: int, dialect: Dialect) -> CompiledStatement:
        if count not in self._compiled:
            rows = [
                {c.name: bindparam(f"{c.name}_m{number}", type_=c.type) for c in self._columns}
                for number in range(count)
            ]
            self._compiled[count] = CompiledStatement(self._insert(dialect).values(rows), dialect)
        return self._compiled[count]

    def _insert(self, dialect: Dialect) -> Insert:
        if not self._once:
            return insert(self._table)
        if dialect.name == "sqlite":
            return sqlite.insert(self._table).on_conflict_do_nothing()
        return postgresql.insert(self._table).on_conflict_do_nothing()


class JsonInsert:
    """PostgreSQL: an insert whose rows are one JSON value, so that its text is the same for any number of them."""

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
        self._processors = [
            (c.name, partial(c.type.process_bind_param, dialect=dialect))
            for c in columns
            if isinstance(c.type, TypeDecorator)
        ]

    def bind_values(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The rows as one text."""
        self._check(rows)
        return {"rows": orjson.dumps([self._to_json(row) for row in rows]).decode()}

    def send(
        self, connection: Connection, sender: Sender, rows: Sequence[Mapping[str, Any]]
    ) -> StatementResult:
        """Send the statement with its rows."""
        text, names = number_placeholders(self.text)
        values = self.bind_values(rows)
        return execute(connection, sender, text, [values[name] for name in names])

    def _to_json(self, row: Mapping[str, Any]) -> dict[str, Any]:
        converted = dict(row)
        for name, processor in self._processors:
            if (value := converted.get(name)) is not None:
                value = processor(value)
                converted[name] = "\\x" + value.hex() if isinstance(value, bytes) else value
        return converted


def _row_factory(statement: Any, dialect: Dialect) -> Callable[[Sequence[Any]], Any]:
    """A function that makes a named tuple of a driver's row and converts the values whose type asks for it."""
    named: Any = namedtuple  # the names are known when the statement is
    make = named("Row", statement.selected_columns.keys())._make
    types = [column.type.dialect_impl(dialect) for column in statement.selected_columns]
    processors = [one.result_processor(dialect, None) for one in types]
    converted = [(index, processor) for index, processor in enumerate(processors) if processor is not None]

    def row(given: Sequence[Any]) -> Any:
        values = list(given)
        for index, processor in converted:
            values[index] = processor(values[index])
        return make(values)

    return row


def _is_serial(column: Any) -> bool:
    """Whether the database numbers the rows by this column."""
    return bool(column.primary_key and column.autoincrement is True)
