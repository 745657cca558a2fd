"""The rarer ways in which ISO 8601 lets a moment or a duration be written, rewritten in the usual one.

What is none of them, or names a day that there is not, comes back as it was, for its reader to refuse.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

_DAY = (
    r"(?:(?P<year>\d{4})(?P<dash>-?)(?:(?P<month>\d\d)(?P=dash)(?P<day>\d\d)|(?P<ordinal>\d{3})"
    r"|W(?P<week>\d\d)(?P=dash)(?P<weekday>[1-7])))"
)
_TIME = r"(?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d(?:[.,]\d{1,9})?))?)?"
_MOMENT = re.compile(rf"{_DAY}(?:T{_TIME}(?P<zone>Z|[+-]\d\d(?::?\d\d)?|@[A-Za-z_+\-/0-9]+)?)?", re.ASCII)
_DURATION = re.compile(
    r"(?P<sign>[-+]?)P(\d{4})(?P<dash>-?)(\d\d)(?P=dash)(\d\d)(?:T(\d\d)(?P<colon>:?)(\d\d)(?P=colon)(\d\d))?",
    re.ASCII,
)


def usual_moment(text: str) -> str:
    """``20160131T09Z``, ``2016-W05-7``, ``2016-031``, ``2016-01-30T24:00`` → ``2016-01-31`` with its time, if any."""
    match = _MOMENT.fullmatch(text)
    if match is None:
        return text
    try:
        day = _day(match)
        if match["hour"] is None:
            return day.isoformat()
        hour, minute, second = match["hour"], match["minute"] or "00", match["second"] or "00"
        if hour == "24" and not (minute + second).strip("0.,"):
            day, hour = day + timedelta(days=1), "00"
    except (ValueError, OverflowError):
        return text
    return f"{day.isoformat()}T{hour}:{minute}:{second}{match['zone'] or ''}"


def _day(match: re.Match[str]) -> date:
    year = int(match["year"])
    if match["week"]:
        return date.fromisocalendar(year, int(match["week"]), int(match["weekday"]))
    if match["ordinal"]:
        day = date(year, 1, 1) + timedelta(days=int(match["ordinal"]) - 1)
        if day.year != year:
            raise ValueError("no such day of the year")
        return day
    return date(year, int(match["month"]), int(match["day"]))


def usual_duration(text: str) -> str:
    """``P0001-06-00T12:30:00`` → ``P1Y6M0DT12H30M0S``."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return text
    years, months, days, hours, minutes, seconds = (
        None if part is None else int(part) for part in match.group(2, 4, 5, 6, 8, 9)
    )
    clock = "" if hours is None else f"T{hours}H{minutes}M{seconds}S"
    return f"{match['sign']}P{years}Y{months}M{days}D{clock}"
