"""The database, SQLite or PostgreSQL, and the unit of work: the only place in the project that commits."""

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
from engine.storage.postgresql.pool import WarmConnections
from engine.storage.sql.executor import SENDER, send_by_cursor
from engine.storage.sql.functions import install_on_sqlite
from engine.storage.sql.write_batch import WriteBatch

logger = logging.getLogger(__name__)

BUSY_TIMEOUT_SECONDS = 30
IDLE_SECONDS = 1.0
PLANNER_OPTIONS = "-c random_page_cost=1.1 -c jit=off"
"""For PostgreSQL's planner: many short queries, whose pages are in memory or on a solid-state disk."""
_IDLE_SINCE = "idle since"
_CLOSINGS = "closings"


class UnitOfWork:
    """One transaction: all that is done on `connection` is committed, or nothing."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._after_commit: list[Callable[[], None]] = []
        self._last_batch: WriteBatch | None = None

    def write_at_commit(self, batch: WriteBatch) -> None:
        """Execute these statements at the end, with the commit. Nothing that is read before sees what they write."""
        if self._last_batch is not None:
            raise RuntimeError("A unit of work can have one batch at its commit")
        self._last_batch = batch

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run `action` after the commit, never after a rollback. Its errors are logged, not raised."""
        self._after_commit.append(action)

    def _before_commit(self) -> None:
        if self._last_batch is not None:
            self._last_batch.run(self.connection, commit=True)

    def _run_after_commit(self) -> None:
        for action in self._after_commit:
            try:
                action()
            except Exception:
                logger.exception("An action after the commit failed; the transaction was committed")


class Database:
    """A pool of connections to one database, named by an SQLAlchemy URL (``sqlite:///…`` or ``postgresql+psycopg://…``)."""

    def __init__(
        self, url: str, *, pool_size: int = 10, durable: bool = True, postgresql_pipeline: bool = True
    ) -> None:
        """`durable` False: SQLite does not wait for the disk, for simulations. `postgresql_pipeline`: see the setting.

        Raises Misconfigured when the URL cannot be used.
        """
        self.url = url
        try:
            parsed = make_url(url)
        except ArgumentError as problem:
            raise Misconfigured("DATABASE_URL_UNREADABLE", problem=str(problem)) from problem
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.uses_pipeline = postgresql_pipeline and not self.is_sqlite
        options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": pool_size, "pool_timeout": 30}
        options["hide_parameters"] = True  # errors in the log do not show what people wrote
        if self.is_sqlite:
            if parsed.database in (None, "", ":memory:"):
                raise Misconfigured("SQLITE_WITHOUT_FILE")
            Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
            options["connect_args"] = {"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
            options["execution_options"] = {SENDER: send_by_cursor}
        elif "options" not in parsed.query:
            options["connect_args"] = {"options": PLANNER_OPTIONS}
        self.engine: Engine = create_engine(parsed, **options)
        self._closings = 0
        self._warm_connections: WarmConnections | None = None
        self._discard_connections_of_earlier_pools()
        self._shared: ContextVar[Connection | None] = ContextVar("shared", default=None)
        if self.is_sqlite:
            _configure_sqlite(self.engine, durable)
        else:
            _ping_idle_connections(self.engine)
            if self.uses_pipeline:
                self._use_pipeline(pool_size)

    @contextmanager
    def begin(self) -> Iterator[UnitOfWork]:
        """A write transaction: committed when the block ends, rolled back when it raises.

        On SQLite it is BEGIN IMMEDIATE: a second writer waits instead of failing in the middle.
        """
        with self._connection_for_writing() as connection:
            if self.is_sqlite:
                connection = connection.execution_options(writes=True)
            work = UnitOfWork(connection)
            with connection.begin():
                yield work
                work._before_commit()
        work._run_after_commit()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading only: PostgreSQL refuses writes, on SQLite they are rolled back.

        On PostgreSQL it ends with a commit, because psycopg deallocates its prepared statements after a rollback.
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
    def share_read_connection(self) -> Iterator[None]:
        """Every `read` of this thread within the block uses one connection."""
        with self.read() as connection:
            token = self._shared.set(connection)
            try:
                yield
            finally:
                self._shared.reset(token)

    def close(self) -> None:
        """Close every pooled connection; one that another thread still uses is closed when it comes back."""
        self._closings += 1
        if self._warm_connections is not None:
            self._warm_connections.close()
        self.engine.dispose()

    def _use_pipeline(self, pool_size: int) -> None:
        from engine.storage.postgresql.pipeline import keep_prepared_statements, send_by_pipeline

        keep_prepared_statements(self.engine)
        self.engine.update_execution_options(**{SENDER: send_by_pipeline})
        self._warm_connections = WarmConnections(self.engine, enough=pool_size)

    def _connection_for_writing(self) -> AbstractContextManager[Connection]:
        warm = self._warm_connections
        return self.engine.connect() if warm is None else warm.connection()

    def _discard_connections_of_earlier_pools(self) -> None:
        """Close a connection that comes back after `close`."""

        @event.listens_for(self.engine, "connect")
        def on_connect(_connection: Any, record: Any) -> None:
            record.info[_CLOSINGS] = self._closings

        @event.listens_for(self.engine, "checkin")
        def on_checkin(_connection: Any, record: Any) -> None:
            if record.info.get(_CLOSINGS) != self._closings and record.dbapi_connection is not None:
                record.invalidate()


def _ping_idle_connections(engine: Engine) -> None:
    """Ask the server whether a connection is alive before it is used again after `IDLE_SECONDS`."""

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: Any, record: Any) -> None:
        record.info[_IDLE_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: Any, record: Any, _proxy: Any) -> None:
        since = record.info.get(_IDLE_SINCE)
        if since is None or time.monotonic() - since < IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except Exception as problem:
            raise DisconnectionError("the connection is lost") from problem  # the pool tries a new one


def _configure_sqlite(engine: Engine, durable: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is sent below
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
