"""The three kinds of overrides of a deadline: a fixed moment, an offset from a moment of the instance, a repetition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

UNITS = ("ore", "giorni", "lavorativi", "settimane", "mesi")
"""The units of an offset."""
PERIODS = ("giorni", "settimane", "mesi")
"""The units of a repetition."""
ROLLS = ("nessuno", "successivo", "precedente")
"""Where a date that is not a working day goes: it stays, to the next working day, to the one before."""

WAIT, START, DIAGRAM, ELEMENT = "attesa", "avvio", "diagramma", "elemento:"
"""The anchors of an offset: the beginning of the wait, the start of the instance, the date that the diagram gives, the
last completion of a task (its identifier follows the colon)."""


@dataclass(frozen=True)
class At:
    """A fixed moment, aware."""

    at: datetime


@dataclass(frozen=True)
class After:
    """`count` units after an anchor, before it when negative.

    Hours are exact. All other units count days in Europe/Rome; the result is due at `time_of_day`, without one at the
    end of the day. `anchor_label` is the name of the task when the anchor is one.
    """

    count: int
    unit: str
    anchor: str = WAIT
    anchor_label: str = ""
    roll: str = "nessuno"
    time_of_day: time | None = None


@dataclass(frozen=True)
class Every:
    """A repetition every `count` days, weeks or months, counted from the beginning of the wait.

    With `day_of_month` it falls on that day of the month (31 means the last one). `until` is the last possible day.
    """

    count: int
    unit: str
    day_of_month: int | None = None
    until: date | None = None
    roll: str = "nessuno"
    time_of_day: time | None = None


Override = At | After | Every


def override_to_json(override: Override | None) -> dict[str, Any] | None:
    """An override as it is stored; None (the diagram decides) stays None."""
    if override is None:
        return None
    if isinstance(override, At):
        return {"kind": "data", "at": override.at}
    clock = override.time_of_day.isoformat("seconds") if override.time_of_day else ""
    if isinstance(override, After):
        return {
            "kind": "dopo",
            "count": override.count,
            "unit": override.unit,
            "anchor": override.anchor,
            "anchor_label": override.anchor_label,
            "roll": override.roll,
            "clock": clock,
        }
    return {
        "kind": "ogni",
        "count": override.count,
        "unit": override.unit,
        "day_of_month": override.day_of_month,
        "until": override.until,
        "roll": override.roll,
        "clock": clock,
    }


def override_from_json(stored: Mapping[str, Any] | None) -> Override | None:
    """The inverse of `override_to_json`."""
    if stored is None:
        return None
    if stored["kind"] == "data":
        return At(stored["at"])
    fields: dict[str, Any] = {name: value for name, value in stored.items() if name not in ("kind", "clock")}
    fields["time_of_day"] = time.fromisoformat(stored["clock"]) if stored["clock"] else None
    return After(**fields) if stored["kind"] == "dopo" else Every(**fields)
