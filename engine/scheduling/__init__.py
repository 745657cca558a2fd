"""When something is due: timer definitions, overrides of deadlines, calendars of scopes, timer start events."""

from engine.scheduling.calendars.ics_import import CalendarFiles
from engine.scheduling.calendars.service import Calendars
from engine.scheduling.timer_definition import Due, RecurrenceState

__all__ = ["CalendarFiles", "Calendars", "Due", "RecurrenceState"]
