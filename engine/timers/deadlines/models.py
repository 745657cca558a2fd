"""Views of deadlines for the pages and the command line: frozen, complete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.scheduling.overrides import Override, describe_override, override_from_json
from engine.timers.deadlines.catalogue import Deadline


@dataclass(frozen=True)
class ActiveOverride:
    """An override in force in a scope (empty: everywhere), with its sentence, since when (UTC), set by whom and why."""

    scope: str
    override: Override
    sentence: str
    since: datetime
    by: str
    reason: str


@dataclass(frozen=True)
class DeadlineOverview:
    """A deadline with its overrides in force, how many running instances wait for it and the next due date (UTC)."""

    deadline: Deadline
    overrides: tuple[ActiveOverride, ...]
    waiting: int
    next_due: datetime | None


@dataclass(frozen=True)
class DeadlineChange:
    """A change of an override from `old` to `value`, both as stored. `undoable`: it is the latest one of its scope."""

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
        """The new override in a sentence."""
        return describe_override(override_from_json(self.value))

    @property
    def old_sentence(self) -> str:
        """The previous override in a sentence."""
        return describe_override(override_from_json(self.old))
