"""Caches what is configured outside diagrams (parameters, calendars, overrides) until somebody changes it.

A counter in the database is the version of the configuration. A step reads it in the statement that locks its instance,
so a change made by another process takes effect at the next step.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from cachetools import LRUCache
from sqlalchemy import Connection, String, func, literal_column, select, update

from engine.storage.sql.insert_once import insert_once
from engine.storage.sql.statements import Statement
from engine.storage.tables import counter

COUNTER_NAME = "configuration"
MAX_CACHED = 512

_counter = counter.alias("configuration")
CONFIGURATION_VERSION: Any = func.coalesce(
    select(_counter.c.value)
    .where(_counter.c.name == literal_column(f"'{COUNTER_NAME}'", String()))
    .scalar_subquery(),
    literal_column("0"),
)
"""SQL: how often the configuration has been changed."""

T = TypeVar("T")

_READ_VERSION = Statement(select(CONFIGURATION_VERSION))


def read_configuration_version(connection: Connection) -> int:
    """How often the configuration has been changed, read by a statement of its own."""
    return int(_READ_VERSION.run(connection).rows[0][0])


def configuration_changed(connection: Connection) -> None:
    """Count a change; called in the transaction of every change to the configuration."""
    insert_once(connection, counter, {"name": COUNTER_NAME, "value": 0})
    connection.execute(
        update(counter).where(counter.c.name == COUNTER_NAME).values(value=counter.c.value + 1)
    )


class ConfigurationCache:
    """What was read, with the version of the configuration that it belongs to. Thread-safe."""

    def __init__(self) -> None:
        self._cache: LRUCache[Hashable, tuple[int, Any]] = LRUCache(MAX_CACHED)
        self._lock = threading.Lock()

    def get(self, key: Hashable, version: int | None, read: Callable[[], T]) -> T:
        """The result of `read`, which is called once for each version. With `version` None it is always called."""
        if version is None:
            return read()
        with self._lock:
            found = self._cache.get(key)
        if found is not None and found[0] == version:
            value: T = found[1]
            return value
        value = read()
        with self._lock:
            self._cache[key] = (version, value)
        return value
