"""The connection to SQLite or PostgreSQL, and the unit of work: the only place in the project that commits."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError

from engine.errors import Misconfigured
from engine.storage.postgresql.pool import Spares
from engine.storage.sql.functions import install_on_sqlite
from engine.storage.sql.write_batch import Together

logger = logging.getLogger(__name__)

BUSY_TIMEOUT_SECONDS = 30
IDLE_SECONDS = 1.0
PLANNED_FOR = "-c random_page_cost=1.1 -c jit=off"
"""For PostgreSQL's planner: many small questions, whose pages are in memory or on a disk without a moving head."""
_LEFT = "left at"
_CLOSINGS = "closings"


class UnitOfWork:
    """One transaction: what is done on `connection` happens wholly or not at all."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._after_commit: list[Callable[[], None]] = []
        self._last: Together | None = None

    def finish(self, last: Together) -> None:
        """Send these statements at the end, with the commit; nothing that is read before then sees what they write."""
        if self._last is not None:
            raise RuntimeError("A unit of work has one end")
        self._last = last

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` once the transaction is durable; never when it is rolled back. It must not fail the caller."""
        self._after_commit.append(action)

    def _end(self) -> None:
        if self._last is not None:
            self._last.run(self.connection, commit=True)

    def _committed(self) -> None:
        for action in self._after_commit:
            try:
                action()
            except Exception:
                logger.exception("An action after the commit failed; the data is safe")


class Database:
    """A pool of connections to one database, named by an SQLAlchemy URL (``sqlite:///…`` or ``postgresql+psycopg://…``)."""

    def __init__(self, url: str, *, pool_size: int = 10, durable: bool = True) -> None:
        """`durable` False lets SQLite answer before the disk has: for simulations, whose data nobody keeps."""
        self.url = url
        try:
            parsed = make_url(url)
        except ArgumentError as problem:
            raise Misconfigured(
                f"L'indirizzo della base dati non si legge: {problem}. Esempi: sqlite:///var/patti.db, "
                "postgresql+psycopg://utente@host/nome"
            ) from problem
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": pool_size, "pool_timeout": 30}
        options["hide_parameters"] = True  # what people wrote does not reach the log with an error
        if self.is_sqlite:
            if parsed.database in (None, "", ":memory:"):
                raise Misconfigured("La base SQLite deve stare in un file: sqlite:///var/patti.db")
            Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
            options["connect_args"] = {"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
        elif "options" not in parsed.query:
            options["connect_args"] = {"options": PLANNED_FOR}
        self.engine: Engine = create_engine(parsed, **options)
        self._closings = 0
        self._spares = None if self.is_sqlite else Spares(self.engine, enough=pool_size)
        self._close_what_comes_back_late()
        self._shared: ContextVar[Connection | None] = ContextVar("shared", default=None)
        if self.is_sqlite:
            _prepare_sqlite(self.engine, durable)
        else:
            from engine.storage.postgresql.pipeline import keep_prepared

            _ask_whether_alive(self.engine)
            keep_prepared(self.engine)

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """A write transaction: committed when the block ends, rolled back when it raises.

        On SQLite it begins IMMEDIATE, so that two writers queue instead of failing half-way.
        """
        with self._writing() as connection:
            if self.is_sqlite:
                connection = connection.execution_options(writes=True)
            work = UnitOfWork(connection)
            with connection.begin():
                yield work
                work._end()
        work._committed()

    def _writing(self) -> AbstractContextManager[Connection]:
        return self.engine.connect() if self._spares is None else self._spares.connection()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading only; on SQLite whatever it might write is rolled back, PostgreSQL refuses it.

        There it ends with a commit: after a rollback psycopg forgets every statement it has prepared.
        """
        shared = self._shared.get()
        if shared is not None:
            yield shared
            return
        with self.engine.connect() as connection:
            if self.is_sqlite:
                yield connection
                return
            connection = connection.execution_options(postgresql_readonly=True)
            yield connection
            connection.commit()

    @contextmanager
    def read_together(self) -> Iterator[None]:
        """All that this thread reads within shares one connection: for a page that asks many things and writes none."""
        with self.read() as connection:
            token = self._shared.set(connection)
            try:
                yield
            finally:
                self._shared.reset(token)

    def close(self) -> None:
        """Close every pooled connection; one that another thread still uses is closed when it comes back."""
        self._closings += 1
        if self._spares is not None:
            self._spares.close()
        self.engine.dispose()

    def _close_what_comes_back_late(self) -> None:
        @event.listens_for(self.engine, "connect")
        def on_connect(_connection: Any, record: Any) -> None:
            record.info[_CLOSINGS] = self._closings

        @event.listens_for(self.engine, "checkin")
        def on_checkin(_connection: Any, record: Any) -> None:
            if record.info.get(_CLOSINGS) != self._closings and record.dbapi_connection is not None:
                record.invalidate()


def _ask_whether_alive(engine: Engine) -> None:
    """Before a connection that has lain idle is used, ask the server whether it still lives."""

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:
        record.info[_LEFT] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        left = record.info.get(_LEFT)
        if left is None or time.monotonic() - left < IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as problem:
            raise DisconnectionError("the connection is lost") from problem  # the pool tries a new one


def _prepare_sqlite(engine: Engine, durable: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, by hand
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA trusted_schema=OFF")
        cursor.close()
        install_on_sqlite(connection)

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
