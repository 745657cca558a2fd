"""Records returned by the services of definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.definitions.parameter_bounds import NO_BOUNDS, Bounds
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
    def is_startable(self) -> bool:
        """Whether new instances of it may be started."""
        return self.state == "active" and self.suspended_at is None


@dataclass(frozen=True)
class DeploymentReport:
    """The outcome of deploying one bundle: the latest version, whether it is new, and the warnings of the lint."""

    definition: Definition
    created: bool
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class ParameterView:
    """A parameter of a process: its default, the value in force in a scope and the scope that value comes from."""

    definition_key: str
    name: str
    label: str
    help: str
    type: str
    unit: str
    default: Any
    value: Any
    source: str  # "file", or the scope whose value is in force
    per_scope: bool
    changed_at: datetime | None = None
    changed_by: str | None = None
    reason: str | None = None
    bounds: Bounds = NO_BOUNDS
