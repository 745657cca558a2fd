"""The service of deadlines: what there is and what is in force; a change is previewed, applied, told, undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from engine.access.actors import SYSTEM, Actor, covers
from engine.access.permissions import Permission, PermissionMatrix
from engine.errors import InvalidInput, InvalidState, NotFound
from engine.execution.environment import RunHost
from engine.execution.step_runner import Stepper, require_reason
from engine.scheduling.overrides import Every, Term, term_of, values_of
from engine.scheduling.overrides.deadline_keys import STARTS
from engine.scheduling.overrides.embedded import worth
from engine.scheduling.overrides.lookup import nearest, terms_in_force
from engine.service_tasks import InstanceRef
from engine.storage import UnitOfWork
from engine.storage.configuration_version import configuration_changed
from engine.storage.sql.bulk_memory import much_memory
from engine.storage.tables import instance
from engine.storage.tables.deadlines import deadline_change
from engine.storage.triggers.job_queue import one_hint
from engine.temporal import WorkingCalendar
from engine.timers.deadlines.bulk_update import move
from engine.timers.deadlines.case_timers import CaseClocks, clocks_of
from engine.timers.deadlines.catalogue import Deadline, read_catalogue
from engine.timers.deadlines.columns import places_of, reaching
from engine.timers.deadlines.embedded_expressions import keys_around, rework, with_reworked, write_reworked
from engine.timers.deadlines.models import Change, DeadlineLine
from engine.timers.deadlines.notifications import tell_holders, write_log
from engine.timers.deadlines.preview import SHOWN, Aim, Calendars, Preview, measure
from engine.timers.deadlines.single_case import move_one
from engine.timers.deadlines.start_timers import measure_starts, require_start_term, write_starts
from engine.timers.deadlines.summary import in_force, latest_ids, together, waiting

Write = Callable[[int, int], None]
"""Writes what a change does, given the numbers of the change and of the log's line that tells of it."""


