"""The ISO 8601 texts of timers: moments, durations and repetitions, and how a duration is added to a moment.

Years, months, weeks and days are counted in Europe/Rome wall time, so that "in 14 days" stays at nine in the morning
when the clocks change; hours, minutes and seconds are exact.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine.errors import InvalidInput
from engine.temporal.timezone import in_rome, resolve_wall_time, start_of_day

_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d|\d{8}|\d{4}-W\d\d-[1-7]|\d{4}W\d\d[1-7]|(?P<ordinal>\d{4}-?\d{3}))"
    r"(?:T(?P<time>\d\d(?::?\d\d(?::?\d\d(?:[.,]\d{1,9})?)?)?)"
    r"(?:(?P<offset>Z|[+-]\d\d(?::?\d\d)?)|@(?P<zone>[A-Za-z_+\-/0-9]+))?)?",
    re.ASCII,
)
_PART = r"\d{1,9}(?:[.,]\d{1,6})?"
_DURATION = re.compile(
    rf"(?P<sign>[-+])?P(?=.)(?:(?P<years>\d{{1,6}})Y)?(?:(?P<months>\d{{1,6}})M)?(?:(?P<weeks>{_PART})W)?"
    rf"(?:(?P<days>{_PART})D)?"
    rf"(?:T(?=.)(?:(?P<hours>{_PART})H)?(?:(?P<minutes>{_PART})M)?(?:(?P<seconds>{_PART})S)?)?",
    re.ASCII,
)
_ALTERNATIVE_DURATION = re.compile(
    r"(?P<sign>[-+]?)P(?P<years>\d{4})(?P<dash>-?)(?P<months>\d\d)(?P=dash)(?P<days>\d\d)"
    r"(?:T(?P<hours>\d\d)(?P<colon>:?)(?P<minutes>\d\d)(?P=colon)(?P<seconds>\d\d))?",
    re.ASCII,
)
_FRACTION_BEFORE_THE_END = re.compile(r"[.,]\d+[A-Z]T?.")
_REPEAT = re.compile(r"R(?P<times>-1|\d{0,9})", re.ASCII)


@dataclass(frozen=True)
class Duration:
    """A duration as it was written. All parts have one sign; `seconds` may have decimals, at most microseconds."""

    years: int = 0
    months: int = 0
    days: int = 0
    hours: int = 0
    minutes: int = 0
    seconds: Decimal = Decimal(0)

    @classmethod
    def of(cls, span: timedelta) -> Duration:
        """From a span: whole days are calendar days, the rest is exact."""
        sign = -1 if span < timedelta(0) else 1
        span = abs(span)
        seconds = Decimal(span.seconds) + Decimal(span.microseconds) / 1_000_000
        return cls(days=sign * span.days, seconds=sign * seconds)

    @property
    def calendar_months(self) -> int:
        """Years and months, in months."""
        return self.years * 12 + self.months

    @property
    def exact(self) -> timedelta:
        """The part in hours, minutes and seconds, as an exact span."""
        return timedelta(hours=self.hours, minutes=self.minutes, microseconds=int(self.seconds * 1_000_000))

    @property
    def is_zero(self) -> bool:
        """Whether all parts are zero."""
        return not (self.calendar_months or self.days or self.exact)

    @property
    def is_negative(self) -> bool:
        """Whether it goes back in time."""
        return min(self.calendar_months, self.days) < 0 or self.exact < timedelta(0)

    def times(self, n: int) -> Duration:
        """The duration multiplied by `n`."""
        return Duration(
            self.years * n, self.months * n, self.days * n, self.hours * n, self.minutes * n, self.seconds * n
        )

    def added_to_day(self, day: date) -> date:
        """A day plus this duration. Raises InvalidInput when it has hours or the result leaves the calendar."""
        if self.exact:
            raise InvalidInput("DURATION_WITH_HOURS_ON_A_DAY", duration=str(self))
        try:
            return add_months(day, self.calendar_months) + timedelta(days=self.days)
        except OverflowError:
            raise InvalidInput("DURATION_OUT_OF_CALENDAR", duration=str(self)) from None

    def __str__(self) -> str:
        sign = "-" if self.is_negative else ""
        parts = (("Y", self.years), ("M", self.months), ("D", self.days))
        clock: tuple[tuple[str, int | Decimal], ...]
        clock = (("H", self.hours), ("M", self.minutes), ("S", self.seconds))
        text = "".join(f"{abs(value)}{unit}" for unit, value in parts if value)
        tail = "".join(f"{abs(value)}{unit}" for unit, value in clock if value)
        return f"{sign}P{text}{'T' + tail if tail else ''}" if text or tail else "PT0S"


@dataclass(frozen=True)
class Moment:
    """A fixed moment: `at` is aware, in UTC.

    When only a day was written, `day` is that day and `at` its first instant in Europe/Rome (a due date means its end:
    `end_of_day(moment.day)`).
    """

    at: datetime
    day: date | None = None


@dataclass(frozen=True)
class Repetition:
    """A repetition: `times` firings (None: without end), one every `duration`.

    With `start` (aware, UTC) the first firing is at `start`, otherwise one `duration` after the timer's creation. None
    comes after `end` (aware, UTC).
    """

    times: int | None
    start: datetime | None
    duration: Duration
    end: datetime | None = None

    def occurrence(self, n: int, created: datetime) -> datetime | None:
        """The `n`-th firing (from 1) of a timer created at an aware moment, in UTC; None when there is none.

        Each is counted from the beginning, not from the one before: a late firing delays no other.
        """
        if n < 1 or (self.times is not None and n > self.times):
            return None
        steps = n if self.start is None else n - 1
        moment = add_duration(self.start or created, self.duration.times(steps))
        return None if self.end is not None and moment > self.end else moment


def add_months(day: date, months: int) -> date:
    """A day plus calendar months, clamped to the end of the month: 31/1 + 1 → 28/2 or 29/2.

    Raises OverflowError when the result leaves the years 1–9999.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError("year out of range")
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


