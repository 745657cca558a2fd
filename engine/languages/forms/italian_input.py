"""Parses numbers, dates and times in Italian notation. Each function gives the value, or None for another text."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal

from engine.languages.forms.feel import ROME

MAX_WHOLE_DIGITS = 15
MAX_DECIMALS = 10

_GROUPED = re.compile(r"[1-9][0-9]{0,2}(\.[0-9]{3})+(,[0-9]+)?")
_COMMA = re.compile(r"[0-9]+(,[0-9]+)?")
_POINT = re.compile(r"[0-9]+\.[0-9]+")
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_HOURS = re.compile(r"([0-9]{1,4}):([0-5][0-9])")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_ITALIAN_DATE = re.compile(r"([0-9]{1,2})[/.\- ]([0-9]{1,2})[/.\- ]([0-9]{4})")
_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])(:[0-5][0-9](\.[0-9]+)?)?")


def parse_number(text: str) -> Decimal | None:
    """The number in `text`: "1.234,56", "1234,5", "€ 20"; "12.5" too, since no thousands are grouped so."""
    bare = re.sub(r"[\s\u00a0\u202f€']", "", text)
    sign = -1 if bare.startswith(("-", "\u2212")) else 1
    bare = bare.lstrip("-+\u2212") if len(bare) - len(bare.lstrip("-+\u2212")) <= 1 else "?"
    if _GROUPED.fullmatch(bare):
        bare = bare.replace(".", "").replace(",", ".")
    elif _COMMA.fullmatch(bare):
        bare = bare.replace(",", ".")
    elif not _POINT.fullmatch(bare):
        return None
    return _bounded(sign * Decimal(bare)) if len(bare) <= 40 else None


def parse_plain_number(text: str) -> Decimal | None:
    """The number in a JSON text: digits with a decimal point, nothing else."""
    return _bounded(Decimal(text)) if _PLAIN.fullmatch(text) and len(text) <= 40 else None


def parse_hours(text: str) -> Decimal | None:
    """Hours written "1:30" as a decimal number of hours."""
    found = _HOURS.fullmatch(text.strip())
    return Decimal(found[1]) + Decimal(found[2]) / 60 if found else None


def _bounded(value: Decimal) -> Decimal | None:
    """The value, or None when it has too many digits."""
    digits = value.as_tuple()
    too_fine = isinstance(digits.exponent, int) and digits.exponent < -MAX_DECIMALS
    return None if value.adjusted() >= MAX_WHOLE_DIGITS or too_fine else value + 0


def parse_date(text: str) -> date | None:
    """The date in "31/01/2016", "31-1-2016" or "2016-01-31"."""
    text = text.strip()
    if iso := _ISO_DATE.fullmatch(text):
        year, month, day = iso.groups()
    elif italian := _ITALIAN_DATE.fullmatch(text):
        day, month, year = italian.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def parse_time(text: str) -> time | None:
    """The time of day in "9:30", "09.30" or "09:30:00"; seconds are dropped."""
    found = _TIME.fullmatch(text.strip())
    return time(int(found[1]), int(found[2])) if found else None


def in_rome(day: date, hour: time) -> datetime | None:
    """The moment in Europe/Rome; None for a time skipped by daylight saving; for a repeated time the first."""
    moment = datetime.combine(day, hour.replace(tzinfo=None), tzinfo=ROME)
    back = moment.astimezone(UTC).astimezone(ROME)
    return moment if back.replace(tzinfo=None) == moment.replace(tzinfo=None) else None
