"""Overrides of deadlines: what an administrator sets in place of the date that a diagram gives."""

from engine.scheduling.overrides.calculation import due_moment, occurrence
from engine.scheduling.overrides.deadline_keys import start_key, task_keys, timer_key
from engine.scheduling.overrides.description import describe_override
from engine.scheduling.overrides.input import parse_override
from engine.scheduling.overrides.lookup import OverridesInForce, nearest_override, overrides_in_force
from engine.scheduling.overrides.model import After, At, Every, Override, override_from_json, override_to_json

__all__ = [
    "After",
    "At",
    "Every",
    "Override",
    "OverridesInForce",
    "describe_override",
    "due_moment",
    "nearest_override",
    "occurrence",
    "override_from_json",
    "override_to_json",
    "overrides_in_force",
    "parse_override",
    "start_key",
    "task_keys",
    "timer_key",
]
