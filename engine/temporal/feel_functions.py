"""The functions of dates and working days that FEEL expressions may call.

A null argument gives null. Where a day is expected a date and time means its day in Europe/Rome; moments are returned
in Europe/Rome.
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
    """A function that expressions may call: its name (words are separated by one space), parameters and purpose."""

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
"""The signatures of the functions in `feel_bindings`, for the compiler of expressions."""


def feel_bindings(
    calendar: WorkingCalendar | Callable[[], WorkingCalendar], now: datetime
) -> dict[str, Callable[..., Any]]:
    """The functions of `FEEL_SIGNATURES` for a working calendar and the present moment (aware).

    The calendar may be given as a function, which is called when a working day is asked for. The functions take and
    return date, datetime, str and Decimal; they raise InvalidInput for an argument of the wrong type.
    """
    now_in_rome = in_rome(now)

    def days() -> WorkingCalendar:
        return calendar if isinstance(calendar, WorkingCalendar) else calendar()

    functions: dict[str, Callable[..., Any]] = {
        "oggi": lambda: now_in_rome.date(),
        "adesso": lambda: now_in_rome,
        "eta": lambda birth, on: Decimal(age(_day(birth), _day(on))),
        "compleanno": lambda birth, years: birthday(_day(birth), _whole(years)),
        "giorno lavorativo": lambda day: days().next_or_same(_day(day)),
        "aggiungi giorni lavorativi": lambda day, n: days().add_working_days(_day(day), _whole(n)),
        "giorni lavorativi": lambda first, last: Decimal(
            days().working_days_between(_day(first), _day(last))
        ),
        "ricorrenza": _recurrence,
        "alle ore": lambda day, time_of_day: at_time(_day(day), _time(time_of_day)),
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
    raise InvalidInput("ARGUMENT_NOT_A_DATE", value=_shown(value))


def _time(value: Any) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str):
        try:
            return time.fromisoformat(value)
        except ValueError:
            pass
    raise InvalidInput("ARGUMENT_NOT_A_TIME", value=_shown(value))


def _whole(value: Any) -> int:
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and value == value.__trunc__():
        return int(value)
    raise InvalidInput("ARGUMENT_NOT_A_WHOLE_NUMBER", value=_shown(value))


def _duration(value: Any) -> Duration:
    if isinstance(value, Duration):
        return value
    if isinstance(value, timedelta):
        return Duration.of(value)
    if isinstance(value, str):
        return parse_duration(value)
    months = getattr(value, "months", None)  # a FEEL duration of years and months
    if isinstance(months, int):
        return Duration(months=months)
    raise InvalidInput("ARGUMENT_NOT_A_DURATION", value=_shown(value))


def _shown(value: Any) -> str:
    return f"{value!r:.60}"
