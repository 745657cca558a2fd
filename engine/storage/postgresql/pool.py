"""Connections in steady use, kept out of the pool between two pieces of work: handing them in and out costs more than
a short transaction takes in this process."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.pool import QueuePool

MOST = 2
STEADY_SECONDS = 1.0
"""A connection that has lain longer goes back to the pool, which asks whether it still lives."""


class Spares:
    """The spare connections of an engine's pool, which lends them; none is kept while the pool runs short."""

    def __init__(self, engine: Engine, enough: int) -> None:
        """`enough` connections lent are no shortage."""
        self._engine = engine
        self._enough = enough
        self._kept: deque[tuple[Connection, float]] = deque()
        self._closings = 0

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection without an open transaction; it is kept when no transaction is left open."""
        connection, closings = self._taken(), self._closings
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        free = closings == self._closings and not connection.in_transaction()
        if free and len(self._kept) < MOST and self._plenty():
            self._kept.append((connection, time.monotonic()))
        else:
            connection.close()

    def close(self) -> None:
        """Give all of them back; those in use go back when their work ends."""
        self._closings += 1
        while self._kept:
            self._kept.pop()[0].close()

    def _taken(self) -> Connection:
        while self._kept:
            try:
                connection, left = self._kept.pop()
            except IndexError:  # another thread was faster
                break
            if time.monotonic() - left < STEADY_SECONDS and not connection.invalidated:
                return connection
            connection.close()
        return self._engine.connect()

    def _plenty(self) -> bool:
        pool = self._engine.pool
        return isinstance(pool, QueuePool) and pool.checkedout() < self._enough
