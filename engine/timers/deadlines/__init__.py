"""Deadlines: the timers and due dates of all processes, their overrides, and the due dates of one instance."""

from engine.timers.deadlines.catalogue import Deadline, DeadlineUse
from engine.timers.deadlines.instance_deadlines import InstanceDeadline, InstanceDeadlines, SuspensionRecord
from engine.timers.deadlines.models import ActiveOverride, DeadlineChange, DeadlineOverview
from engine.timers.deadlines.preview import DeadlinePreview, DueDateChange
from engine.timers.deadlines.service import Deadlines

__all__ = [
    "ActiveOverride",
    "Deadline",
    "DeadlineChange",
    "DeadlineOverview",
    "DeadlinePreview",
    "DeadlineUse",
    "Deadlines",
    "DueDateChange",
    "InstanceDeadline",
    "InstanceDeadlines",
    "SuspensionRecord",
]
