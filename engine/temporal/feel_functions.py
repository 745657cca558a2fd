"""The calendar as functions of FEEL: what diagrams, decision tables and forms may ask about dates.

A null argument gives null. Days accept a date or a date and time (its day in Europe/Rome); moments come
back in Europe/Rome.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.errors import InvalidInput
from engine.temporal.anniversaries import age, birthday, repeat_from_anchor
from engine.temporal.iso8601 import Duration, parse_duration
from engine.temporal.timezone import at_time, day_in_rome, end_of_day, in_rome
from engine.temporal.working_days import WorkingCalendar


@dataclass(frozen=True)
class FunctionSignature:
    """A function that expressions may call.

    Its name (words are parted by one space), parameters, and what it is for.
    """

    name: str
    parameters: tuple[str, ...]
    description: str


FEEL_SIGNATURES: tuple[FunctionSignature, ...] = (
    FunctionSignature("oggi", (), "La data di oggi in Italia."),
    FunctionSignature("adesso", (), "Data e ora di adesso in Italia."),
    FunctionSignature(
        "eta",
        ("data di nascita", "alla data"),
        "Gli anni compiuti a una data. Nati il 29 febbraio: il compleanno è il 1° marzo negli anni comuni.",
    ),
    FunctionSignature("compleanno", ("data di nascita", "anni"), "Il giorno in cui si compiono quegli anni."),
    FunctionSignature(
        "giorno lavorativo",
        ("data",),
        "Quel giorno, se è lavorativo nel calendario dell'ambito; altrimenti il successivo.",
    ),
    FunctionSignature(
        "aggiungi giorni lavorativi",
        ("data", "giorni"),
        "La data dopo tanti giorni lavorativi; il primo giorno non si conta; un numero negativo va indietro.",
    ),
    FunctionSignature(
        "giorni lavorativi",
        ("da", "a"),
        "Quanti giorni lavorativi ci sono dopo la prima data, fino alla seconda compresa.",
    ),
    FunctionSignature(
        "ricorrenza",
        ("ancora", "periodo", "volte"),
        "La data di partenza più tante volte il periodo, dalla data nominale (il 31 diventa fine mese).",
    ),
    FunctionSignature(
        "alle ore",
        ("data", "ora"),
        'Quel giorno a quell\'ora italiana, per esempio alle ore(oggi(), "09:00").',
    ),
    FunctionSignature("fine giornata", ("data",), "Le 23:59:59 di quel giorno in Italia."),
)
"""What the expression compiler must know about `feel_bindings`: same names, same order of parameters."""


def feel_bindings(
    calendar: WorkingCalendar | Callable[[], WorkingCalendar], now: datetime
) -> dict[str, Callable[..., Any]]:
    """The functions of `FEEL_SIGNATURES`, for one working calendar and one aware present moment.

    A calendar that takes work to make may be given as the function that makes it: it is called when a day is asked.
    They take and give date, datetime, str and Decimal; InvalidInput when an argument is of the wrong kind.
    """
    here = in_rome(now)

    def days() -> WorkingCalendar:
        return calendar if isinstance(calendar, WorkingCalendar) else calendar()

    functions: dict[str, Callable[..., Any]] = {
        "oggi": lambda: here.date(),
        "adesso": lambda: here,
        "eta": lambda birth, on: Decimal(age(_day(birth), _day(on))),
        "compleanno": lambda birth, years: birthday(_day(birth), _whole(years)),
        "giorno lavorativo": lambda day: days().that_or_next(_day(day)),
        "aggiungi giorni lavorativi": lambda day, n: days().add_working_days(_day(day), _whole(n)),
        "giorni lavorativi": lambda first, last: Decimal(
            days().working_days_between(_day(first), _day(last))
        ),
        "ricorrenza": _recurrence,
        "alle ore": lambda day, clock_time: at_time(_day(day), _time(clock_time)),
        "fine giornata": lambda day: end_of_day(_day(day)),
    }
    return {name: _null_tolerant(function) for name, function in functions.items()}


def _null_tolerant(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        return None if any(argument is None for argument in arguments) else function(*arguments)

    return call


def _recurrence(anchor: Any, period: Any, n: Any) -> Any:
    span, count = _duration(period), _whole(n)
    if isinstance(anchor, datetime):
        return in_rome(repeat_from_anchor(anchor, span, count))
    return repeat_from_anchor(_day(anchor), span, count)


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return day_in_rome(value)
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise InvalidInput(f'{value!r:.60} non è una data: usare date("2026-01-31") o un campo di tipo data')


def _time(value: Any) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str):
        try:
            return time.fromisoformat(value)
        except ValueError:
            pass
    raise InvalidInput(f'{value!r:.60} non è un\'ora: scrivere per esempio "09:00"')


def _whole(value: Any) -> int:
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and value == value.__trunc__():
        return int(value)
    raise InvalidInput(f"{value!r:.60} non è un numero intero")


def _duration(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    if isinstance(value, timedelta):
        return Duration.of(value)
    if isinstance(value, str):
        return parse_duration(value)
    months = getattr(value, "months", None)  # a duration of years and months, as FEEL computes it
    if isinstance(months, int):
        return Duration(months=months)
    raise InvalidInput(f'{value!r:.60} non è una durata: usare duration("P1M") o duration("P14D")')