def add_duration(moment: datetime, duration: Duration) -> datetime:
    """An aware moment plus a duration, in UTC: years to days in wall time of Rome, then hours exactly.

    A naive moment is read as Europe/Rome wall time. Raises InvalidInput when the result leaves the calendar.
    """
    try:
        start = in_rome(moment).astimezone(UTC)
        if duration.calendar_months or duration.days:
            wall = in_rome(moment).replace(tzinfo=None, fold=0)
            day = add_months(wall.date(), duration.calendar_months) + timedelta(days=duration.days)
            start = resolve_wall_time(datetime.combine(day, wall.time())).astimezone(UTC)
        return start + duration.exact
    except OverflowError:
        raise InvalidInput("DURATION_OUT_OF_CALENDAR", duration=str(duration)) from None


def parse_timer_text(text: str) -> Moment | Duration | Repetition:
    """The literal body of a timer. Raises InvalidInput when it is neither a moment, a duration nor a repetition.

    A repetition needs a duration above zero; `R3/start/end` takes the exact time between the two moments.
    """
    text = text.strip()
    if text.startswith("R"):
        return _parse_repetition(text)
    if text.startswith(("P", "-P", "+P")):
        return parse_duration(text)
    return parse_moment(text)


def parse_duration(text: str) -> Duration:
    """`P1Y2M3W4DT5H6M7.5S` (any of its parts, optional sign) or `P0001-02-04T05:06:07`. Raises InvalidInput."""
    written = text.strip()
    match = _ALTERNATIVE_DURATION.fullmatch(written)
    if match is not None:
        return _alternative_duration(match)
    match = _DURATION.fullmatch(written)
    if match is None or _FRACTION_BEFORE_THE_END.search(written):
        raise InvalidInput("DURATION_INVALID", text=_short(text))
    sign = -1 if match["sign"] == "-" else 1
    years, months = (sign * int(match[part] or 0) for part in ("years", "months"))
    weeks, days, hours, minutes, seconds = (
        sign * Decimal((match[part] or "0").replace(",", "."))
        for part in ("weeks", "days", "hours", "minutes", "seconds")
    )
    whole = int(days + weeks * 7)
    hours += (days + weeks * 7 - whole) * 24  # half a day is twelve hours, half an hour thirty minutes
    minutes += (hours - int(hours)) * 60
    seconds += (minutes - int(minutes)) * 60
    return Duration(years, months, whole, int(hours), int(minutes), seconds.normalize() + 0)


