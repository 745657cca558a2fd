"""SQL functions for SQLite and PostgreSQL: string aggregation, days in Europe/Rome, adding seconds to a moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from engine.storage.types import UtcDateTime
from engine.temporal import day_in_rome

SEPARATOR = "\n"


class StringAgg(FunctionElement[str]):
    """SQL: the texts of a group joined by `SEPARATOR`; NULL when there are none."""

    name = "joined_text"
    type = Text()
    inherit_cache = True


@compiles(StringAgg)
def _on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"group_concat({compiler.process(element.clauses, **options)}, char(10))"


@compiles(StringAgg, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"string_agg({compiler.process(element.clauses, **options)}, chr(10))"


def split_lines(text: str | None) -> list[str]:
    """The texts that `StringAgg` has joined."""
    return text.split(SEPARATOR) if text else []


class RomeDay(FunctionElement[date]):
    """SQL: the day in Europe/Rome at a moment."""

    name = "rome_day"
    type = Date()
    inherit_cache = True


class AddSeconds(FunctionElement[datetime]):
    """SQL: a moment plus a number of seconds, which may be negative."""

    name = "later_by"
    type = UtcDateTime()
    inherit_cache = True


@compiles(RomeDay)
def _day_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    # Rome is at most two hours ahead of UTC: before 22:00 UTC the day is the same, without a call to Python
    return (
        f"CASE WHEN substr({moment}, 12, 2) < '22' THEN substr({moment}, 1, 10) ELSE rome_day({moment}) END"
    )


@compiles(RomeDay, "postgresql")
def _day_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(({compiler.process(element.clauses, **options)}) AT TIME ZONE 'Europe/Rome' AS date)"


@compiles(AddSeconds)
def _later_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"later_by({compiler.process(element.clauses, **options)})"


@compiles(AddSeconds, "postgresql")
def _later_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    moment, seconds = (compiler.process(one, **options) for one in element.clauses)
    return f"({moment} + make_interval(secs => {seconds}))"


def install_on_sqlite(connection: Any) -> None:
    """Register the functions in Python with a connection of the driver."""
    connection.create_function("rome_day", 1, _rome_day, deterministic=True)
    connection.create_function("later_by", 2, _later_by, deterministic=True)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _rome_day(text: str | None) -> str | None:
    return None if text is None else day_in_rome(_moment(text)).isoformat()


def _later_by(text: str | None, seconds: int) -> str | None:
    if text is None:
        return None
    moved = _moment(text) + timedelta(seconds=seconds)
    return moved.replace(tzinfo=None).isoformat(" ", "microseconds")
