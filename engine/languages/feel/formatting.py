"""Formats FEEL values as text, for FEEL's string() and for sentences."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.languages.feel.limits import Evaluation
from engine.languages.feel.values import FunctionValue, Range, YearsMonths

_PLAIN_KEY = re.compile(r"[\w ]+\Z")


def to_string(value: Any, evaluation: Evaluation | None = None) -> str | None:
    """FEEL's string(value); null stays null. Text inside lists and contexts is quoted."""
    if value is None:
        return None
    if type(value) is str:
        return value
    return format_value(value, evaluation)


def format_value(value: Any, evaluation: Evaluation | None = None) -> str:
    """`value` as an expression writes it: text in quotes, null as null."""
    if value is None:
        return "null"
    written: str = _FORMATTERS[type(value)](value, evaluation)
    return written


def _text(value: str, evaluation: Evaluation | None) -> str:
    _charge(evaluation, len(value))
    return '"' + value.replace('"', '\\"') + '"'


def _number(value: int | Decimal, evaluation: Evaluation | None) -> str:
    if type(value) is int:
        return str(value)
    written = format(value, "f")
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if written in ("", "-0") else written


def _list(value: list[Any], evaluation: Evaluation | None) -> str:
    _charge(evaluation, 24 + 8 * len(value))
    return _charged_text("[" + ", ".join(format_value(item, evaluation) for item in value) + "]", evaluation)


def _context(value: dict[str, Any], evaluation: Evaluation | None) -> str:
    _charge(evaluation, 24 + 8 * len(value))
    entries = (
        f"{key if _PLAIN_KEY.match(key) else _text(key, evaluation)}: {format_value(item, evaluation)}"
        for key, item in value.items()
    )
    return _charged_text("{" + ", ".join(entries) + "}", evaluation)


def _charge(evaluation: Evaluation | None, characters: int) -> None:
    if evaluation is not None:
        evaluation.spend(characters // 8 + 1)


def _charged_text(text: str, evaluation: Evaluation | None) -> str:
    if evaluation is not None:
        evaluation.spend_text(len(text))
    return text


def _range(value: Range, evaluation: Evaluation | None) -> str:
    low = "" if value.low is None else format_value(value.low, evaluation)
    high = "" if value.high is None else format_value(value.high, evaluation)
    return f"{'[' if value.low_included else '('}{low}..{high}{']' if value.high_included else ')'}"


def offset_text(moment: Any) -> str:
    """The zone of a time or date and time as FEEL writes it: nothing, Z, +01:00 or @Europe/Rome."""
    if moment.tzinfo is None:
        return ""
    if isinstance(moment.tzinfo, ZoneInfo):
        return f"@{moment.tzinfo.key}"
    seconds = int(moment.utcoffset().total_seconds())
    if seconds == 0:
        return "Z"
    size = abs(seconds)
    written = f"{'+' if seconds > 0 else '-'}{size // 3600:02d}:{size % 3600 // 60:02d}"
    return written + (f":{size % 60:02d}" if size % 60 else "")


def _fraction(microseconds: int) -> str:
    return f".{microseconds:06d}".rstrip("0") if microseconds else ""


def _time(value: Any, evaluation: Evaluation | None) -> str:
    clock = f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}"
    return clock + _fraction(value.microsecond) + offset_text(value)


def _date_and_time(value: dt.datetime, evaluation: Evaluation | None) -> str:
    return f"{value.date().isoformat()}T{_time(value, evaluation)}"


def _months(value: YearsMonths, evaluation: Evaluation | None) -> str:
    years, months = divmod(abs(value.months), 12)
    if not years and not months:
        return "P0M"
    return (
        ("-" if value.months < 0 else "")
        + "P"
        + (f"{years}Y" if years else "")
        + (f"{months}M" if months else "")
    )


def _days(value: dt.timedelta, evaluation: Evaluation | None) -> str:
    sign, size = ("-", -value) if value < dt.timedelta(0) else ("", value)
    hours, rest = divmod(size.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if seconds or size.microseconds:
        clock += f"{seconds}{_fraction(size.microseconds)}S"
    days = f"{size.days}D" if size.days else ""
    return f"{sign}P{days}{'T' + clock if clock else ''}" if days or clock else "PT0S"


def _function(value: FunctionValue, evaluation: Evaluation | None) -> str:
    return f"function({', '.join(value.parameters or ())})"


_FORMATTERS: dict[type, Any] = {
    str: _text,
    int: _number,
    Decimal: _number,
    list: _list,
    dict: _context,
    Range: _range,
    dt.time: _time,
    dt.datetime: _date_and_time,
    YearsMonths: _months,
    dt.timedelta: _days,
    FunctionValue: _function,
    bool: lambda value, _: "true" if value else "false",
    dt.date: lambda value, _: value.isoformat(),
}
