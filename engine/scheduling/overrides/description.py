"""A term in a sentence: «15 giorni lavorativi dopo l'avvio della pratica, alle 09:00»."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.scheduling.overrides.model import DIAGRAM, START, WAIT, After, At, Every, Term, term_of
from engine.temporal import in_rome

_ONE_MANY = {
    "ore": ("ora", "ore"),
    "giorni": ("giorno", "giorni"),
    "lavorativi": ("giorno lavorativo", "giorni lavorativi"),
    "settimane": ("settimana", "settimane"),
    "mesi": ("mese", "mesi"),
}
ANCHORS = {
    WAIT: ("dopo l'inizio dell'attesa", "prima dell'inizio dell'attesa"),
    START: ("dopo l'avvio della pratica", "prima dell'avvio della pratica"),
    DIAGRAM: ("dopo la data prevista dal diagramma", "prima della data prevista dal diagramma"),
}
_ROLLS = {
    "nessuno": "",
    "successivo": "; se non è lavorativo, il primo giorno lavorativo dopo",
    "precedente": "; se non è lavorativo, l'ultimo giorno lavorativo prima",
}


def moment_words(at: datetime) -> str:
    """``31/01/2016 alle 23:59`` in Europe/Rome."""
    return f"{in_rome(at):%d/%m/%Y} alle {in_rome(at):%H:%M}"


def counted(count: int, unit: str) -> str:
    """``1 mese``, ``15 giorni lavorativi``."""
    return f"{abs(count)} {_ONE_MANY[unit][abs(count) != 1]}"


def sentence_of(term: Term) -> str:
    """The sentence of a term."""
    if isinstance(term, At):
        return f"il {moment_words(term.at)}"
    clock = f", alle {term.clock:%H:%M}" if term.clock else ""
    end = f"{clock}{_ROLLS[term.roll]}"
    if isinstance(term, After):
        return f"{_offset(term)}{'' if term.unit == 'ore' else end}"
    until = f", fino al {term.until:%d/%m/%Y}" if term.until else ""
    return f"{_period(term)}{until}{end}"


def sentence(values: Mapping[str, Any] | None) -> str:
    """The sentence of a term kept as plain values; what the diagram says when there is none."""
    term = term_of(values)
    return "come dice il diagramma" if term is None else sentence_of(term)


def _offset(term: After) -> str:
    after, before = ANCHORS.get(term.anchor) or (
        f"dopo «{term.anchor_label or term.anchor.partition(':')[2]}»",
        f"prima di «{term.anchor_label or term.anchor.partition(':')[2]}»",
    )
    if term.count == 0:
        return (
            after.replace("dopo l'", "all'").replace("dopo la ", "alla ").replace("dopo «", "al termine di «")
        )
    return f"{counted(term.count, term.unit)} {after if term.count > 0 else before}"


def _period(term: Every) -> str:
    if term.day_of_month is not None:
        months = "di ogni mese" if term.count == 1 else f"ogni {term.count} mesi"
        return f"il giorno {term.day_of_month} {months}"
    one, many = _ONE_MANY[term.unit]
    return f"ogni {one}" if term.count == 1 else f"ogni {term.count} {many}"
