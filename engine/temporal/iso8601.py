"""The ISO 8601 texts of timers: moments, durations and repetitions, and how a duration is added to a moment.

Years, months, weeks and days are counted in Europe/Rome wall time, so that "in 14 days" stays at nine in the morning
when the clocks change; hours, minutes and seconds are exact spans.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine.errors import InvalidInput
from engine.temporal.timezone import in_rome, resolve_wall_time, start_of_day

_DAY = (
    r"(?:(?P<year>\d{4})(?P<dash>-?)(?:(?P<month>\d\d)(?P=dash)(?P<day>\d\d)|(?P<ordinal>\d{3})"
    r"|W(?P<week>\d\d)(?P=dash)(?P<weekday>[1-7])))"
)
_TIME = r"(?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d(?:[.,]\d{1,9})?))?)?"
_ISO_MOMENT = re.compile(rf"{_DAY}(?:T{_TIME}(?P<zone>Z|[+-]\d\d(?::?\d\d)?|@[A-Za-z_+\-/0-9]+)?)?", re.ASCII)
_ISO_DURATION = re.compile(
    r"(?P<sign>[-+]?)P(\d{4})(?P<dash>-?)(\d\d)(?P=dash)(\d\d)(?:T(\d\d)(?P<colon>:?)(\d\d)(?P=colon)(\d\d))?",
    re.ASCII,
)


def usual_moment(text: str) -> str:
    """``20160131T09Z``, ``2016-W05-7``, ``2016-031``, ``2016-01-30T24:00`` → ``2016-01-31`` with its time, if any."""
    match = _ISO_MOMENT.fullmatch(text)
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
    match = _ISO_DURATION.fullmatch(text)
    if match is None:
        return text
    years, months, days, hours, minutes, seconds = (
        None if part is None else int(part) for part in match.group(2, 4, 5, 6, 8, 9)
    )
    clock = "" if hours is None else f"T{hours}H{minutes}M{seconds}S"
    return f"{match['sign']}P{years}Y{months}M{days}D{clock}"


_PART = r"\d{1,9}(?:[.,]\d{1,6})?"
_DURATION = re.compile(
    rf"(?P<sign>[-+])?P(?=.)(?:(?P<years>\d{{1,6}})Y)?(?:(?P<months>\d{{1,6}})M)?(?:(?P<weeks>{_PART})W)?"
    rf"(?:(?P<days>{_PART})D)?"
    rf"(?:T(?=.)(?:(?P<hours>{_PART})H)?(?:(?P<minutes>{_PART})M)?(?:(?P<seconds>{_PART})S)?)?",
    re.ASCII,
)
_FRACTION_BEFORE_THE_END = re.compile(r"[.,]\d+[A-Z]T?.")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(
    r"(?P<wall>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)"
    r"(?:(?P<offset>Z|[+-]\d\d(?::?\d\d)?)|@(?P<zone>[A-Za-z_+\-/0-9]+))?",
    re.ASCII,
)
_REPEAT = re.compile(r"R(?P<times>-1|\d{0,9})", re.ASCII)


@dataclass(frozen=True)
class Duration:
    """A span as it was written. All parts have one sign.

    `seconds` may have decimals (microseconds at most).
    """

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
        """Whether it spans nothing."""
        return not (self.calendar_months or self.days or self.exact)

    @property
    def is_negative(self) -> bool:
        """Whether it goes back in time."""
        return min(self.calendar_months, self.days) < 0 or self.exact < timedelta(0)

    def times(self, n: int) -> Duration:
        """The same span `n` times over."""
        return Duration(
            self.years * n, self.months * n, self.days * n, self.hours * n, self.minutes * n, self.seconds * n
        )

    def added_to_day(self, day: date) -> date:
        """A day plus this span of whole days; InvalidInput when it has hours or leaves the calendar."""
        if self.exact:
            raise InvalidInput(
                f"La durata {self} contiene ore: a una data si sommano solo anni, mesi, settimane e giorni"
            )
        try:
            return add_months(day, self.calendar_months) + timedelta(days=self.days)
        except OverflowError:
            raise _out_of_calendar(self) from None

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

    When only a day was written, `at` is its first instant in Europe/Rome and `day` is that
    day (a due date means its end: `end_of_day(moment.day)`).
    """

    at: datetime
    day: date | None = None


@dataclass(frozen=True)
class Repetition:
    """A repetition: `times` firings (None: without end), one every `duration`.

    With `start` (aware, UTC) the first firing is at `start`, otherwise one `duration` after the timer's
    creation. None comes after `end` (aware, UTC).
    """

    times: int | None
    start: datetime | None
    duration: Duration
    end: datetime | None = None

    def occurrence(self, n: int, created: datetime) -> datetime | None:
        """The `n`-th firing (from 1) of a timer created at an aware moment, in UTC; None when there is none.

        Each is computed from the nominal beginning, so no firing inherits another's delay or clamping.
        """
        if n < 1 or (self.times is not None and n > self.times):
            return None
        steps = n if self.start is None else n - 1
        moment = add_duration(self.start or created, self.duration.times(steps))
        return None if self.end is not None and moment > self.end else moment