class Deadlines:
    """Everything about deadlines. Reading and changing need `deadline.write`, a change in the scope it is made for."""

    def __init__(self, stepper: Stepper, permissions: PermissionMatrix) -> None:
        self._stepper = stepper
        self._permissions = permissions

    # -- reading ---------------------------------------------------------------------------------------------------

    def list(self, actor: Actor) -> tuple[DeadlineLine, ...]:
        """Every deadline of the latest versions, in the order of processes and diagrams."""
        self._permissions.require(actor, Permission.DEADLINE_WRITE)
        found = read_catalogue(self._stepper.repository)
        with self._stepper.database.read() as connection:
            found_waiting, standing = waiting(connection), in_force(connection)
        return tuple(
            DeadlineLine(one, tuple(standing.get(one.key, ())), *together(one, found_waiting))
            for one in found.values()
        )

    def get(self, key: str, actor: Actor) -> DeadlineLine:
        """One deadline. Raises NotFound."""
        for line in self.list(actor):
            if line.deadline.key == key:
                return line
        raise NotFound(f"La scadenza «{key}» non c'è: l'elenco è in Amministrazione → Scadenze")

    def history(self, actor: Actor, key: str = "", limit: int = 50) -> tuple[Change, ...]:
        """The changes of one deadline, or of all, the latest first."""
        self._permissions.require(actor, Permission.DEADLINE_WRITE)
        query = select(deadline_change).order_by(deadline_change.c.id.desc()).limit(limit)
        if key:
            query = query.where(deadline_change.c.deadline == key)
        with self._stepper.database.read() as connection:
            latest = set(connection.execute(latest_ids()).scalars())
            return tuple(_change_of(row, undoable=row.id in latest) for row in connection.execute(query))

    def of_case(self, instance_id: str, actor: Actor) -> CaseClocks:
        """The timers and dates that one case waits for. Needs `deadline.write` in its scope. Raises NotFound."""
        with self._stepper.database.read() as connection:
            case = connection.execute(select(instance).where(instance.c.id == instance_id)).one_or_none()
            if case is None:
                raise NotFound("La pratica non c'è")
            self._permissions.require(actor, Permission.DEADLINE_WRITE, case.scope)
            clocks = clocks_of(connection, case, self._now())
        name = self._stepper.repository.get(case.definition_id).name
        return CaseClocks(case.id, case.number, name, case.scope, case.state, clocks)

    # -- changing --------------------------------------------------------------------------------------------------

    def preview(self, key: str, scope: str, term: Term | None, actor: Actor) -> Preview:
        """What putting a term in force in a scope (empty: everywhere) would do; None gives back what holds above.

        Nothing changes. Raises InvalidInput for a term that this deadline cannot have.
        """
        self._allow(key, scope, term, actor)
        with self._stepper.database.read() as connection, much_memory(connection):
            return self._measured(
                connection, _aim(connection, key, scope, term), self._calendars(connection, key)
            )[0]

    def apply(
        self,
        key: str,
        scope: str,
        term: Term | None,
        *,
        fingerprint: str,
        reason: str,
        actor: Actor,
        past_confirmed: bool = False,
    ) -> Change:
        """Put the term in force and move all that waits, in one transaction, as the preview of `fingerprint` said.

        Raises InvalidInput without a reason, or when cases would be late at once and that was not confirmed;
        InvalidState when something has changed since the preview.
        """
        self._allow(key, scope, term, actor)
        require_reason(reason)
        with self._stepper.database.begin() as work, much_memory(work.connection):
            return self._change(
                work, key, scope, term, fingerprint, reason.strip(), actor, past_confirmed, None
            )

    def preview_undo(self, change_id: int, actor: Actor) -> tuple[Change, Preview]:
        """The change and what undoing it would do. Nothing changes. Raises as `undo`."""
        with self._stepper.database.read() as connection, much_memory(connection):
            row, term = self._undoable(connection, change_id, actor)
            found = self._measured(
                connection,
                _aim(connection, row.deadline, row.scope, term),
                self._calendars(connection, row.deadline),
            )[0]
        return _change_of(row, undoable=True), found

    def undo(self, change_id: int, reason: str, actor: Actor, *, past_confirmed: bool = False) -> Change:
        """Put back what a change took the place of, as a new change. Only the one in force can be undone."""
        with self._stepper.database.begin() as work, much_memory(work.connection):
            row, term = self._undoable(work.connection, change_id, actor)
            why = reason.strip() or f"Annullata la modifica n. {change_id}"
            return self._change(work, row.deadline, row.scope, term, None, why, actor, past_confirmed, row.id)

    def _undoable(self, connection: Connection, change_id: int, actor: Actor) -> tuple[Row[Any], Term | None]:
        """The row of a change that is in force, and the term that held before it."""
        query = select(deadline_change).where(deadline_change.c.id == change_id)
        row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(f"La modifica n. {change_id} non c'è")
        term = term_of(row.old)
        self._allow(row.deadline, row.scope, term, actor)
        if row.id not in set(connection.execute(latest_ids()).scalars()):
            raise InvalidState("Dopo questa modifica ce n'è stata un'altra: annulla prima quella")
        return row, term

    def move_one(
        self,
        what: str,
        row_id: str,
        moment: datetime,
        reason: str,
        actor: Actor,
        *,
        past_confirmed: bool = False,
    ) -> str:
        """Move one timer or date of one case by hand (`what`: timer, due, follow_up); changes for all leave it alone.

        Gives the id of the case.

        Needs `deadline.write` in the case's scope and a reason; a moment that is past needs its confirmation.
        """
        return move_one(self._stepper, self._permissions, what, row_id, moment, reason, actor, past_confirmed)

    def _change(
        self,
        work: UnitOfWork,
        key: str,
        scope: str,
        term: Term | None,
        fingerprint: str | None,
        reason: str,
        actor: Actor,
        past_confirmed: bool,
        undoes: int | None,
    ) -> Change:
        connection, now = work.connection, self._now()
        starts = self._deadline(key).what == STARTS
        if not starts:
            self._stand_still(connection)
        configuration_changed(
            connection
        )  # now: a new version of a process, which arms its starts, waits here
        aim, calendars = _aim(connection, key, scope, term), self._calendars(connection, key)
        found, write = self._measured(connection, aim, calendars, hold=True)
        if fingerprint is not None and found.fingerprint != fingerprint:
            raise InvalidState(
                "Dall'anteprima è cambiato qualcosa: guarda la nuova anteprima e conferma di nuovo"
            )
        if found.counts["overdue"] and not past_confirmed:
            raise InvalidInput(
                "Il momento è già passato: una pratica comincerebbe subito. Conferma che va bene così"
                if starts
                else f"{found.counts['overdue']} sarebbero subito in ritardo: conferma che va bene così",
                fields={"passato": "Conferma che va bene così"},
            )
        own = terms_in_force(connection, key).get((key, scope))
        row = {
            "deadline": key,
            "scope": scope,
            "value": values_of(term),
            "old": values_of(own),
            "reason": reason,
            "changed_at": now,
            "changed_by": actor.id,
            "undoes": undoes,
            "moved": found.counts["moves"],
            "overdue": found.counts["overdue"],
        }
        written = deadline_change.insert().values(**row).returning(deadline_change.c.id)
        change_id = int(connection.execute(written).scalar_one())
        label = self._deadline(key).label
        told = {"change": change_id, "key": key, "label": label, "scope": scope, "reason": reason}
        told |= {"old": found.before, "new": found.after, "moved": found.counts["moves"]}
        line = write_log(connection, actor.id, now, told)
        write(change_id, line)
        work.after_commit(self._stepper.nudge)
        rest = (now, actor.id, undoes, found.counts["moves"], found.counts["overdue"], True)
        return Change(change_id, key, scope, row["value"], row["old"], reason, *rest)

    def _measured(
        self, connection: Connection, aim: Aim, calendars: Calendars, *, hold: bool = False
    ) -> tuple[Preview, Write]:
        """The preview, with the rows that have the deadline inside an expression; and what writes it all."""
        if aim.key.endswith(f"/{STARTS}"):
            seen, restarts = measure_starts(self._stepper.repository, connection, aim, self._now(), hold=hold)
            return seen, lambda _change, _line: write_starts(connection, restarts, self._now())
        now, deadline = self._now(), self._deadline(aim.key)
        if deadline.inside and aim.asked is not None:
            if isinstance(aim.asked, Every):
                raise InvalidInput(
                    "Questa scadenza sta dentro un'espressione: non può essere una ripetizione"
                )
            worth(aim.asked, deadline.value, now, lambda: calendars(aim.scope))
        found, days = measure(connection, places_of(aim.key), aim, calendars, now)
        around = keys_around(self._stepper.repository, aim.key)
        reworked = rework(self._stepper, connection, around, aim)

        def write(change_id: int, line: int) -> None:
            places = places_of(aim.key)
            tell_holders(connection, places, aim, around, change_id, deadline.label, now)
            with one_hint(connection, "timers"):
                for place in places:
                    move(connection, place, aim, line, days, calendars)
            write_reworked(connection, reworked, line, calendars)

        return with_reworked(found, reworked, SHOWN), write

    def _stand_still(self, connection: Connection) -> None:
        """No step begins until the change is written, and those under way have ended: none brings an old value back."""
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("LOCK TABLE instance IN EXCLUSIVE MODE")

    def _allow(self, key: str, scope: str, term: Term | None, actor: Actor) -> None:
        self._permissions.require(actor, Permission.DEADLINE_WRITE, scope)
        deadline = self._deadline(key)
        if deadline.what == STARTS:
            require_start_term(term, deadline.label)
            return
        if term is None:
            return
        if deadline.mixed:
            raise InvalidInput(
                f"Sotto il nome «{deadline.name}» stanno ripetizioni e scadenze singole: servono due nomi"
            )
        if isinstance(term, Every) != deadline.repeats:
            wanted = "una ripetizione" if deadline.repeats else "una data o un termine, non una ripetizione"
            raise InvalidInput(
                f"«{deadline.label}» vuole {wanted}", fields={"genere": f"Questa scadenza vuole {wanted}"}
            )

    def _deadline(self, key: str) -> Deadline:
        found = read_catalogue(self._stepper.repository).get(key)
        if found is None:
            raise NotFound(f"La scadenza «{key}» non c'è: l'elenco è in Amministrazione → Scadenze")
        return found

    def _calendars(self, connection: Connection, key: str) -> Calendars:
        """The working days of each scope, as a case of the deadline's process there would have them."""
        known: dict[str, WorkingCalendar] = {}
        process = self._stepper.repository.latest(self._deadline(key).process_key)
        compiled = self._stepper.repository.compiled(process.id)

        def of(scope: str) -> WorkingCalendar:
            if scope not in known:
                case = InstanceRef("", 0, process.id, compiled.key, 0, "", scope, None, "", None)
                host = RunHost(connection, compiled, case, SYSTEM, self._now(), self._stepper.operations)
                known[scope] = host.calendar
            return known[scope]

        return of

    def _now(self) -> datetime:
        return self._stepper.clock.now()


def _change_of(row: Row[Any], *, undoable: bool) -> Change:
    return Change(
        row.id,
        row.deadline,
        row.scope,
        row.value,
        row.old,
        row.reason,
        row.changed_at,
        row.changed_by,
        row.undoes,
        row.moved,
        row.overdue,
        undoable,
    )


def _aim(connection: Connection, key: str, scope: str, term: Term | None) -> Aim:
    terms = terms_in_force(connection, key)
    nearer = tuple(sorted(s for _, s in terms if s != scope and covers(scope, s)))
    without = {place: one for place, one in terms.items() if place != (key, scope)}
    last = connection.execute(
        select(func.coalesce(func.max(deadline_change.c.id), 0)).where(deadline_change.c.deadline == key)
    ).scalar_one()
    return Aim(
        key,
        scope,
        term,
        nearest(without, key, scope) if term is None else term,
        nearest(terms, key, scope),
        reaching(scope, nearer),
        int(last),
        nearer,
    )
