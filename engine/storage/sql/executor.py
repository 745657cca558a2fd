"""Sends a compiled statement to the driver, past SQLAlchemy's own execution.

How it is sent is an execution option of the engine (`SENDER`): through a cursor on SQLite, through libpq's pipeline on
PostgreSQL. An engine without the option lets SQLAlchemy execute every statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from engine.storage.sql.results import StatementResult

SENDER = "compiled_statement_sender"
"""The execution option that holds a `Sender`."""


class Sender(Protocol):
    """Sends the text of a statement with its values, in the order of its placeholders. Raises the driver's errors."""

    def __call__(
        self,
        connection: Connection,
        text: str,
        values: Sequence[Any],
        *,
        returns_rows: bool,
        commit: bool,
        standalone: bool,
    ) -> StatementResult:
        """`commit` and `standalone`: see `execute`."""
        ...


def sender_of(connection: Connection) -> Sender | None:
    """How compiled statements are sent on this connection; None when SQLAlchemy executes every statement."""
    sender: Sender | None = connection.get_execution_options().get(SENDER)
    return sender


def execute(
    connection: Connection,
    sender: Sender,
    text: str,
    values: Sequence[Any],
    *,
    returns_rows: bool = False,
    commit: bool = False,
    standalone: bool = False,
) -> StatementResult:
    """Send a statement in the current transaction, which begins if none is open.

    `commit`: the sender may commit with the statement, where that saves a round trip. `standalone`: the statement needs
    no transaction together with others. Raises SQLAlchemy's errors.
    """
    if not connection.in_transaction():
        connection.begin()
    for listener in connection.engine.dispatch.before_cursor_execute:
        listener(connection, None, text, values, None, False)
    try:
        return sender(
            connection, text, values, returns_rows=returns_rows, commit=commit, standalone=standalone
        )
    except connection.dialect.loaded_dbapi.Error as problem:
        raise _sqlalchemy_error(connection, text, values, problem) from problem


def send_by_cursor(
    connection: Connection,
    text: str,
    values: Sequence[Any],
    *,
    returns_rows: bool,
    commit: bool = False,
    standalone: bool = False,
) -> StatementResult:
    """A `Sender` that uses a cursor of the driver. `commit` and `standalone` make no difference."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text, tuple(values))
        if not returns_rows:
            return StatementResult((), cursor.rowcount)
        rows = cursor.fetchall()
        return StatementResult(rows, len(rows))
    finally:
        cursor.close()


def _sqlalchemy_error(connection: Connection, text: str, values: Any, problem: Any) -> Any:
    """The driver's error as SQLAlchemy raises it. A lost connection is invalidated."""
    dialect = connection.dialect
    lost = dialect.is_disconnect(problem, connection.connection.dbapi_connection, None)
    error = DBAPIError.instance(
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
    return error
