"""Closings of an ambito from and to calendar files: seen before anything changes, then applied all or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from engine.access.actors import Actor
from engine.access.audit_register import By
from engine.access.permissions import Permission, PermissionMatrix
from engine.access.scopes import scope_names
from engine.clock import Clock
from engine.errors import InvalidInput
from engine.scheduling.calendars import store as rows
from engine.scheduling.calendars.service import Touched, check_scope, check_still_working, touched_by
from engine.scheduling.calendars.store import MOST_CLOSINGS, Closing, ScopeCalendar
from engine.storage import Database
from engine.temporal import day_in_rome
from engine.temporal.ics_closings import Refusal, Span, read_closings, write_closings

YEARS_AHEAD = 5
"""Of what repeats every year, unless somebody asks for more or less."""
MOST_YEARS_AHEAD = 20


@dataclass(frozen=True)
class ImportPreview:
    """What a file would change in a scope. `endless` names what is cut at the year `until`."""

    scope: str
    until: int
    added: tuple[Span, ...]
    present: tuple[Span, ...]
    refused: tuple[Refusal, ...]
    endless: tuple[str, ...]
    touched: Touched
    """What falls due already on the days that are added: it stays there."""
    problem: str = ""
    """Why the whole would not hold, in Italian; nothing can be applied then."""


class CalendarFiles:
    """Closings in and out as iCalendar. Each call needs `calendar.write` in the scope concerned."""

    def __init__(self, database: Database, clock: Clock, permissions: PermissionMatrix) -> None:
        self._database = database
        self._clock = clock
        self._permissions = permissions

    def preview(self, scope: str, content: bytes, actor: Actor, until: int | None = None) -> ImportPreview:
        """What a file says, beside what the scope has. `until`: the last year of what repeats every year.

        InvalidInput when it is no calendar file or the year is none; Forbidden.
        """
        self._require(actor, scope)
        now = day_in_rome(self._clock.now()).year
        until = now + YEARS_AHEAD if until is None else until
        if not now <= until <= now + MOST_YEARS_AHEAD:
            sentence = f"L'anno va dal {now} al {now + MOST_YEARS_AHEAD}"
            raise InvalidInput(sentence, fields={"fino_al": sentence})
        found = read_closings(content, now, until)
        refused = list(found.refused)
        with self._database.read() as connection:
            check_scope(connection, scope)
            there = set(rows.closed_here(connection, scope))
            calendar = rows.calendar_of(connection, scope)
            added: list[Span] = []
            present: list[Span] = []
            for span in found.spans:
                if (span.first, span.last) in there:
                    present.append(span)
                elif why := _why_not(span):
                    refused.append(Refusal(span.name, why))
                else:
                    there.add((span.first, span.last))
                    added.append(span)
            touched = touched_by(connection, scope, ((span.first, span.last) for span in added))
        return ImportPreview(
            scope,
            until,
            tuple(added),
            tuple(present),
            tuple(refused),
            found.endless,
            touched,
            self._problem(calendar, added, len(there)),
        )

    def apply(self, scope: str, spans: Sequence[Span], reason: str, actor: Actor) -> int:
        """Write the closings that are not there yet, all or none; gives how many. InvalidInput with `fields`."""
        self._require(actor, scope)
        with self._database.begin() as work:
            check_scope(work.connection, scope)
            by = By(actor.id, self._clock.now())
            wanted = [(span.first, span.last, span.name) for span in spans]
            made = rows.close_all(work.connection, scope, wanted, reason, by=by)
            check_still_working(rows.calendar_of(work.connection, scope))
        return made

    def export(self, scope: str, actor: Actor) -> bytes:
        """The closings in force of the scope itself, as a file that reads back the same. Forbidden."""
        self._require(actor, scope)
        with self._database.read() as connection:
            check_scope(connection, scope)
            own = [one for one in rows.calendar_of(connection, scope).closings if one.scope == scope]
            title = scope_names(connection).get(scope, "") if scope else "Tutti gli ambiti"
        closings = ((one.id, Span(one.first, one.last, one.reason), one.created_at) for one in own)
        return write_closings(closings, f"Chiusure: {title}")

    # -- within ----------------------------------------------------------------------------------------------------

    def _require(self, actor: Actor, scope: str) -> None:
        self._permissions.require(actor, Permission.CALENDAR_WRITE, scope)

    def _problem(self, calendar: ScopeCalendar, added: Sequence[Span], closings: int) -> str:
        if closings > MOST_CLOSINGS:
            return f"Sarebbero {closings} chiusure: un ambito ne ha al massimo {MOST_CLOSINGS}"
        now = self._clock.now()
        more = tuple(Closing("", calendar.scope, one.first, one.last, one.name, now, "") for one in added)
        try:
            check_still_working(replace(calendar, closings=calendar.closings + more))
        except InvalidInput as problem:
            return problem.message
        return ""


def _why_not(span: Span) -> str:
    try:
        rows.check_span(span.first, span.last)
    except InvalidInput as problem:
        return f"{_days(span.first, span.last)}: {problem.message[0].lower()}{problem.message[1:]}"
    return ""


def _days(first: date, last: date) -> str:
    return f"il {first:%d/%m/%Y}" if first == last else f"dal {first:%d/%m/%Y} al {last:%d/%m/%Y}"
