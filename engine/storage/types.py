"""Column types that behave alike on SQLite and PostgreSQL, and the identifiers of rows."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary
from sqlalchemy.types import TypeDecorator

from engine.storage.serialization import decode, encode

ROW_NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""The type of a key that the database numbers; SQLite does that for INTEGER keys only."""


def new_id() -> str:
    """A new random identifier: 32 hexadecimal digits."""
    return os.urandom(16).hex()


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, stored and returned in UTC. Raises ValueError for a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC; on SQLite without the zone, so that the order of texts is the order of moments."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A moment without time zone cannot be stored: {value!r}")
        moment = value if value.tzinfo is UTC else value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A value of a process (`engine.storage.serialization`) as bytes; types and the order of keys are preserved."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """The value as bytes."""
        return None if value is None else encode(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """The value of the bytes."""
        return None if value is None else decode(bytes(value))
