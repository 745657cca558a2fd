"""Timers of instances, scheduled starts, and the deadlines with their overrides."""

from engine.timers.deadlines import Deadlines
from engine.timers.models import ScheduledStart, TimerView
from engine.timers.scheduled_starts import ScheduledStarts
from engine.timers.service import Timers

__all__ = ["Deadlines", "ScheduledStart", "ScheduledStarts", "TimerView", "Timers"]
