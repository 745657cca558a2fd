"""Keeps a few connections out of SQLAlchemy's pool between two transactions.

Checking a connection in and out costs more of this process's time than a short transaction.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.pool import QueuePool

MAX_WARM = 2
MAX_IDLE_SECONDS = 1.0
"""A connection idle for longer goes back to the pool, which checks whether it is alive."""


class WarmConnections:
    """The warm connections of an engine. None is kept while the pool is short of connections. Thread-safe."""

    def __init__(self, engine: Engine, enough: int) -> None:
        """The pool is short when `enough` connections or more are checked out."""
        self._engine = engine
        self._enough = enough
        self._warm: deque[tuple[Connection, float]] = deque()
        self._closings = 0

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection without an open transaction; it is kept warm when it is given back without one."""
        connection, closings = self._take(), self._closings
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        reusable = closings == self._closings and not connection.in_transaction()
        if reusable and len(self._warm) < MAX_WARM and self._pool_has_enough():
            self._warm.append((connection, time.monotonic()))
        else:
            connection.close()

    def close(self) -> None:
        """Give all of them back to the pool; those in use go back when their work ends."""
        self._closings += 1
        while self._warm:
            self._warm.pop()[0].close()

    def _take(self) -> Connection:
        while self._warm:
            try:
                connection, since = self._warm.pop()
            except IndexError:  # another thread was faster
                break
            if time.monotonic() - since < MAX_IDLE_SECONDS and not connection.invalidated:
                return connection
            connection.close()
        return self._engine.connect()

    def _pool_has_enough(self) -> bool:
        pool = self._engine.pool
        return isinstance(pool, QueuePool) and pool.checkedout() < self._enough
