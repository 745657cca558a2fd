"""The workflow engine: runs BPMN processes on SQLite or PostgreSQL. This package exports its public names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.access import SYSTEM, Actor
from engine.access.actors import Membership, actor
from engine.clock import Clock, SystemClock, VirtualClock
from engine.definitions.resources import DeploymentBundle
from engine.errors import (
    BusinessError,
    EngineError,
    ExecutionFailed,
    Finding,
    Forbidden,
    InvalidInput,
    InvalidState,
    Misconfigured,
    NotFound,
    Rejected,
)
from engine.settings import SETTINGS, Settings

__all__ = [
    "SETTINGS",
    "SYSTEM",
    "Actor",
    "BusinessError",
    "Clock",
    "DeploymentBundle",
    "Engine",
    "EngineError",
    "ExecutionFailed",
    "Finding",
    "Forbidden",
    "InvalidInput",
    "InvalidState",
    "Membership",
    "Misconfigured",
    "NotFound",
    "Rejected",
    "Settings",
    "SystemClock",
    "VirtualClock",
    "actor",
]

if TYPE_CHECKING:
    from engine.engine import Engine


def __getattr__(name: str) -> Any:
    """Import `Engine` on its first use, because its services import this package themselves."""
    if name == "Engine":
        from engine.engine import Engine

        return Engine
    raise AttributeError(name)
