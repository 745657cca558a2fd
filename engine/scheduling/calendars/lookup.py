"""The calendar in force in a scope, with what it takes from the scopes above."""

from __future__ import annotations

from sqlalchemy import Connection

from engine.access.actors import scope_chain
from engine.scheduling.calendars.closings import read_closings_in_force
from engine.scheduling.calendars.models import CalendarRule, ScopeCalendar
from engine.scheduling.calendars.rules import read_rules
from engine.temporal import WorkingCalendar


def read_calendar(connection: Connection, scope: str) -> ScopeCalendar:
    """The rules and closings in force in a scope. Two statements."""
    chain = scope_chain(scope)
    closings = read_closings_in_force(connection, chain)
    rules = read_rules(connection, chain)
    return ScopeCalendar(scope, tuple(rules.get(one, CalendarRule(one)) for one in chain), closings)


def working_days(connection: Connection, scope: str) -> WorkingCalendar:
    """The working days in force in a scope."""
    return read_calendar(connection, scope).working_days
