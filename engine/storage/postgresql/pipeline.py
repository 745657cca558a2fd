"""Sends statements to PostgreSQL as prepared statements, in one round trip with the begin and commit of a transaction.

It uses the pipeline mode of libpq, without the driver's cursors (docs/adr/0014): BEGIN travels with the first statement
of a transaction and COMMIT with the last, so a short transaction waits for the server twice instead of four times, and
a transaction of one statement once. The driver reads from libpq whether a transaction is open, so its own cursors can
be used on the same connection in between. The setting `postgresql_pipeline` turns this off.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from cachetools import LRUCache
from psycopg import DataError, Error, errors, generators
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, Format, TransactionStatus
from sqlalchemy import Connection, Engine, event

from engine.storage.sql.results import StatementResult

MAX_PREPARED = 100
"""Prepared statements of one connection; the least recently used one is deallocated."""
_SESSION = "pipeline session"
_BEGIN, _BEGIN_READ_ONLY, _COMMIT = b"BEGIN", b"BEGIN READ ONLY", b"COMMIT"
_BEGIN_STANDALONE = (_BEGIN_READ_ONLY, b"SET LOCAL plan_cache_mode = force_generic_plan")
"""Reads by keys are planned once for all values: left to choose, the server may plan them anew at every call."""
_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.BAD_RESPONSE)
_OPEN = (TransactionStatus.INTRANS, TransactionStatus.INERROR)


def send_by_pipeline(
    connection: Connection,
    text: str,
    values: Sequence[Any],
    *,
    returns_rows: bool,
    commit: bool = False,
    standalone: bool = False,
) -> StatementResult:
    """A `Sender` (`engine.storage.sql.executor`). The transaction begins if none is open, and with `commit` it ends.

    A `standalone` statement outside a transaction is a read-only transaction of its own; inside one it changes nothing
    about it. Raises the driver's errors; the transaction must then be rolled back.
    """
    driver: Any = connection.connection.driver_connection
    session = connection.info.get(_SESSION)
    if session is None:
        session = connection.info[_SESSION] = PipelineSession(driver)
    begins = driver.pgconn.transaction_status == TransactionStatus.IDLE
    before: tuple[bytes, ...] = ()
    after: tuple[bytes, ...] = (_COMMIT,) if commit else ()
    if begins and standalone:
        before, after = _BEGIN_STANDALONE, (_COMMIT,)
    elif begins:  # a single statement of a pipeline is a transaction by itself
        before, after = () if commit else (_BEGIN_READ_ONLY if driver.read_only else _BEGIN,), ()
    try:
        return session.send(text, values, before, after, returns_rows=returns_rows)
    except errors.InvalidSqlStatementName:
        if not begins:
            raise
        _roll_back(
            driver
        )  # the prepared statements were deallocated by somebody else; nothing has been done yet
        session.names.clear()
        return session.send(text, values, before, after, returns_rows=returns_rows)


def keep_prepared_statements(engine: Engine) -> None:
    """Roll back without the driver, which deallocates all prepared statements after each rollback."""

    @event.listens_for(engine, "rollback")
    def on_rollback(connection: Connection) -> None:
        if not connection.invalidated:
            _roll_back(connection.connection.driver_connection)

    @event.listens_for(engine, "rollback_savepoint")
    def on_rollback_to(connection: Connection, _name: str, _context: None) -> None:
        session = connection.info.get(_SESSION)
        if session is not None:  # here the driver rolls back, and deallocates
            session.names.clear()


def _roll_back(driver: Any) -> None:
    if driver.pgconn.transaction_status in _OPEN:
        with contextlib.suppress(Error):  # a lost connection: the driver will report it
            driver.pgconn.exec_(b"ROLLBACK")


class PipelineSession:
    """One connection: the names of its prepared statements, and how values and rows are converted.

    Used by one thread at a time, like the connection.
    """

    def __init__(self, driver: Any) -> None:
        self.names: LRUCache[str, bytes] = LRUCache(MAX_PREPARED)
        self._encoding: str = driver.info.encoding
        self._driver = driver
        self._transformer = Transformer(driver)
        self._prepared_count = 0

    def send(
        self,
        text: str,
        values: Sequence[Any],
        before: Sequence[bytes],
        after: Sequence[bytes],
        *,
        returns_rows: bool,
    ) -> StatementResult:
        """Send the commands `before`, the statement and the commands `after` in one pipeline; return its result."""
        driver, transformer = self._driver, self._transformer
        pgconn = driver.pgconn
        dumped = [self._dump(value) for value in values]
        formats = [Format.BINARY if isinstance(value, bytes) else Format.TEXT for value in values]
        name = self.names.get(text)
        with driver.lock:
            try:
                pgconn.enter_pipeline_mode()
                for command in before:
                    pgconn.send_query_params(command, None)
                index = len(before) + (0 if name else self._prepare(text))
                pgconn.send_query_prepared(name or self._newest_name, dumped, formats)
                for command in after:
                    pgconn.send_query_params(command, None)
                pgconn.pipeline_sync()
                if pgconn.flush():
                    driver.wait(generators.send(pgconn))
                answers = [driver.wait(generators.fetch_many(pgconn)) for _ in range(index + 2 + len(after))]
                pgconn.exit_pipeline_mode()
            except BaseException:
                driver.close()  # the state of the protocol is unknown
                raise
        for found in answers:
            for result in found:
                if result.status in _FAILED:
                    raise errors.error_from_result(result)
        if name is None:
            self.names[text] = self._newest_name
        result = answers[index][-1]
        if not result.ntuples or not returns_rows:
            return StatementResult((), result.command_tuples or 0)
        transformer.set_pgresult(result)
        return StatementResult(transformer.load_rows(0, result.ntuples, tuple), result.ntuples)

    def _dump(self, value: Any) -> bytes | None:
        """A value as the server takes it: texts and bytes directly, the rest by the driver's dumpers."""
        if isinstance(value, str):
            if "\0" in value:
                raise DataError("A text of PostgreSQL cannot hold the character NUL")
            return value.encode(self._encoding)
        if value is None or isinstance(value, bytes):
            return value
        (dumped,) = self._transformer.dump_sequence([value], [PyFormat.TEXT])
        return None if dumped is None else bytes(dumped)

    @property
    def _newest_name(self) -> bytes:
        return b"patti_%d" % self._prepared_count

    def _prepare(self, text: str) -> int:
        """Send the command that prepares the text under a new name, and, at the limit, the one that deallocates the
        least recently used name. Returns how many commands were sent."""
        pgconn = self._driver.pgconn
        self._prepared_count += 1
        pgconn.send_prepare(self._newest_name, text.encode())
        if len(self.names) < MAX_PREPARED:
            return 1
        _, oldest = self.names.popitem()
        pgconn.send_query_params(b"DEALLOCATE " + oldest, None)
        return 2
