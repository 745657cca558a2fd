"""The working calendar of a scope: its rules, closings, and the working days that follow from them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from engine.temporal import WorkingCalendar


@dataclass(frozen=True)
class CalendarRule:
    """What a scope sets itself: whether Saturdays are closed, and the patron saint with the day (``MM-DD``).

    A `saturday_closed` of None and an empty `patron_day` mean: as the scope above. `at` is UTC.
    """

    scope: str
    saturday_closed: bool | None = None
    patron_name: str = ""
    patron_day: str = ""
    reason: str = ""
    at: datetime | None = None
    by: str = ""


@dataclass(frozen=True)
class Closing:
    """Days, first and last included, on which the offices of a scope and of those below are closed. Moments are UTC."""

    id: str
    scope: str
    first: date
    last: date
    reason: str
    created_at: datetime
    created_by: str
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_reason: str | None = None

    @property
    def days(self) -> Iterable[date]:
        """Its days, in order."""
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


@dataclass(frozen=True)
class ScopeCalendar:
    """The rules and closings that hold in a scope: its own and those of the scopes above.

    `rules` begins with the scope's own, then come those above; a scope that sets nothing has an empty rule.
    """

    scope: str
    rules: tuple[CalendarRule, ...]
    closings: tuple[Closing, ...]

    @property
    def saturday(self) -> CalendarRule:
        """The rule that decides about Saturdays; the outermost, an empty one, when none does."""
        return next((rule for rule in self.rules if rule.saturday_closed is not None), self.rules[-1])

    @property
    def patron(self) -> CalendarRule:
        """The rule that names the patron; its `patron_day` is empty when none does."""
        return next((rule for rule in self.rules if rule.patron_day), self.rules[-1])

    @property
    def working_days(self) -> WorkingCalendar:
        """The working days."""
        month, _, day = self.patron.patron_day.partition("-")
        return WorkingCalendar(
            patron=(int(month), int(day)) if month else None,
            saturday_is_holiday=bool(self.saturday.saturday_closed),
            closings=frozenset(day for closing in self.closings for day in closing.days),
        )
