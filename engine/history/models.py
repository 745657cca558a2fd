"""."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Event:
    """A line of the log: who, when, what, on which element, under which version of the diagram."""

    id: int
    instance_id: str | None
    at: datetime
    actor_id: str
    kind: str
    element_id: str | None
    element_name: str | None
    definition_id: str | None
    data: Mapping[str, Any] = field(default_factory=dict)
