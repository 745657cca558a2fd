"""."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class TimerView:
    """A timer that waits: what it is, when it is due (UTC; None while suspended)."""

    id: str
    instance_id: str
    element_id: str
    name: str
    kind: str
    due_at: datetime | None
    state: str
