"""Properties of values (`value.name`): entries of contexts, parts of dates, durations and ranges."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.languages.feel.limits import Evaluation
from engine.languages.feel.values import Range, YearsMonths


def property_of(value: Any, name: str, evaluation: Evaluation) -> Any:
    """The property `name` of `value`, None when there is none; for a list, the list of its items' properties."""
    kind = type(value)
    if kind is dict:
        return value.get(name)
    if kind is list:
        evaluation.spend_items(len(value) + 1)
        return [property_of(item, name, evaluation) for item in value]
    read = PARTS.get((kind, name))
    return None if read is None else read(value)


def _zone_name(moment: Any) -> str | None:
    return moment.tzinfo.key if isinstance(moment.tzinfo, ZoneInfo) else None


def _signed(size: dt.timedelta, part: Callable[[dt.timedelta], int]) -> Decimal:
    """Parts of a negative duration are negative."""
    return Decimal(-part(-size)) if size < dt.timedelta(0) else Decimal(part(size))


def _months(value: YearsMonths, part: Callable[[int], int]) -> Decimal:
    return Decimal(-part(-value.months)) if value.months < 0 else Decimal(part(value.months))


def _table() -> dict[tuple[type, str], Callable[[Any], Any]]:
    parts: dict[tuple[type, str], Callable[[Any], Any]] = {}
    for kind in (dt.date, dt.datetime):
        parts[kind, "year"] = lambda value: Decimal(value.year)
        parts[kind, "month"] = lambda value: Decimal(value.month)
        parts[kind, "day"] = lambda value: Decimal(value.day)
        parts[kind, "weekday"] = lambda value: Decimal(value.isoweekday())
    moments: tuple[type, ...] = (dt.time, dt.datetime)
    for timed in moments:
        parts[timed, "hour"] = lambda value: Decimal(value.hour)
        parts[timed, "minute"] = lambda value: Decimal(value.minute)
        parts[timed, "second"] = lambda value: Decimal(value.second)
        parts[timed, "time offset"] = lambda value: value.utcoffset()
        parts[timed, "timezone"] = _zone_name
    days = dt.timedelta
    parts[days, "days"] = lambda value: _signed(value, lambda size: size.days)
    parts[days, "hours"] = lambda value: _signed(value, lambda size: size.seconds // 3600)
    parts[days, "minutes"] = lambda value: _signed(value, lambda size: size.seconds // 60 % 60)
    parts[days, "seconds"] = lambda value: _signed(value, lambda size: size.seconds % 60)
    parts[YearsMonths, "years"] = lambda value: _months(value, lambda months: months // 12)
    parts[YearsMonths, "months"] = lambda value: _months(value, lambda months: months % 12)
    parts[Range, "start"] = lambda value: value.low
    parts[Range, "end"] = lambda value: value.high
    parts[Range, "start included"] = lambda value: value.low_included
    parts[Range, "end included"] = lambda value: value.high_included
    return parts


PARTS = _table()

SPACED_PARTS = frozenset(name for _, name in PARTS if " " in name)
"""Property names of several words, which the parser has to know."""
