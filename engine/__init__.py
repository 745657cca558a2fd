"""The BPM engine. This is its public door: what is not named here is nobody else's business."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.access.actors import SYSTEM, Actor, Membership, actor
from engine.clock import Clock, SystemClock, VirtualClock
from engine.definitions.resources import Bundle
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
    "Bundle",
    "BusinessError",
    "Clock",
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
    """`Engine` is loaded when it is first asked for: the rooms it wires import this package themselves."""
    if name == "Engine":
        from engine.engine import Engine

        return Engine
    raise AttributeError(name)
