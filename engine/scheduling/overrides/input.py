"""Terms as they are typed in a form or on the command line: strict, each refusal beside its field."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, time

from engine.errors import InvalidInput
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
    Term,
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
"""The names of the fields. `genere` is data, dopo, ogni or diagramma (None: what the diagram says)."""

MOST = {"ore": 100_000, "giorni": 20_000, "lavorativi": 5_000, "settimane": 3_000, "mesi": 600}


def read_term(fields: Mapping[str, str], elements: Mapping[str, str] | None = None) -> Term | None:
    """The term of the fields. `elements` are the tasks that may be counted from, by identifier, with their names.

    InvalidInput holds a sentence for each field that is wrong.
    """
    wrong: dict[str, str] = {}
    kind = fields.get("genere", "").strip()
    clock = _clock(fields, wrong)
    roll = fields.get("non_lavorativo", "").strip() or "nessuno"
    if roll not in ROLLS:
        wrong["non_lavorativo"] = f"Scegli fra {', '.join(ROLLS)}"
    found: Term | None = None
    if kind == "data":
        found = _at(fields, clock, wrong)
    elif kind == "dopo":
        found = _after(fields, clock, roll, wrong, elements or {})
    elif kind == "ogni":
        found = _every(fields, clock, roll, wrong)
    elif kind != "diagramma":
        wrong["genere"] = "Scegli fra data, dopo, ogni e diagramma"
    if wrong:
        raise InvalidInput("La scadenza non si legge: " + "; ".join(wrong.values()), fields=wrong)
    return found


def _clock(fields: Mapping[str, str], wrong: dict[str, str]) -> time | None:
    text = fields.get("ora", "").strip()
    if not text:
        return None
    try:
        if len(text) != 5:
            raise ValueError
        return time.fromisoformat(text)
    except ValueError:
        wrong["ora"] = "L'ora si scrive 09:00; vuota vale la fine della giornata"
        return None


def _at(fields: Mapping[str, str], clock: time | None, wrong: dict[str, str]) -> At | None:
    day = _day(fields.get("data", ""), "data", wrong)
    if day is None:
        wrong.setdefault("data", "Scrivi la data")
        return None
    text = f"{day.isoformat()}T{(clock or time(23, 59, 59)).isoformat('seconds')}"
    return At(parse_moment(text).at.astimezone(UTC))


def _after(
    fields: Mapping[str, str],
    clock: time | None,
    roll: str,
    wrong: dict[str, str],
    elements: Mapping[str, str],
) -> After:
    unit = fields.get("unita", "").strip()
    if unit not in UNITS:
        wrong["unita"] = f"Scegli fra {', '.join(UNITS)}"
    count = _number(fields.get("numero", ""), "numero", 0, MOST.get(unit, 0) or 1, wrong)
    anchor = fields.get("da", "").strip() or WAIT
    label = ""
    if anchor.startswith(ELEMENT):
        label = elements.get(anchor.removeprefix(ELEMENT), "")
        if not label:
            wrong["da"] = f"«{anchor.removeprefix(ELEMENT)}» non è un compito di questo processo"
    elif anchor not in (WAIT, START, DIAGRAM):
        wrong["da"] = f"Scegli fra {WAIT}, {START}, {DIAGRAM}, oppure {ELEMENT}IDENTIFICATIVO"
    direction = fields.get("verso", "").strip() or "dopo"
    if direction not in ("dopo", "prima"):
        wrong["verso"] = "Scegli fra dopo e prima"
    if unit == "ore" and (clock is not None or roll != "nessuno"):
        wrong["ora"] = "Le ore si contano esatte: lascia vuoti l'ora e il giorno non lavorativo"
    return After(-count if direction == "prima" else count, unit, anchor, label, roll, clock)


def _every(fields: Mapping[str, str], clock: time | None, roll: str, wrong: dict[str, str]) -> Every:
    unit = fields.get("periodo", "").strip()
    if unit not in PERIODS:
        wrong["periodo"] = f"Scegli fra {', '.join(PERIODS)}"
    count = _number(fields.get("ogni", ""), "ogni", 1, MOST.get(unit, 1), wrong)
    on: int | None = None
    if fields.get("giorno", "").strip():
        on = _number(fields["giorno"], "giorno", 1, 31, wrong)
        if unit != "mesi":
            wrong["giorno"] = "Il giorno del mese vale solo per i mesi"
    until = _day(fields.get("fino", ""), "fino", wrong)
    return Every(count, unit, on, until, roll, clock)


def _number(text: str, field: str, least: int, most: int, wrong: dict[str, str]) -> int:
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) <= 7 and least <= int(text) <= most:
        return int(text)
    wrong.setdefault(field, f"Serve un numero intero fra {least} e {most}")
    return least


def _day(text: str, field: str, wrong: dict[str, str]) -> date | None:
    text = text.strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        if not 1900 <= day.year <= 2199:
            raise ValueError
        return day
    except ValueError:
        wrong[field] = "La data si scrive 2026-01-31 (anni 1900–2199)"
        return None
