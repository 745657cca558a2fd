"""."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class IncidentView:
    """Something that stopped and waits for an administrator."""

    id: str
    instance_id: str | None
    instance_number: int | None
    instance_title: str
    scope: str
    kind: str
    element_id: str
    element_name: str
    sentence: str
    attempts: int
    state: str
    created_at: datetime
    reason: str | None
