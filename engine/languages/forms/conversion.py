"""One field's value: from the strings of an HTML page or from JSON to Python, and back to what a person would type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.languages.forms import italian_input
from engine.languages.forms.feel import ROME, number_text
from engine.languages.forms.messages import Sentence, sentence
from engine.languages.forms.model import MANY, Field, Format, Kind, Moment
from engine.languages.forms.sanitizing import clean_text

MAX_CHOSEN = 1_000
FIRST_YEAR, LAST_YEAR = 1850, 2200
TICKED = frozenset({"on", "true", "1", "sì", "si"})
UNTICKED = frozenset({"", "false", "0", "no", "off"})

Converted = tuple[Any, Sentence | None]


def from_strings(field: Field, given: Sequence[str]) -> Converted:
    """The value of a field posted by an HTML page."""
    texts = [text for text in given if text.strip()]
    if field.kind in MANY or field.kind is Kind.FILEPICKER:
        return _several(field, texts)
    if field.kind is Kind.CHECKBOX:
        return _ticked(texts[-1] if texts else "")
    if len(texts) > 1:
        return None, sentence("È arrivata più di una risposta: lasciane una sola")
    return _single(field, texts[0]) if texts else (None, None)


def from_json(field: Field, value: Any) -> Converted:
    """The value of a field given as JSON (or as Python by a scenario)."""
    if value is None or value == "":
        return ([], None) if field.kind in MANY or field.kind is Kind.FILEPICKER else (None, None)
    if field.kind in MANY or field.kind is Kind.FILEPICKER:
        if isinstance(value, str) and field.kind is Kind.FILEPICKER:
            value = [value]
        if not isinstance(value, list | tuple) or not all(isinstance(item, str | int) for item in value):
            return None, sentence('Serve un elenco di testi, per esempio ["a", "b"]')
        return _several(field, [str(item) for item in value])
    if field.kind is Kind.CHECKBOX:
        return (value, None) if isinstance(value, bool) else _ticked(value)
    if field.kind is Kind.NUMBER:
        return _json_number(field, value)
    if field.kind is Kind.DATETIME:
        return _moment(field, value) if not isinstance(value, str) else _single(field, value)
    if isinstance(value, bool):
        value = str(value).lower() if field.choices else value
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and field.choices:
        value = str(value)
    if not isinstance(value, str):
        return None, sentence("Serve un testo")
    return _single(field, value)


def _ticked(value: Any) -> Converted:
    word = value.strip().lower() if isinstance(value, str) else None
    if word in TICKED or word in UNTICKED:
        return word in TICKED, None
    return None, sentence("Serve sì o no: spunta la casella oppure lasciala vuota")


def _several(field: Field, texts: Sequence[str]) -> Converted:
    if len(texts) > MAX_CHOSEN:
        return None, sentence("Le scelte sono troppe: al massimo %(limit)s", limit=MAX_CHOSEN)
    chosen: list[str] = []
    for text in texts:
        clean, problem = clean_text(text, several_lines=False)
        if problem:
            return None, problem
        if clean is not None and clean not in chosen:
            chosen.append(clean)
    if field.kind is Kind.FILEPICKER and not field.multiple and len(chosen) > 1:
        return None, sentence("Qui va un solo documento: togli gli altri")
    return chosen, None


def _single(field: Field, text: str) -> Converted:
    clean, problem = clean_text(text, several_lines=field.kind is Kind.TEXTAREA)
    if problem or clean is None:
        return None, problem
    if field.kind is Kind.NUMBER:
        number = (
            italian_input.read_hours(clean)
            if field.format is Format.ORE and ":" in clean
            else italian_input.read_number(clean)
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
        plain = italian_input.read_plain_number(value.strip())
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


def not_a_number(field: Field) -> Sentence:
    """What to say when no number can be read."""
    if field.format is Format.EURO:
        return sentence("Scrivi un importo in euro, per esempio 1.250,00")
    if field.format is Format.ORE:
        return sentence("Scrivi le ore, per esempio 1,5 oppure 1:30")
    if field.digits == 0:
        return sentence("Scrivi un numero intero, per esempio 12")
    return sentence("Scrivi un numero, per esempio 12,5")


def _moment(field: Field, value: Any) -> Converted:
    if field.moment is Moment.TIME:
        hour = (
            value
            if isinstance(value, time)
            else italian_input.read_time(value)
            if isinstance(value, str)
            else None
        )
        return (
            (hour.replace(tzinfo=None), None)
            if hour
            else (None, sentence("Scrivi un'ora da 00:00 a 23:59, per esempio 09:30"))
        )
    if field.moment is Moment.DATE:
        day = (
            value
            if isinstance(value, date)
            else italian_input.read_date(value)
            if isinstance(value, str)
            else None
        )
        if isinstance(value, datetime):
            day = _on_the_wall(value).date()
        return _within(day) if day else (None, sentence("Scrivi una data che esiste, per esempio 31/01/2026"))
    if isinstance(value, datetime):
        return value.astimezone(ROME) if value.tzinfo else value.replace(tzinfo=ROME), None
    return _day_and_hour(value) if isinstance(value, str) else (None, _wrong_moment())


def _wrong_moment() -> Sentence:
    return sentence("Scrivi la data e l'ora, per esempio 31/01/2026 09:30")


def _day_and_hour(text: str) -> Converted:
    """ "2026-01-31T09:30", "31/01/2026 09:30", or an ISO moment with its offset."""
    try:
        moment = datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        return None, _wrong_moment()
    if moment is not None and moment.tzinfo is not None:
        return (
            (moment.astimezone(ROME), None)
            if FIRST_YEAR <= moment.year <= LAST_YEAR
            else _within(moment.date())
        )
    day_text, _, hour_text = text.replace("T", " ").partition(" ")
    day, hour = italian_input.read_date(day_text), italian_input.read_time(hour_text)
    if day is None or hour is None:
        return None, _wrong_moment()
    if (outside := _within(day)[1]) is not None:
        return None, outside
    there = italian_input.in_rome(day, hour)
    if there is None:
        return None, sentence(
            "Quel giorno alle ore indicate gli orologi passano all'ora legale: scegli un'altra ora"
        )
    return there, None


def _within(day: date) -> Converted:
    if FIRST_YEAR <= day.year <= LAST_YEAR:
        return day, None
    return None, sentence(
        "Controlla l'anno: deve essere fra %(first)s e %(last)s", first=FIRST_YEAR, last=LAST_YEAR
    )


def _on_the_wall(moment: datetime) -> datetime:
    return moment.astimezone(ROME) if moment.tzinfo else moment


def to_strings(field: Field, value: Any) -> list[str]:
    """A value as a person would type it into the page; [] when there is none."""
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
        there = _on_the_wall(value)
        shown = {Moment.DATE: "%Y-%m-%d", Moment.TIME: "%H:%M", Moment.DATETIME: "%Y-%m-%dT%H:%M"}
        return [there.strftime(shown[field.moment])]
    if isinstance(value, time):
        return [value.strftime("%H:%M")]
    if isinstance(value, date):
        return [value.isoformat()]
    return [str(value)]
