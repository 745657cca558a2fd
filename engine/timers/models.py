"""Views of timers and of scheduled starts: frozen, safe to hand to pages and commands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class TimerView:
    """A timer of an instance; `due_at` (UTC) is None while the instance is suspended."""

    id: str
    instance_id: str
    element_id: str
    name: str
    kind: str
    due_at: datetime | None
    state: str


@dataclass(frozen=True)
class ScheduledStart:
    """An instance that will start by itself: when (UTC), of which definition, at which start event, in which scope."""

    definition_id: str
    definition_name: str
    element_id: str
    name: str
    scope: str
    due_at: datetime
    repeats: bool
    """Whether another one follows."""
