"""What is configured outside diagrams (parameters, days of patrons), kept in memory until somebody changes it.

A counter says how often the configuration has changed. A step reads it in the statement that locks its instance, so a
change made by another process counts from the next step on.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy import Connection, String, func, literal_column, select, update

from engine.storage.sql.insert_once import insert_once
from engine.storage.tables import counter

NAME = "configuration"
MOST_KEPT = 512

_rows = counter.alias("configuration")
CHANGES: Any = func.coalesce(
    select(_rows.c.value).where(_rows.c.name == literal_column(f"'{NAME}'", String())).scalar_subquery(),
    literal_column("0"),
)
"""SQL: how often the configuration has changed."""

T = TypeVar("T")


def configuration_changed(connection: Connection) -> None:
    """To be said in the transaction of every change to the configuration."""
    insert_once(connection, counter, {"name": NAME, "value": 0})
    connection.execute(update(counter).where(counter.c.name == NAME).values(value=counter.c.value + 1))


class KeptConfiguration:
    """What was read, by how often the configuration had changed."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, changes: int | None, read: Callable[[], T]) -> T:
        """What `read` gives, read again only after a change. With `changes` None it is always read."""
        if changes is None:
            return read()
        with self._lock:
            found = self._kept.get(key)
        if found is not None and found[0] == changes:
            value: T = found[1]
            return value
        value = read()
        with self._lock:
            self._kept[key] = (changes, value)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return value
