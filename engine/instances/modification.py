"""Changing a running instance by hand: where it stands and its variables, previewed, with a reason, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from engine.access.actors import Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.errors import InvalidInput, InvalidState, NotFound
from engine.execution.step_runner import Stepper, locked, require_active, require_reason
from engine.execution.step_writer import write
from engine.spiff import Instruction, ProcessRun
from engine.storage import UnitOfWork
from engine.storage.serialization import encode
from engine.storage.tables import definition, instance


@dataclass(frozen=True)
class Standing:
    """An element at which an instance stands, and how many tokens it holds there."""

    process_id: str
    element_id: str
    name: str
    type: str
    tokens: int
    items: tuple[int, ...] = ()
    """The open runs of an element that repeats, from 1."""


@dataclass(frozen=True)
class ModificationPreview:
    """Where an instance stands and where it would: the moment before anything automatic runs on."""

    revision: int
    before: tuple[Standing, ...]
    after: tuple[Standing, ...]


class Modifications:
    """Needs `case.modify` in the scope of the instance, which must be active."""

    def __init__(self, stepper: Stepper, permissions: PermissionMatrix) -> None:
        self._stepper = stepper
        self._permissions = permissions

    def standing(self, instance_id: str, actor: Actor) -> tuple[Standing, ...]:
        """Where an instance stands now."""
        with self._stepper.database.read() as connection:
            row = self._row(connection, instance_id, actor)
            return _standing(self._run(connection, row, actor))

    def elements(self, instance_id: str, actor: Actor) -> tuple[Standing, ...]:
        """Every element that a modification may name, with the tokens it holds now."""
        with self._stepper.database.read() as connection:
            row = self._row(connection, instance_id, actor)
            run = self._run(connection, row, actor)
        held = {(one.process_id, one.element_id): one for one in _standing(run)}
        nothing = Standing("", "", "", "", 0)
        return tuple(
            Standing(key, element.id, element.label, element.type, now.tokens, now.items)
            for key, model in run.program.models.items()
            for element in model.elements.values()
            if element.type != "boundaryEvent"
            for now in [held.get((key, element.id), nothing)]
        )

    def preview(
        self, instance_id: str, instructions: Sequence[Instruction], actor: Actor
    ) -> ModificationPreview:
        """Where the instance stands and where these instructions would put it. Nothing changes.

        Raises what `modify` would, but for what fails only afterwards, when automatic steps run.
        """
        _require_values(instructions)
        with self._stepper.database.read() as connection:
            row = self._row(connection, instance_id, actor)
            run = self._run(connection, row, actor)
            before = _standing(run)
            run.modify(instructions)
            return ModificationPreview(row.revision, before, _standing(run))

    def modify(
        self,
        instance_id: str,
        instructions: Sequence[Instruction],
        reason: str,
        actor: Actor,
        *,
        revision: int | None = None,
    ) -> tuple[Standing, ...]:
        """Make all the changes, or none, and say where the instance stands then.

        With the `revision` of a preview, InvalidState when the instance has moved since. InvalidInput for what the
        diagram does not allow.
        """
        with self._stepper.database.begin() as work:
            return self.modify_in(work, instance_id, instructions, reason, actor, revision=revision)

    def modify_in(
        self,
        work: UnitOfWork,
        instance_id: str,
        instructions: Sequence[Instruction],
        reason: str,
        actor: Actor,
        *,
        revision: int | None = None,
    ) -> tuple[Standing, ...]:
        """As `modify`, in the caller's transaction."""
        require_reason(reason)
        _require_values(instructions)
        row = locked(work.connection, instance_id)
        self._permissions.require(actor, Permission.CASE_MODIFY, row.scope)
        if revision is not None and row.revision != revision:
            raise InvalidState(
                f"La pratica n. {row.number} è andata avanti nel frattempo: rivedi l'anteprima e conferma di nuovo"
            )
        advance = self._stepper.opened(work, row, actor)
        before = _standing(advance.run)
        advance.run.modify(instructions)
        advance.host.note(
            "instance.modified",
            None,
            {
                "reason": reason.strip(),
                "instructions": [_told(one) for one in instructions],
                "before": _listed(before),
                "after": _listed(_standing(advance.run)),
            },
        )
        advance.run.settle()
        after = () if advance.run.completed else _standing(advance.run)
        write(advance)
        work.after_commit(self._stepper.nudge)
        return after

    def _row(self, connection: Connection, instance_id: str, actor: Actor) -> Row[Any]:
        row = connection.execute(
            select(instance, definition.c.name.label("definition_name"))
            .join(definition, definition.c.id == instance.c.definition_id)
            .where(instance.c.id == instance_id)
        ).one_or_none()
        if row is None:
            raise NotFound("La pratica non c'è")
        self._permissions.require(actor, Permission.CASE_MODIFY, row.scope)
        require_active(row)
        return row

    def _run(self, connection: Connection, row: Row[Any], actor: Actor) -> ProcessRun:
        host = self._stepper.host(UnitOfWork(connection), row, actor)
        return ProcessRun.restore(host.compiled.program, host, bytes(row.run_state))


def _standing(run: ProcessRun) -> tuple[Standing, ...]:
    items = run.open_runs()
    return tuple(
        Standing(
            element.process_id,
            element.id,
            element.label,
            element.type,
            many,
            tuple(items.get((element.process_id, element.id), ())),
        )
        for element, many in run.standing()
    )


def _listed(standing: Sequence[Standing]) -> list[str]:
    return [one.element_id for one in standing for _ in range(one.tokens)]


def _told(one: Instruction) -> Mapping[str, Any]:
    """An instruction for the log, which names variables and never holds their values."""
    told = {
        "kind": one.kind,
        "element": one.element,
        "process": one.process,
        "item": one.item,
        "variables": sorted(one.values),
    }
    return {name: value for name, value in told.items() if value}


def _require_values(instructions: Sequence[Instruction]) -> None:
    for one in instructions:
        try:
            encode(dict(one.values))
        except TypeError as problem:
            raise InvalidInput(
                f"Una variabile ha un valore che un processo non può tenere: {problem}"
            ) from problem