def _alternative_duration(match: re.Match[str]) -> Duration:
    names = ("years", "months", "days", "hours", "minutes", "seconds")
    sign = -1 if match["sign"] == "-" else 1
    years, months, days, hours, minutes, seconds = (sign * int(match[name] or 0) for name in names)
    return Duration(years, months, days, hours, minutes, Decimal(seconds))


def parse_moment(text: str) -> Moment:
    """`2016-01-31`, `2016-01-31T09:00`, `…T09:00:00+01:00`, `…Z`, `…@Europe/Rome`; without a zone Europe/Rome is meant.

    Also basic forms (`20160131T0900`), week dates (`2016-W05-7`), ordinal dates (`2016-031`) and 24:00. Raises
    InvalidInput.
    """
    match = _MOMENT.fullmatch(text.strip())
    try:
        if match is not None:
            return _moment(match)
    except (ValueError, KeyError, OverflowError, OSError):  # no such day, time, offset or zone
        pass
    raise InvalidInput("MOMENT_INVALID", text=_short(text.strip()))


def _moment(match: re.Match[str]) -> Moment:
    day = _ordinal_day(match["ordinal"]) if match["ordinal"] else date.fromisoformat(match["day"])
    if match["time"] is None:
        return Moment(start_of_day(day).astimezone(UTC), day)
    written = match["time"].replace(":", "")
    if written.startswith("24") and not written[2:].strip("0.,"):
        day, written = day + timedelta(days=1), "00" + written[2:]
    wall = datetime.combine(day, time.fromisoformat(written + (match["offset"] or "")))
    if match["zone"]:
        return Moment(wall.replace(tzinfo=ZoneInfo(match["zone"])).astimezone(UTC))
    return Moment((resolve_wall_time(wall) if wall.tzinfo is None else wall).astimezone(UTC))


def _ordinal_day(text: str) -> date:
    """`2016-031` or `2016031`. Raises ValueError when the year has no such day."""
    year = int(text[:4])
    day = date(year, 1, 1) + timedelta(days=int(text[-3:]) - 1)
    if day.year != year:
        raise ValueError("no such day of the year")
    return day


def _parse_repetition(text: str) -> Repetition:
    head, *parts = text.split("/")
    match = _REPEAT.fullmatch(head)
    if match is None or len(parts) not in (1, 2):
        raise InvalidInput("REPETITION_INVALID", text=_short(text))
    times = int(match["times"]) if match["times"] not in ("", "-1") else None
    if times == 0:
        raise InvalidInput("REPETITION_ZERO_TIMES", text=_short(text))
    first_is_duration, last_is_duration = parts[0].startswith("P"), parts[-1].startswith("P")
    start = None if first_is_duration else parse_moment(parts[0]).at
    end = None
    if first_is_duration:
        duration = parse_duration(parts[0])
        end = parse_moment(parts[1]).at if len(parts) == 2 else None
    elif last_is_duration:
        duration = parse_duration(parts[1])
    elif len(parts) == 2 and start is not None:
        duration = Duration(seconds=Decimal(str((parse_moment(parts[1]).at - start).total_seconds())))
    else:
        raise InvalidInput("REPETITION_INVALID", text=_short(text))
    if duration.is_zero or duration.is_negative:
        raise InvalidInput("REPETITION_INTERVAL_NOT_POSITIVE", text=_short(text))
    return Repetition(times, start, duration, end)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
