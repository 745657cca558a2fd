"""Overrides as they are typed in a form or on the command line; each error belongs to its field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, time

from engine.errors import InvalidInput
from engine.localization import Message, message
from engine.scheduling.overrides.model import (
    DIAGRAM,
    ELEMENT,
    PERIODS,
    ROLLS,
    START,
    UNITS,
    WAIT,
    After,
    At,
    Every,
    Override,
)
from engine.temporal import parse_moment

FIELDS = (
    "genere",
    "data",
    "ora",
    "numero",
    "unita",
    "da",
    "verso",
    "ogni",
    "periodo",
    "giorno",
    "fino",
    "non_lavorativo",
)
"""The names of the fields. `genere` is data, dopo, ogni or diagramma (no override)."""

_MAX_COUNT = {"ore": 100_000, "giorni": 20_000, "lavorativi": 5_000, "settimane": 3_000, "mesi": 600}

_Errors = dict[str, str]
"""The sentence of each field that is wrong."""


def parse_override(fields: Mapping[str, str], tasks: Mapping[str, str] | None = None) -> Override | None:
    """The override that the fields describe; None when the diagram decides.

    `tasks` are the tasks that an offset may be counted from: name by element id. Raises InvalidInput with `fields`.
    """
    errors: _Errors = {}
    kind = fields.get("genere", "").strip()
    time_of_day = _time_of_day(fields, errors)
    roll = fields.get("non_lavorativo", "").strip() or "nessuno"
    if roll not in ROLLS:
        errors["non_lavorativo"] = _choose(ROLLS)
    found: Override | None = None
    if kind == "data":
        found = _at(fields, time_of_day, errors)
    elif kind == "dopo":
        found = _after(fields, time_of_day, roll, errors, tasks or {})
    elif kind == "ogni":
        found = _every(fields, time_of_day, roll, errors)
    elif kind != "diagramma":
        errors["genere"] = message("OVERRIDE_KIND_INVALID")
    if errors:
        raise InvalidInput("OVERRIDE_INVALID", faults=list(errors.values()), fields=errors)
    return found


def _time_of_day(fields: Mapping[str, str], errors: _Errors) -> time | None:
    text = fields.get("ora", "").strip()
    if not text:
        return None
    try:
        if len(text) != 5:
            raise ValueError
        return time.fromisoformat(text)
    except ValueError:
        errors["ora"] = message("OVERRIDE_TIME_INVALID")
        return None


def _at(fields: Mapping[str, str], time_of_day: time | None, errors: _Errors) -> At | None:
    day = _day(fields.get("data", ""), "data", errors)
    if day is None:
        errors.setdefault("data", message("OVERRIDE_DATE_MISSING"))
        return None
    text = f"{day.isoformat()}T{(time_of_day or time(23, 59, 59)).isoformat('seconds')}"
    return At(parse_moment(text).at.astimezone(UTC))


def _after(
    fields: Mapping[str, str], time_of_day: time | None, roll: str, errors: _Errors, tasks: Mapping[str, str]
) -> After:
    unit = fields.get("unita", "").strip()
    if unit not in UNITS:
        errors["unita"] = _choose(UNITS)
    count = _number(fields.get("numero", ""), "numero", 0, _MAX_COUNT.get(unit, 0) or 1, errors)
    anchor = fields.get("da", "").strip() or WAIT
    label = ""
    if anchor.startswith(ELEMENT):
        element = anchor.removeprefix(ELEMENT)
        label = tasks.get(element, "")
        if not label:
            errors["da"] = message("OVERRIDE_ANCHOR_NOT_A_TASK", element=element)
    elif anchor not in (WAIT, START, DIAGRAM):
        errors["da"] = message("OVERRIDE_ANCHOR_INVALID", choices=(WAIT, START, DIAGRAM), task_prefix=ELEMENT)
    direction = fields.get("verso", "").strip() or "dopo"
    if direction not in ("dopo", "prima"):
        errors["verso"] = message("OVERRIDE_DIRECTION_INVALID")
    if unit == "ore" and (time_of_day is not None or roll != "nessuno"):
        errors["ora"] = message("OVERRIDE_HOURS_ARE_EXACT")
    return After(-count if direction == "prima" else count, unit, anchor, label, roll, time_of_day)


def _every(fields: Mapping[str, str], time_of_day: time | None, roll: str, errors: _Errors) -> Every:
    unit = fields.get("periodo", "").strip()
    if unit not in PERIODS:
        errors["periodo"] = _choose(PERIODS)
    count = _number(fields.get("ogni", ""), "ogni", 1, _MAX_COUNT.get(unit, 1), errors)
    day_of_month: int | None = None
    if fields.get("giorno", "").strip():
        day_of_month = _number(fields["giorno"], "giorno", 1, 31, errors)
        if unit != "mesi":
            errors["giorno"] = message("OVERRIDE_DAY_OF_MONTH_NEEDS_MONTHS")
    until = _day(fields.get("fino", ""), "fino", errors)
    return Every(count, unit, day_of_month, until, roll, time_of_day)


def _number(text: str, field: str, least: int, most: int, errors: _Errors) -> int:
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 7 and least <= int(text) <= most:
        return int(text)
    errors.setdefault(field, message("OVERRIDE_NUMBER_INVALID", least=least, most=most))
    return least


def _day(text: str, field: str, errors: _Errors) -> date | None:
    text = text.strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        if not 1900 <= day.year <= 2199:
            raise ValueError
        return day
    except ValueError:
        errors[field] = message("OVERRIDE_DATE_INVALID")
        return None


def _choose(choices: tuple[str, ...]) -> Message:
    return message("OVERRIDE_FIELD_CHOICE", choices=choices)
