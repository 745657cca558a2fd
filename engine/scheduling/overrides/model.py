"""The three kinds of terms: a fixed moment, an offset from a moment of the case, a repetition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

UNITS = ("ore", "giorni", "lavorativi", "settimane", "mesi")
PERIODS = ("giorni", "settimane", "mesi")
ROLLS = ("nessuno", "successivo", "precedente")
"""What is done with a day that is not a working day: nothing, the next working day, the one before."""

WAIT, START, DIAGRAM, ELEMENT = "attesa", "avvio", "diagramma", "elemento:"
"""The moments of a case an offset counts from: when the wait began, when the case began, the date that the diagram
gives, and (with its identifier after the colon) when a task was completed last."""


@dataclass(frozen=True)
class At:
    """A fixed moment, aware."""

    at: datetime


@dataclass(frozen=True)
class After:
    """So many units after (before, when negative) a moment of the case.

    Hours are exact. Everything else counts days in Europe/Rome and ends at `clock`, or at the end of the day without.
    """

    count: int
    unit: str
    anchor: str = WAIT
    anchor_label: str = ""
    roll: str = "nessuno"
    clock: time | None = None


@dataclass(frozen=True)
class Every:
    """Every so many days, weeks or months from the nominal beginning, or on a day of the month (the 31st means the
    last); the last not after the day `until`."""

    count: int
    unit: str
    day_of_month: int | None = None
    until: date | None = None
    roll: str = "nessuno"
    clock: time | None = None


Term = At | After | Every


def values_of(term: Term | None) -> dict[str, Any] | None:
    """A term as plain values, to keep; None (what the diagram says) stays None."""
    if term is None:
        return None
    if isinstance(term, At):
        return {"kind": "data", "at": term.at}
    clock = term.clock.isoformat("seconds") if term.clock else ""
    if isinstance(term, After):
        return {
            "kind": "dopo",
            "count": term.count,
            "unit": term.unit,
            "anchor": term.anchor,
            "anchor_label": term.anchor_label,
            "roll": term.roll,
            "clock": clock,
        }
    return {
        "kind": "ogni",
        "count": term.count,
        "unit": term.unit,
        "day_of_month": term.day_of_month,
        "until": term.until,
        "roll": term.roll,
        "clock": clock,
    }


def term_of(values: Mapping[str, Any] | None) -> Term | None:
    """Back from `values_of`."""
    if values is None:
        return None
    if values["kind"] == "data":
        return At(values["at"])
    rest: dict[str, Any] = {name: value for name, value in values.items() if name != "kind"}
    rest["clock"] = time.fromisoformat(rest["clock"]) if rest["clock"] else None
    return After(**rest) if values["kind"] == "dopo" else Every(**rest)