def add_months(day: date, months: int) -> date:
    """A day plus calendar months, clamped to the end of the month: 31/1 + 1 → 28/2 or 29/2.

    OverflowError when the result leaves the years 1–9999.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError("year out of range")
    return day.replace(year=year, month=month + 1, day=min(day.day, calendar.monthrange(year, month + 1)[1]))


def add_duration(moment: datetime, duration: Duration) -> datetime:
    """An aware moment plus a duration, in UTC: years to days in wall time of Rome, then hours exactly.

    A naive moment is read as Europe/Rome wall time. InvalidInput when the result leaves the calendar.
    """
    try:
        start = in_rome(moment).astimezone(UTC)
        if duration.calendar_months or duration.days:
            wall = in_rome(moment).replace(tzinfo=None, fold=0)
            day = add_months(wall.date(), duration.calendar_months) + timedelta(days=duration.days)
            start = resolve_wall_time(datetime.combine(day, wall.time())).astimezone(UTC)
        return start + duration.exact
    except OverflowError:
        raise _out_of_calendar(duration) from None


def parse_duration(text: str) -> Duration:
    """`P1Y2M3W4DT5H6M7.5S` (any parts, optional leading minus) → Duration.

    InvalidInput says what is expected.
    """
    written = usual_duration(text.strip())
    match = _DURATION.fullmatch(written)
    if match is None or _FRACTION_BEFORE_THE_END.search(written):
        raise InvalidInput(
            f"«{_short(text)}» non è una durata: si scrive P10D (dieci giorni), P1M (un mese), "
            "PT1H (un'ora), P1DT12H"
        )
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


def parse_moment(text: str) -> Moment:
    """`2016-01-31`, `2016-01-31T09:00`, `…T09:00:00+01:00`, `…Z`, `…@Europe/Rome` → Moment.

    Without a zone Europe/Rome is meant. Compact forms, days of a week and days of a year are read too (`iso_forms`).
    """
    text = usual_moment(text.strip())
    try:
        if _DATE.fullmatch(text):
            day = date.fromisoformat(text)
            return Moment(start_of_day(day).astimezone(UTC), day)
        match = _MOMENT.fullmatch(text)
        if match is not None:
            written = match["wall"].replace(",", ".")
            wall = datetime.fromisoformat(written)
            if match["offset"]:
                return Moment(datetime.fromisoformat(written + match["offset"]).astimezone(UTC))
            if match["zone"]:
                return Moment(wall.replace(tzinfo=ZoneInfo(match["zone"])).astimezone(UTC))
            return Moment(resolve_wall_time(wall).astimezone(UTC))
    except (ValueError, KeyError, OverflowError, OSError):
        pass
    raise InvalidInput(
        f"«{_short(text)}» non è una data né una data con ora: si scrive 2026-01-31 "
        "oppure 2026-01-31T09:00:00+01:00"
    )


def parse_timer_text(text: str) -> Moment | Duration | Repetition:
    """The literal body of a timer → what it means. InvalidInput: it is none of the three.

    A repetition needs a duration above zero; `R3/start/end` derives it from the two moments, exactly.
    """
    text = text.strip()
    if text.startswith("R"):
        return _parse_repetition(text)
    if text.startswith(("P", "-P", "+P")):
        return parse_duration(text)
    return parse_moment(text)


def _parse_repetition(text: str) -> Repetition:
    head, *parts = text.split("/")
    match = _REPEAT.fullmatch(head)
    if match is None or len(parts) not in (1, 2):
        raise _bad_repetition(text)
    times = int(match["times"]) if match["times"] not in ("", "-1") else None
    if times == 0:
        raise InvalidInput(
            f"«{_short(text)}» si ripete zero volte: scrivere R per sempre oppure R3 per tre volte"
        )
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
        raise _bad_repetition(text)
    if duration.is_zero or duration.is_negative:
        raise InvalidInput(
            f"«{_short(text)}»: l'intervallo fra una ripetizione e l'altra deve essere maggiore di zero"
        )
    return Repetition(times, start, duration, end)


def _bad_repetition(text: str) -> InvalidInput:
    return InvalidInput(
        f"«{_short(text)}» non è una ripetizione: si scrive R3/PT1H (tre volte, ogni ora), "
        "R/P14D (ogni 14 giorni) oppure R/2016-03-14T09:00:00+01:00/P14D"
    )


def _out_of_calendar(duration: Duration) -> InvalidInput:
    return InvalidInput(f"Sommando {duration} si esce dal calendario (anni 1–9999): accorciare la durata")


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
