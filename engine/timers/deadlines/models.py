"""What the pages and the command line are shown of deadlines: frozen, with nothing left to look up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.scheduling.overrides import Term, sentence
from engine.timers.deadlines.catalogue import Deadline


@dataclass(frozen=True)
class Standing:
    """A term in force in a scope (empty: everywhere), since when and by whom."""

    scope: str
    term: Term
    sentence: str
    since: datetime
    by: str
    reason: str


@dataclass(frozen=True)
class DeadlineLine:
    """A deadline with what is in force, how many running cases wait on it and when the next falls due (UTC)."""

    deadline: Deadline
    standing: tuple[Standing, ...]
    waiting: int
    next_due: datetime | None


@dataclass(frozen=True)
class Change:
    """One change of the history. `undoable` says that it is the one in force and may be undone by a new change."""

    id: int
    deadline: str
    scope: str
    value: Any
    old: Any
    reason: str
    at: datetime
    by: str
    undoes: int | None
    moved: int
    overdue: int
    undoable: bool = False

    @property
    def new_sentence(self) -> str:
        """What was put in force."""
        return sentence(self.value)

    @property
    def old_sentence(self) -> str:
        """What it took the place of."""
        return sentence(self.old)
