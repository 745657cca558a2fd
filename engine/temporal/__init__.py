"""Dates and times: Europe/Rome wall time, ISO 8601, Italian holidays and working days, iCalendar files (`ics_…`).

Moments are aware. They are stored and compared in UTC and computed in Europe/Rome wall time.
"""

from engine.temporal.anniversaries import age, birthday, repeat_from_anchor
from engine.temporal.feel_functions import FEEL_SIGNATURES, FunctionSignature, feel_bindings
from engine.temporal.iso8601 import (
    Duration,
    Moment,
    Repetition,
    add_duration,
    add_months,
    parse_duration,
    parse_moment,
    parse_timer_text,
)
from engine.temporal.timezone import (
    ROME,
    at_time,
    day_in_rome,
    end_of_day,
    in_rome,
    resolve_wall_time,
    start_of_day,
)
from engine.temporal.working_days import WorkingCalendar, holiday_names

__all__ = [
    "FEEL_SIGNATURES",
    "ROME",
    "Duration",
    "FunctionSignature",
    "Moment",
    "Repetition",
    "WorkingCalendar",
    "add_duration",
    "add_months",
    "age",
    "at_time",
    "birthday",
    "day_in_rome",
    "end_of_day",
    "feel_bindings",
    "holiday_names",
    "in_rome",
    "parse_duration",
    "parse_moment",
    "parse_timer_text",
    "repeat_from_anchor",
    "resolve_wall_time",
    "start_of_day",
]
