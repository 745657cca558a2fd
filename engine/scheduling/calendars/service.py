"""The service of calendars: what holds in a scope, its closings, patron saint and Saturdays.

Due dates computed before a change stay where they are; later ones follow it.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection

from engine.access import Actor, ChangedBy, Permission, PermissionMatrix
from engine.access.scopes import scope_names
from engine.clock import Clock
from engine.errors import InvalidInput
from engine.localization import message
from engine.scheduling.calendars.affected_deadlines import AffectedDeadlines, count_affected
from engine.scheduling.calendars.closings import (
    add_closing,
    get_closing,
    withdraw_closing,
    withdrawn_closings,
)
from engine.scheduling.calendars.lookup import read_calendar
from engine.scheduling.calendars.models import CalendarRule, Closing, ScopeCalendar
from engine.scheduling.calendars.rules import rule_history, write_rule
from engine.storage import Database


class Calendars:
    """Reading and changing working days. Every call needs `calendar.write` in the scope concerned."""

    def __init__(self, database: Database, clock: Clock, permissions: PermissionMatrix) -> None:
        self._database = database
        self._clock = clock
        self._permissions = permissions

    def get(self, scope: str, actor: Actor) -> ScopeCalendar:
        """The rules and closings in force in a scope. Raises Forbidden."""
        self._require(actor, scope)
        with self._database.read() as connection:
            return read_calendar(connection, scope)

    def history(self, scope: str, actor: Actor) -> tuple[tuple[CalendarRule, ...], tuple[Closing, ...]]:
        """The rules that the scope has had and its withdrawn closings, the latest first. Raises Forbidden."""
        self._require(actor, scope)
        with self._database.read() as connection:
            return rule_history(connection, scope), withdrawn_closings(connection, scope)

    def count_affected(self, scope: str, first: date, last: date, actor: Actor) -> AffectedDeadlines:
        """How many deadlines are due from `first` to `last` already. Raises Forbidden."""
        self._require(actor, scope)
        with self._database.read() as connection:
            return count_affected(connection, scope, ((first, last),))

    def add_closing(self, scope: str, first: date, last: date, reason: str, actor: Actor) -> str:
        """Close the offices from `first` to `last`, both included, and return the closing's id.

        Raises Forbidden, or InvalidInput with `fields`.
        """
        self._require(actor, scope)
        with self._database.begin() as work:
            check_scope(work.connection, scope)
            by = ChangedBy(actor.id, self._clock.now())
            closing_id = add_closing(work.connection, scope, first, last, reason, by=by)
            check_working_days_left(read_calendar(work.connection, scope))
        return closing_id

    def withdraw_closing(self, closing_id: str, reason: str, actor: Actor) -> Closing:
        """Withdraw a closing: its days count again. Raises NotFound, InvalidInput, Forbidden."""
        with self._database.begin() as work:
            self._require(actor, get_closing(work.connection, closing_id).scope)
            return withdraw_closing(
                work.connection, closing_id, reason, by=ChangedBy(actor.id, self._clock.now())
            )

    def set_rule(self, rule: CalendarRule, actor: Actor) -> bool:
        """Set a scope's Saturdays and patron; False when nothing changes. Raises Forbidden, InvalidInput."""
        self._require(actor, rule.scope)
        with self._database.begin() as work:
            check_scope(work.connection, rule.scope)
            return write_rule(work.connection, rule, by=ChangedBy(actor.id, self._clock.now()))

    # -- within ----------------------------------------------------------------------------------------------------

    def _require(self, actor: Actor, scope: str) -> None:
        self._permissions.require(actor, Permission.CALENDAR_WRITE, scope)


def check_scope(connection: Connection, scope: str) -> None:
    """Raise InvalidInput (field `ambito`) when the scope does not exist; the empty one is above all."""
    if scope and scope not in scope_names(connection):
        raise InvalidInput.for_field("ambito", message("SCOPE_UNKNOWN", scope=f"{scope:.60}"))


def check_working_days_left(calendar: ScopeCalendar) -> None:
    """Raise InvalidInput (field `al`) when a year with closings would have too few working days left."""
    for year in sorted({closing.first.year for closing in calendar.closings}):
        if calendar.working_days.working_days_between(date(year, 1, 1), date(year + 1, 1, 31)) < 20:
            raise InvalidInput.for_field("al", message("YEAR_WITHOUT_WORKING_DAYS", year=year))
