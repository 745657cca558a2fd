"""Converts values of fields: from posted strings or JSON to Python, and back to the text of an input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.languages.forms import italian_input
from engine.languages.forms.feel import ROME, number_text
from engine.languages.forms.model import MULTIPLE_CHOICE_KINDS, DateTimeSubtype, Field, Format, Kind
from engine.languages.forms.sanitizing import clean_text
from engine.localization import message

MAX_CHOICES = 1_000
FIRST_YEAR, LAST_YEAR = 1850, 2200
TICKED = frozenset({"on", "true", "1", "sì", "si"})
UNTICKED = frozenset({"", "false", "0", "no", "off"})

Converted = tuple[Any, str | None]


def from_strings(field: Field, given: Sequence[str]) -> Converted:
    """Convert the posted strings of a field."""
    texts = [text for text in given if text.strip()]
    if field.kind in MULTIPLE_CHOICE_KINDS or field.kind is Kind.FILEPICKER:
        return _several(field, texts)
    if field.kind is Kind.CHECKBOX:
        return _boolean(texts[-1] if texts else "")
    if len(texts) > 1:
        return None, message("FIELD_SEVERAL_ANSWERS")
    return _single(field, texts[0]) if texts else (None, None)


def from_json(field: Field, value: Any) -> Converted:
    """Convert a JSON or Python value of a field."""
    if value is None or value == "":
        return (
            ([], None)
            if field.kind in MULTIPLE_CHOICE_KINDS or field.kind is Kind.FILEPICKER
            else (None, None)
        )
    if field.kind in MULTIPLE_CHOICE_KINDS or field.kind is Kind.FILEPICKER:
        if isinstance(value, str) and field.kind is Kind.FILEPICKER:
            value = [value]
        if not isinstance(value, list | tuple) or not all(isinstance(item, str | int) for item in value):
            return None, message("FIELD_NOT_A_LIST_OF_TEXTS")
        return _several(field, [str(item) for item in value])
    if field.kind is Kind.CHECKBOX:
        return (value, None) if isinstance(value, bool) else _boolean(value)
    if field.kind is Kind.NUMBER:
        return _json_number(field, value)
    if field.kind is Kind.DATETIME:
        return _moment(field, value) if not isinstance(value, str) else _single(field, value)
    if isinstance(value, bool):
        value = str(value).lower() if field.choices else value
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and field.choices:
        value = str(value)
    if not isinstance(value, str):
        return None, message("FIELD_NOT_A_TEXT")
    return _single(field, value)


def _boolean(value: Any) -> Converted:
    word = value.strip().lower() if isinstance(value, str) else None
    if word in TICKED or word in UNTICKED:
        return word in TICKED, None
    return None, message("FIELD_NOT_A_BOOLEAN")


def _several(field: Field, texts: Sequence[str]) -> Converted:
    if len(texts) > MAX_CHOICES:
        return None, message("FIELD_TOO_MANY_CHOICES", limit=MAX_CHOICES)
    chosen: list[str] = []
    for text in texts:
        clean, problem = clean_text(text, several_lines=False)
        if problem:
            return None, problem
        if clean is not None and clean not in chosen:
            chosen.append(clean)
    if field.kind is Kind.FILEPICKER and not field.multiple and len(chosen) > 1:
        return None, message("FIELD_SEVERAL_DOCUMENTS")
    return chosen, None


def _single(field: Field, text: str) -> Converted:
    clean, problem = clean_text(text, several_lines=field.kind is Kind.TEXTAREA)
    if problem or clean is None:
        return None, problem
    if field.kind is Kind.NUMBER:
        number = (
            italian_input.parse_hours(clean)
            if field.format is Format.ORE and ":" in clean
            else italian_input.parse_number(clean)
        )
        return _number(field, number)
    if field.kind is Kind.DATETIME:
        return _moment(field, clean)
    if field.format is Format.CODICE_FISCALE:
        return clean.replace(" ", "").upper(), None
    return clean, None


def _json_number(field: Field, value: Any) -> Converted:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None, not_a_number(field)
    if isinstance(value, str):
        plain = italian_input.parse_plain_number(value.strip())
        return (
            (plain, None) if plain is not None and field.format is not Format.ORE else _single(field, value)
        )
    if isinstance(value, int) and value.bit_length() > 128:
        return None, not_a_number(field)
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None, not_a_number(field)
    fits = number.is_finite() and abs(number.adjusted()) < italian_input.MAX_WHOLE_DIGITS
    return _number(field, number if fits or number == 0 else None)


def _number(field: Field, number: Decimal | None) -> Converted:
    if number is None:
        return None, not_a_number(field)
    if field.format is Format.EURO and number == number.quantize(Decimal("0.01")):
        return number.quantize(Decimal("0.01")), None
    return number, None


def not_a_number(field: Field) -> str:
    """The message for a text that is not a number of this field."""
    if field.format is Format.EURO:
        return message("FIELD_NOT_AN_AMOUNT")
    if field.format is Format.ORE:
        return message("FIELD_NOT_HOURS")
    if field.digits == 0:
        return message("FIELD_NOT_A_WHOLE_NUMBER")
    return message("FIELD_NOT_A_NUMBER")


def _moment(field: Field, value: Any) -> Converted:
    if field.subtype is DateTimeSubtype.TIME:
        hour = (
            value
            if isinstance(value, time)
            else italian_input.parse_time(value)
            if isinstance(value, str)
            else None
        )
        return (hour.replace(tzinfo=None), None) if hour else (None, message("FIELD_NOT_A_TIME"))
    if field.subtype is DateTimeSubtype.DATE:
        day = (
            value
            if isinstance(value, date)
            else italian_input.parse_date(value)
            if isinstance(value, str)
            else None
        )
        if isinstance(value, datetime):
            day = _in_rome(value).date()
        return _check_year(day) if day else (None, message("FIELD_NOT_A_DATE"))
    if isinstance(value, datetime):
        return value.astimezone(ROME) if value.tzinfo else value.replace(tzinfo=ROME), None
    return _date_and_time(value) if isinstance(value, str) else (None, _not_a_moment())


def _not_a_moment() -> str:
    return message("FIELD_NOT_A_DATE_AND_TIME")


def _date_and_time(text: str) -> Converted:
    """A text such as "2026-01-31T09:30" or "31/01/2026 09:30", or an ISO 8601 moment with offset."""
    try:
        moment = datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        return None, _not_a_moment()
    if moment is not None and moment.tzinfo is not None:
        return (
            (moment.astimezone(ROME), None)
            if FIRST_YEAR <= moment.year <= LAST_YEAR
            else _check_year(moment.date())
        )
    day_text, _, hour_text = text.replace("T", " ").partition(" ")
    day, hour = italian_input.parse_date(day_text), italian_input.parse_time(hour_text)
    if day is None or hour is None:
        return None, _not_a_moment()
    if (outside := _check_year(day)[1]) is not None:
        return None, outside
    local = italian_input.in_rome(day, hour)
    if local is None:
        return None, message("FIELD_TIME_SKIPPED_BY_DST")
    return local, None


def _check_year(day: date) -> Converted:
    if FIRST_YEAR <= day.year <= LAST_YEAR:
        return day, None
    return None, message("FIELD_YEAR_OUT_OF_RANGE", first=FIRST_YEAR, last=LAST_YEAR)


def _in_rome(moment: datetime) -> datetime:
    return moment.astimezone(ROME) if moment.tzinfo else moment


def to_strings(field: Field, value: Any) -> list[str]:
    """A value as the strings of its input; [] for none."""
    if value is None or value == "":
        return []
    if isinstance(value, bool):
        return ["on" if value else ""] if field.kind is Kind.CHECKBOX else [str(value).lower()]
    if isinstance(value, Mapping):
        return []
    if isinstance(value, list | tuple):
        return [str(item) for item in value if not isinstance(item, dict | list)]
    if field.kind is Kind.NUMBER and isinstance(value, int | float | Decimal):
        return [number_text(Decimal(str(value)), 2 if field.format is Format.EURO else None)]
    if isinstance(value, datetime):
        local = _in_rome(value)
        shown = {
            DateTimeSubtype.DATE: "%Y-%m-%d",
            DateTimeSubtype.TIME: "%H:%M",
            DateTimeSubtype.DATETIME: "%Y-%m-%dT%H:%M",
        }
        return [local.strftime(shown[field.subtype])]
    if isinstance(value, time):
        return [value.strftime("%H:%M")]
    if isinstance(value, date):
        return [value.isoformat()]
    return [str(value)]
