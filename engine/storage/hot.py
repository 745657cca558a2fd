"""The few statements of the hot path: built once, compiled once for each dialect, sent as plain text with their values.

Building and compiling a statement of SQLAlchemy's at each call costs more than the database needs to answer it (see
docs/adr/0014), and describing thirty columns of a result as much again. These go over the same connection, in the same
transaction as all others, by a cursor of the driver.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Table, bindparam, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.selectable import SelectBase

MOST_VALUES = 50
"""Values of one multi-row insert: psycopg reads a longer text anew at every call. More rows go in several."""

Value = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """Its rows as the driver gives them, and how many it changed (sent `together`: at the end)."""

    rows: Sequence[tuple[Any, ...]]
    cursor: Any

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""
        changed: int = self.cursor.rowcount
        return changed


@contextmanager
def together(connection: Connection) -> Iterator[None]:
    """The statements sent within, whose answers nobody needs before the end, reach PostgreSQL in one go.

    Only `Statement` and `Inserts` that give no rows may be sent within. Raises what any of them would have raised.
    """
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        yield
        return
    try:
        with driver.pipeline():
            yield
    except connection.dialect.loaded_dbapi.Error as problem:
        raise _told(connection, "statements sent together", None, problem) from problem


class _Text:
    """A statement as one dialect spells it, and how each of its values is written."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text = str(compiled)
        self.names: list[str] | None = compiled.positiontup if compiled.positional else None
        self.writers: dict[str, Value] = {}
        self.fixed: dict[str, Any] = {}
        self.gives_rows = isinstance(statement, SelectBase) or bool(compiled.effective_returning)
        for bound, name in compiled.bind_names.items():
            writer = bound.type.dialect_impl(dialect).bind_processor(dialect)
            if writer is not None:
                self.writers[name] = writer
            if not bound.required:
                self.fixed[name] = bound.effective_value

    def send(self, connection: Connection, given: Mapping[str, Any]) -> Answer:
        values: Any = {**self.fixed, **given}
        for name, writer in self.writers.items():
            values[name] = writer(values[name])
        if self.names is not None:
            values = tuple(values[name] for name in self.names)
        if not connection.in_transaction():
            connection.begin()
        cursor = connection.connection.cursor()
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, cursor, self.text, values, None, False)
        try:
            cursor.execute(self.text, values)
            return Answer(cursor.fetchall() if self.gives_rows else (), cursor)
        except connection.dialect.loaded_dbapi.Error as problem:
            raise _told(connection, self.text, values, problem) from problem


def _told(connection: Connection, text: str, values: Any, problem: Any) -> Any:
    """The driver's error as SQLAlchemy tells it; a connection that is lost is not used again."""
    dialect = connection.dialect
    lost = dialect.is_disconnect(problem, connection.connection.dbapi_connection, None)
    told = DBAPIError.instance(
        text,
        values,
        problem,
        dialect.loaded_dbapi.Error,
        connection_invalidated=lost,
        dialect=dialect,
    )
    if lost:
        connection.invalidate(problem)
    return told


class Statement:
    """A statement whose values are `bindparam`s. Its results come as the driver gives them: ask for plain columns,
    or, where names and types are worth their time, for `named`."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._texts: dict[str, _Text] = {}
        self._makers: dict[str, Callable[[Sequence[Any]], Any]] = {}

    def run(self, connection: Connection, **values: Any) -> Answer:
        """Send it with its values, by the name of their `bindparam`."""
        text = self._texts.get(connection.dialect.name)
        if text is None:
            text = self._texts[connection.dialect.name] = _Text(self._statement, connection.dialect)
        return text.send(connection, values)

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

    def __init__(self, table: Table, *, once: bool = False, shared: tuple[str, ...] = ()) -> None:
        """`once`: a row whose unique key is taken is left as it is. `shared`: columns alike in all rows of a call."""
        self._table = table
        self._once = once
        self._shared = shared
        given = [c for c in table.columns if c.server_default is None and not _numbered(c)]
        self._own = [c for c in given if c.name not in shared]
        self._needed = [c.name for c in given if not c.nullable]
        self._most = max(1, (MOST_VALUES - len(shared)) // len(self._own))
        self._texts: dict[tuple[str, int], _Text] = {}

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the rows, in their order. Raises KeyError for a row without a column that needs a value."""
        for first in range(0, len(rows), self._most):
            part = rows[first : first + self._most]
            for row in part:
                if missing := [name for name in self._needed if name not in row]:
                    raise KeyError(f"{self._table.name}: {', '.join(missing)}")
            values = {
                f"{c.name}_m{number}": row.get(c.name) for number, row in enumerate(part) for c in self._own
            }
            values.update((f"all_{name}", part[0].get(name)) for name in self._shared)
            self._text(connection.dialect, len(part)).send(connection, values)

    def _text(self, dialect: Dialect, count: int) -> _Text:
        key = (dialect.name, count)
        if key not in self._texts:
            columns = self._table.c
            alike = {name: bindparam(f"all_{name}", type_=columns[name].type) for name in self._shared}
            rows = [
                {**{c.name: bindparam(f"{c.name}_m{number}", type_=c.type) for c in self._own}, **alike}
                for number in range(count)
            ]
            self._texts[key] = _Text(self._insert(dialect).values(rows), dialect)
        return self._texts[key]

    def _insert(self, dialect: Dialect) -> Any:
        if not self._once:
            return insert(self._table)
        from sqlalchemy.dialects import postgresql, sqlite

        own = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
        return own(self._table).on_conflict_do_nothing()


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
