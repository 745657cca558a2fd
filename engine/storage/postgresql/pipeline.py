"""Statements that a connection to PostgreSQL knows by a name, sent with the beginning and the end of a transaction.

What opens a transaction travels in one message with its first statement, and what commits it with its last, in the
pipeline mode of libpq: a short transaction waits for the server twice, not four times, and one of a single statement
once. It goes past the cursors of the driver, whose work in Python cost more than the server's answer (docs/adr/0014),
and keeps to its connection: the driver reads from libpq whether a transaction is open.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from psycopg import DataError, Error, errors, generators
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, Format, TransactionStatus
from sqlalchemy import Connection, Engine, event

from engine.storage.sql.statements import Answer

MOST_NAMES = 100
"""Statements that a connection keeps prepared; the one used longest ago makes room."""
_SESSION = "prepared statements"
_BEGIN, _READ, _COMMIT = b"BEGIN", b"BEGIN READ ONLY", b"COMMIT"
_ALONE = (_READ, b"SET LOCAL plan_cache_mode = force_generic_plan")
"""What reads by keys is planned once for all values: the server, left to choose, may plan it anew at every call."""
_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE)
_OPEN = (TransactionStatus.INTRANS, TransactionStatus.INERROR)


def send(
    connection: Connection,
    text: str,
    values: Sequence[Any],
    *,
    gives_rows: bool,
    commit: bool = False,
    alone: bool = False,
) -> Answer:
    """Send a statement with its values, by number; the transaction begins, if none has, and with `commit` it ends.

    What is `alone` leaves an open transaction open, and begins none.

    Raises the driver's errors. When it fails the transaction is to be rolled back.
    """
    driver: Any = connection.connection.driver_connection
    session = connection.info.get(_SESSION)
    if session is None:
        session = connection.info[_SESSION] = _Session(driver)
    begins = driver.pgconn.transaction_status == TransactionStatus.IDLE
    before: tuple[bytes, ...] = ()
    after: tuple[bytes, ...] = (_COMMIT,) if commit else ()
    if begins and alone:
        before, after = _ALONE, (_COMMIT,)
    elif begins:  # a single statement between two marks is a transaction by itself
        before, after = () if commit else (_READ if driver.read_only else _BEGIN,), ()
    try:
        return session.send(text, values, before, after, gives_rows=gives_rows)
    except errors.InvalidSqlStatementName:
        if not begins:
            raise
        _roll_back(driver)  # somebody else has made the server forget: nothing has been done yet
        session.names.clear()
        return session.send(text, values, before, after, gives_rows=gives_rows)


def keep_prepared(engine: Engine) -> None:
    """Roll back without the driver, which after each rollback makes the server forget what it has prepared."""

    @event.listens_for(engine, "rollback")
    def on_rollback(connection: Connection) -> None:
        if not connection.invalidated:
            _roll_back(connection.connection.driver_connection)

    @event.listens_for(engine, "rollback_savepoint")
    def on_rollback_to(connection: Connection, _name: str, _context: None) -> None:
        session = connection.info.get(_SESSION)
        if session is not None:  # the driver does it itself, and makes the server forget
            session.names.clear()


def _roll_back(driver: Any) -> None:
    if driver.pgconn.transaction_status in _OPEN:
        with contextlib.suppress(Error):  # a connection that is lost: the driver will say so
            driver.pgconn.exec_(b"ROLLBACK")


class _Session:
    """One connection: the names of its statements, and how values and rows are translated."""

    def __init__(self, driver: Any) -> None:
        self.names: OrderedDict[str, bytes] = OrderedDict()
        self._encoding: str = driver.info.encoding
        self._driver = driver
        self._translator = Transformer(driver)
        self._made = 0

    def send(
        self,
        text: str,
        values: Sequence[Any],
        before: Sequence[bytes],
        after: Sequence[bytes],
        *,
        gives_rows: bool,
    ) -> Answer:
        """One message, with what goes before and after the statement, and the answer to the statement."""
        driver, translator = self._driver, self._translator
        pgconn = driver.pgconn
        dumped = [self._dumped(value) for value in values]
        formats = [Format.BINARY if isinstance(value, bytes) else Format.TEXT for value in values]
        name = self.names.get(text)
        with driver.lock:
            try:
                pgconn.enter_pipeline_mode()
                for command in before:
                    pgconn.send_query_params(command, None)
                place = len(before) + (0 if name else self._prepare(text))
                pgconn.send_query_prepared(name or self._name, dumped, formats)
                for command in after:
                    pgconn.send_query_params(command, None)
                pgconn.pipeline_sync()
                if pgconn.flush():
                    driver.wait(generators.send(pgconn))
                answers = [driver.wait(generators.fetch_many(pgconn)) for _ in range(place + 2 + len(after))]
                pgconn.exit_pipeline_mode()
            except BaseException:
                driver.close()  # nobody knows where the conversation stands
                raise
        for found in answers:
            for result in found:
                if result.status in _FAILED:
                    raise errors.error_from_result(result)
        self._known(text, name)
        result = answers[place][-1]
        if not result.ntuples or not gives_rows:
            return Answer((), result.command_tuples or 0)
        translator.set_pgresult(result)
        return Answer(translator.load_rows(0, result.ntuples, tuple), result.ntuples)

    def _dumped(self, value: Any) -> bytes | None:
        """A value as the server takes it: texts and bytes at once, the rest as the driver says."""
        if isinstance(value, str):
            if "\0" in value:
                raise DataError("A text of PostgreSQL cannot hold the character NUL")
            return value.encode(self._encoding)
        if value is None or isinstance(value, bytes):
            return value
        (dumped,) = self._translator.dump_sequence([value], [PyFormat.TEXT])
        return None if dumped is None else bytes(dumped)

    @property
    def _name(self) -> bytes:
        return b"patti_%d" % self._made

    def _prepare(self, text: str) -> int:
        """Send what gives the text a new name, and takes that of another when there are too many; how many commands."""
        pgconn = self._driver.pgconn
        self._made += 1
        pgconn.send_prepare(self._name, text.encode())
        if len(self.names) < MOST_NAMES:
            return 1
        _, oldest = self.names.popitem(last=False)
        pgconn.send_query_params(b"DEALLOCATE " + oldest, None)
        return 2

    def _known(self, text: str, name: bytes | None) -> None:
        if name is None:
            self.names[text] = self._name
        else:
            self.names.move_to_end(text)
