"""When a late task is reported: so many working days after its due date."""

from __future__ import annotations

from datetime import UTC, datetime, time

from engine.temporal import WorkingCalendar, at_time, day_in_rome


def overdue_moment(due: datetime, working_days: int, calendar: WorkingCalendar) -> datetime:
    """When a task not done by `due` (aware) is late by so many working days: 09:00 Europe/Rome of that day, in UTC."""
    return at_time(calendar.add_working_days(day_in_rome(due), working_days), time(9)).astimezone(UTC)
