"""."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.errors import Finding


@dataclass(frozen=True)
class Definition:
    """One immutable version of a process."""

    id: str
    key: str
    version: int
    name: str
    content_hash: str
    state: str
    starters: tuple[str, ...]
    called: Mapping[str, str]
    deployed_at: datetime
    deployed_by: str
    suspended_at: datetime | None = None

    @property
    def starts(self) -> bool:
        """Whether new cases of it may begin."""
        return self.state == "active" and self.suspended_at is None


@dataclass(frozen=True)
class DeploymentReport:
    """The outcome of deploying one bundle: the version in force, whether it is new, what the lint warns of."""

    definition: Definition
    created: bool
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class ParameterView:
    """A parameter of a process: its default, the value in force for a scope and where that value comes from."""

    definition_key: str
    name: str
    label: str
    help: str
    type: str
    unit: str
    default: Any
    value: Any
    source: str  # "file", or the scope whose override is in force
    per_scope: bool
    changed_at: datetime | None = None
    changed_by: str | None = None
    reason: str | None = None
