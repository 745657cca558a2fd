"""Overrides described in an Italian sentence: «15 giorni lavorativi dopo l'avvio della pratica, alle 09:00»."""

from __future__ import annotations

from datetime import datetime

from engine.scheduling.overrides.model import (
    DIAGRAM,
    START,
    WAIT,
    After,
    At,
    Every,
    Override,
)
from engine.temporal import in_rome

_ONE_MANY = {
    "ore": ("ora", "ore"),
    "giorni": ("giorno", "giorni"),
    "lavorativi": ("giorno lavorativo", "giorni lavorativi"),
    "settimane": ("settimana", "settimane"),
    "mesi": ("mese", "mesi"),
}
_ANCHORS = {
    WAIT: ("dopo l'inizio dell'attesa", "prima dell'inizio dell'attesa"),
    START: ("dopo l'avvio della pratica", "prima dell'avvio della pratica"),
    DIAGRAM: ("dopo la data prevista dal diagramma", "prima della data prevista dal diagramma"),
}
_ROLLS = {
    "nessuno": "",
    "successivo": "; se non è lavorativo, il primo giorno lavorativo dopo",
    "precedente": "; se non è lavorativo, l'ultimo giorno lavorativo prima",
}


def format_moment(at: datetime) -> str:
    """``31/01/2016 alle 23:59`` in Europe/Rome."""
    return f"{in_rome(at):%d/%m/%Y} alle {in_rome(at):%H:%M}"


def _counted(count: int, unit: str) -> str:
    """``1 mese``, ``15 giorni lavorativi``."""
    return f"{abs(count)} {_ONE_MANY[unit][abs(count) != 1]}"


def describe_override(override: Override | None) -> str:
    """The sentence of an override; of None, that the diagram decides."""
    if override is None:
        return "come dice il diagramma"
    if isinstance(override, At):
        return f"il {format_moment(override.at)}"
    clock = f", alle {override.time_of_day:%H:%M}" if override.time_of_day else ""
    end = f"{clock}{_ROLLS[override.roll]}"
    if isinstance(override, After):
        return f"{_offset(override)}{'' if override.unit == 'ore' else end}"
    until = f", fino al {override.until:%d/%m/%Y}" if override.until else ""
    return f"{_period(override)}{until}{end}"


def _offset(override: After) -> str:
    after, before = _ANCHORS.get(override.anchor) or (
        f"dopo «{override.anchor_label or override.anchor.partition(':')[2]}»",
        f"prima di «{override.anchor_label or override.anchor.partition(':')[2]}»",
    )
    if override.count == 0:
        return (
            after.replace("dopo l'", "all'").replace("dopo la ", "alla ").replace("dopo «", "al termine di «")
        )
    return f"{_counted(override.count, override.unit)} {after if override.count > 0 else before}"


def _period(override: Every) -> str:
    if override.day_of_month is not None:
        months = "di ogni mese" if override.count == 1 else f"ogni {override.count} mesi"
        return f"il giorno {override.day_of_month} {months}"
    one, many = _ONE_MANY[override.unit]
    return f"ogni {one}" if override.count == 1 else f"ogni {override.count} {many}"
