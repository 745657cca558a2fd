"""The records of the history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Event:
    """An entry of the log: what happened (`kind`), when (UTC), by whom, at which element of which definition."""

    id: int
    instance_id: str | None
    at: datetime
    actor_id: str
    kind: str
    element_id: str | None
    element_name: str | None
    definition_id: str | None
    data: Mapping[str, Any] = field(default_factory=dict)
