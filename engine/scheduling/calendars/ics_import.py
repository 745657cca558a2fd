"""Closings of a scope from and to iCalendar files: previewed first, then added all or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.access import Actor, ChangedBy, Permission, PermissionMatrix
from engine.access.scopes import scope_names
from engine.clock import Clock
from engine.errors import InvalidInput
from engine.localization import message
from engine.scheduling.calendars.affected_deadlines import AffectedDeadlines, count_affected
from engine.scheduling.calendars.closings import MAX_CLOSINGS, add_closings, check_span, own_closed_spans
from engine.scheduling.calendars.lookup import read_calendar
from engine.scheduling.calendars.models import Closing, ScopeCalendar
from engine.scheduling.calendars.service import check_scope, check_working_days_left
from engine.storage import Database
from engine.temporal import day_in_rome
from engine.temporal.ics_closings import RefusedEvent, Span, read_closings, write_closings

YEARS_AHEAD = 5
"""How many years of recurring events are read by default."""
MAX_YEARS_AHEAD = 20


@dataclass(frozen=True)
class ImportPreview:
    """What a file would change in a scope.

    `endless` names the events that are read up to the year `until` only. `affected` counts what is already due on the
    added days and stays there. With a `problem` nothing can be applied.
    """

    scope: str
    until: int
    added: tuple[Span, ...]
    present: tuple[Span, ...]
    refused: tuple[RefusedEvent, ...]
    endless: tuple[str, ...]
    affected: AffectedDeadlines
    problem: str = ""


class CalendarFiles:
    """Import and export of closings as iCalendar files. Every call needs `calendar.write` in the scope concerned."""

    def __init__(self, database: Database, clock: Clock, permissions: PermissionMatrix) -> None:
        self._database = database
        self._clock = clock
        self._permissions = permissions

    def preview(self, scope: str, content: bytes, actor: Actor, until: int | None = None) -> ImportPreview:
        """What a file would change. `until` is the last year of recurring events.

        Raises Forbidden, or InvalidInput with `fields` for a file that is no calendar and for a wrong year.
        """
        self._require(actor, scope)
        year = day_in_rome(self._clock.now()).year
        until = year + YEARS_AHEAD if until is None else until
        if not year <= until <= year + MAX_YEARS_AHEAD:
            problem = message("CALENDAR_YEAR_OUT_OF_RANGE", first=year, last=year + MAX_YEARS_AHEAD)
            raise InvalidInput.for_field("fino_al", problem)
        found = read_closings(content, year, until)
        refused = list(found.refused)
        with self._database.read() as connection:
            check_scope(connection, scope)
            closed = set(own_closed_spans(connection, scope))
            calendar = read_calendar(connection, scope)
            added: list[Span] = []
            present: list[Span] = []
            for span in found.spans:
                if (span.first, span.last) in closed:
                    present.append(span)
                elif reason := _refusal(span):
                    refused.append(RefusedEvent(span.name, reason))
                else:
                    closed.add((span.first, span.last))
                    added.append(span)
            affected = count_affected(connection, scope, ((span.first, span.last) for span in added))
        return ImportPreview(
            scope,
            until,
            tuple(added),
            tuple(present),
            tuple(refused),
            found.endless,
            affected,
            self._problem(calendar, added, len(closed)),
        )

    def apply(self, scope: str, spans: Sequence[Span], reason: str, actor: Actor) -> int:
        """Add the closings that are not there yet, all or none, and return how many.

        Raises Forbidden, or InvalidInput with `fields`.
        """
        self._require(actor, scope)
        with self._database.begin() as work:
            check_scope(work.connection, scope)
            by = ChangedBy(actor.id, self._clock.now())
            wanted = [(span.first, span.last, span.name) for span in spans]
            count = add_closings(work.connection, scope, wanted, reason, by=by)
            check_working_days_left(read_calendar(work.connection, scope))
        return count

    def export(self, scope: str, actor: Actor) -> bytes:
        """The closings in force of the scope itself as an iCalendar file. Raises Forbidden."""
        self._require(actor, scope)
        with self._database.read() as connection:
            check_scope(connection, scope)
            own = [one for one in read_calendar(connection, scope).closings if one.scope == scope]
            title = scope_names(connection).get(scope, "") if scope else "Tutti gli ambiti"
        closings = ((one.id, Span(one.first, one.last, one.reason), one.created_at) for one in own)
        return write_closings(closings, f"Chiusure: {title}")

    # -- within ----------------------------------------------------------------------------------------------------

    def _require(self, actor: Actor, scope: str) -> None:
        self._permissions.require(actor, Permission.CALENDAR_WRITE, scope)

    def _problem(self, calendar: ScopeCalendar, added: Sequence[Span], closings: int) -> str:
        """Why the closings cannot be added, or an empty text."""
        if closings > MAX_CLOSINGS:
            return message("TOO_MANY_CLOSINGS_AFTER_IMPORT", number=closings, most=MAX_CLOSINGS)
        now = self._clock.now()
        more = tuple(Closing("", calendar.scope, one.first, one.last, one.name, now, "") for one in added)
        try:
            check_working_days_left(replace(calendar, closings=calendar.closings + more))
        except InvalidInput as problem:
            return problem.message
        return ""


def _refusal(span: Span) -> str:
    """Why these days cannot be one closing, or an empty text."""
    try:
        check_span(span.first, span.last)
    except InvalidInput as problem:
        if span.first == span.last:
            return message("CLOSING_REFUSED_ON_DAY", first=span.first, problem=problem.message)
        return message("CLOSING_REFUSED_ON_DAYS", first=span.first, last=span.last, problem=problem.message)
    return ""
