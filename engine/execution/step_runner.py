"""One step of one instance: read it under its lock, let it advance, write what changed — in a single transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, bindparam, false, select, update

from engine.access.actors import SYSTEM, Actor
from engine.clock import Clock
from engine.definitions.models import Definition
from engine.definitions.repository import Repository
from engine.errors import InvalidInput, InvalidState, NotFound
from engine.execution.environment import RunHost
from engine.execution.going_ahead import left_before, left_by
from engine.execution.instance_cache import Left, LiveRun, LiveRuns
from engine.execution.locking import HeldCase, hold_case
from engine.execution.step import Advance
from engine.execution.step_writer import write
from engine.service_tasks import InstanceRef, OperationRegistry
from engine.settings import Settings
from engine.spiff import ProcessRun
from engine.storage import Database, UnitOfWork
from engine.storage.configuration_version import CHANGES, KeptConfiguration
from engine.storage.sql.insert_once import insert_once
from engine.storage.sql.statements import Statement
from engine.storage.tables import counter, definition, instance
from engine.storage.types import new_id
from engine.temporal import day_in_rome


@dataclass
class Stepper:
    """Opens steps. `nudge` is called after each commit, so that clocks and deliveries look again."""

    database: Database
    clock: Clock
    repository: Repository
    operations: OperationRegistry
    settings: Settings
    nudge: Callable[[], None] = lambda: None
    live: LiveRuns = field(init=False)
    kept: KeptConfiguration = field(init=False)
    done: int = 0
    """Steps that this process has made durable since it started."""

    def __post_init__(self) -> None:
        """What is kept between steps."""
        self.live = LiveRuns(self.settings.live_instances)
        self.kept = KeptConfiguration()

    def open(self, work: UnitOfWork, instance_id: str, actor: Actor, *, suspended: bool = False) -> Advance:
        """The instance under its lock, with its run restored; the caller writes."""
        return self.opened(work, hold_case(work.connection, instance_id), actor, suspended=suspended)

    def opened(
        self,
        work: UnitOfWork,
        row: HeldCase | Row[Any],
        actor: Actor,
        *,
        suspended: bool = False,
        parts: frozenset[str] | None = None,
        ahead: LiveRun | None = None,
    ) -> Advance:
        """As `open`, for a row that the caller has locked already in this transaction.

        `parts` are the actor's roles in the case, when they are known. `ahead` is the run as its last step has left it
        and `row` with it: nothing is locked, and the writing fails when any of it no longer holds.
        """
        require_active(row, suspended=suspended)
        host = self.host(work, row, actor)
        host.unheld = ahead is not None
        live = ahead or self.live.take(row.id, row.revision)
        if live is None:
            run = ProcessRun.restore(host.compiled.program, host, bytes(row.run_state))
        else:
            run = live.run
            run.host = host
        advance = Advance(
            instance_id=row.id,
            revision=row.revision,
            phase=row.phase,
            state=row.state,
            run=run,
            host=host,
            actor=actor,
            now=host.now,
            settings=self.settings,
            known=row.open_rows if isinstance(row, HeldCase) else None,
            before=left_before(row, actor, parts, live),
            ahead=ahead is not None,
        )
        self._keep_after(work, advance)
        return advance

    def _keep_after(self, work: UnitOfWork, advance: Advance) -> None:
        """Once the step is durable its run waits in memory for the next; then clocks and deliveries look again."""

        def keep() -> None:
            self.done += advance.written
            if advance.written and not advance.run.completed and advance.state == "active":
                live = LiveRun(advance.revision + 1, advance.run, left_by(advance))
                self.live.keep(advance.instance_id, live)

        work.after_commit(keep)

    def host(self, work: UnitOfWork, row: HeldCase | Row[Any], actor: Actor) -> RunHost:
        """The surroundings of a run of this instance."""
        compiled = self.repository.compiled(row.definition_id)
        reference = InstanceRef(
            row.id,
            row.number,
            row.definition_id,
            row.definition_key,
            int(row.definition_id.rpartition(":")[2]),
            row.business_key,
            row.scope,
            row.subject,
            row.title,
            row.linked_from,
            row.started_at,
        )
        return RunHost(
            work.connection,
            compiled,
            reference,
            actor,
            self.clock.now(),
            self.operations,
            self.settings.operation_attempts,
            kept=self.kept,
            changes=row.changes if isinstance(row, HeldCase) else None,
        )

    def form_context(
        self, connection: Connection, definition_id: str, scope: str, changes: int | None = None
    ) -> dict[str, Any]:
        """What a form needs beside values and variables: the day, and the functions of FEEL for a scope.

        It may be used after the connection is closed: a page draws its form at leisure. With `changes` known, what is
        configured comes from memory.
        """
        compiled = self.repository.compiled(definition_id)
        reference = InstanceRef("", 0, definition_id, compiled.key, 0, "", scope, None, "", None)
        now = self.clock.now()
        host = RunHost(
            connection, compiled, reference, SYSTEM, now, self.operations, kept=self.kept, changes=changes
        )
        host.parameters.look_up()
        return {"today": day_in_rome(now), "bindings": host.bindings}

    def begin(
        self,
        work: UnitOfWork,
        found: Definition,
        variables: Mapping[str, Any],
        actor: Actor,
        *,
        scope: str,
        business_key: str | None,
        subject: str | None,
        title: str | None,
        linked_from: str | None = None,
        start_event: str = "",
        place: Place | None = None,
        last: bool = False,
    ) -> Advance:
        """Make a new instance and run it to its first waits; the caller has checked who may.

        `start_event` is the one meant, where there are several; without it the plain one. `place` is where the
        instance stands, when the caller has taken it already. `last`: nothing follows in this unit of work.
        """
        now = self.clock.now()
        number, changes = place or next_place(work.connection)
        case = HeldCase(
            id=new_id(),
            number=number,
            definition_id=found.id,
            definition_key=found.key,
            business_key=business_key or f"{found.key}-{number}",
            scope=scope,
            title=title or f"{found.name} n. {number}",
            subject=subject,
            phase="",
            state="active",
            revision=0,
            linked_from=linked_from,
            started_at=now,
            run_state=b"",
            changes=changes,
        )
        host = self.host(work, case, actor)
        host.unborn = _row(case, actor)
        host.note("instance.started", None, {"variables": sorted(variables), "linked_from": linked_from})
        run = ProcessRun.start(host.compiled.program, host, variables, start_event)
        advance = Advance(
            instance_id=case.id,
            revision=0,
            phase="",
            state="active",
            run=run,
            host=host,
            actor=actor,
            now=now,
            settings=self.settings,
            known=[],
            before=Left(case, {}, {}, nobody_else=True),
        )
        self._keep_after(work, advance)
        write(advance, work if last else None)
        work.after_commit(self.nudge)
        return advance


def _row(case: HeldCase, actor: Actor) -> dict[str, Any]:
    """The row of a case that begins, as `NEW_INSTANCE` takes it."""
    row = dict.fromkeys(instance.c.keys())
    row |= {name: value for name, value in case._asdict().items() if name in row}
    row |= {"words": case.title, "started_by": actor.id, "incidents": 0}
    return {f"new_{name}": value for name, value in row.items()}


def locked(connection: Connection, instance_id: str) -> Row[Any]:
    """The row of an instance, held until the transaction ends (SQLite: the whole database is). Raises NotFound."""
    return _held(connection, _holding().where(instance.c.id == instance_id), "La pratica non c'è")


def _holding() -> Select[Any]:
    return select(instance, definition.c.name.label("definition_name")).join(
        definition, definition.c.id == instance.c.definition_id
    )


def _held(connection: Connection, query: Select[Any], missing: str) -> Row[Any]:
    row = connection.execute(query.with_for_update(of=instance)).one_or_none()
    if row is None:
        raise NotFound(missing)
    return row


def require_active(row: HeldCase | Row[Any], *, suspended: bool = False) -> None:
    """Raise InvalidState unless the instance goes on (or, with `suspended`, is merely suspended)."""
    if row.state == "suspended" and not suspended:
        raise InvalidState(f"La pratica n. {row.number} è sospesa: va ripresa prima di andare avanti")
    if row.state in ("completed", "cancelled"):
        raise InvalidState(f"La pratica n. {row.number} è chiusa")


def require_reason(reason: str) -> None:
    """Raise InvalidInput when a decision that needs a reason comes without."""
    if not reason.strip():
        raise InvalidInput("Scrivi il motivo", fields={"motivo": "Scrivi il motivo"})


class Place(NamedTuple):
    """Where a new instance stands: its number, and how often the configuration had changed when it took it."""

    number: int
    changes: int


_NO_CASE = select(instance.c.id).where(false()).with_for_update(read=True).scalar_subquery()
"""Reads no row; but on PostgreSQL the case that begins and a change to the deadlines of all wait for each other."""
_FOLLOWING = Statement(
    update(counter)
    .where(counter.c.name == bindparam("sequence"))
    .values(value=counter.c.value + 1)
    .returning(counter.c.value, CHANGES, _NO_CASE)
)


def next_place(connection: Connection, sequence: str = "instance") -> Place:
    """The next number of a sequence that people read, without holes between committed rows."""
    found = _FOLLOWING.run(connection, sequence=sequence).rows
    if not found:
        insert_once(connection, counter, {"name": sequence, "value": 0})
        found = _FOLLOWING.run(connection, sequence=sequence).rows
    return Place(*found[0][:2])
