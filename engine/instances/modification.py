"""Process instance modification: moves tokens and sets variables of a running instance, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from engine.access import Actor, Permission, PermissionMatrix
from engine.errors import InvalidInput, InvalidState
from engine.execution import StepRunner, lock_instance, require_active, require_reason, write_step
from engine.instances.queries import instance_row
from engine.spiff import Instruction, ProcessRun
from engine.storage import UnitOfWork
from engine.storage.serialization import unencodable_names


@dataclass(frozen=True)
class ElementTokens:
    """An element of the instance's process, or of one that it calls, and how many tokens it holds.

    `items` are the open iterations of a multi-instance activity, from 1.
    """

    process_id: str
    element_id: str
    name: str
    type: str
    tokens: int
    items: tuple[int, ...] = ()


@dataclass(frozen=True)
class ModificationPreview:
    """The active elements before and after a modification, before any automatic step runs.

    `revision` is that of the instance.
    """

    revision: int
    before: tuple[ElementTokens, ...]
    after: tuple[ElementTokens, ...]


class Modifications:
    """Modification of active instances. Needs `case.modify` in the scope of the instance."""

    def __init__(self, step_runner: StepRunner, permissions: PermissionMatrix) -> None:
        self._step_runner = step_runner
        self._permissions = permissions

    def active_elements(self, instance_id: str, actor: Actor) -> tuple[ElementTokens, ...]:
        """The elements that hold a token."""
        with self._step_runner.database.read() as connection:
            _, run = self._read(connection, instance_id, actor)
            return _active_elements(run)

    def elements(self, instance_id: str, actor: Actor) -> tuple[ElementTokens, ...]:
        """Every element that a modification may name, also without tokens."""
        with self._step_runner.database.read() as connection:
            _, run = self._read(connection, instance_id, actor)
        active = {(element.process_id, element.element_id): element for element in _active_elements(run)}
        return tuple(
            active.get((key, element.id)) or ElementTokens(key, element.id, element.label, element.type, 0)
            for key, model in run.executable.models.items()
            for element in model.elements.values()
            if element.type != "boundaryEvent"
        )

    def preview(
        self, instance_id: str, instructions: Sequence[Instruction], actor: Actor
    ) -> ModificationPreview:
        """What the instructions would change. Nothing changes.

        Raises what `modify` raises, except for what fails afterwards, when automatic steps run.
        """
        _require_encodable(instructions)
        with self._step_runner.database.read() as connection:
            revision, run = self._read(connection, instance_id, actor)
            before = _active_elements(run)
            run.modify(instructions)
            return ModificationPreview(revision, before, _active_elements(run))

    def modify(
        self,
        instance_id: str,
        instructions: Sequence[Instruction],
        reason: str,
        actor: Actor,
        *,
        revision: int | None = None,
    ) -> tuple[ElementTokens, ...]:
        """Apply all instructions, or none; gives the active elements afterwards, none when the instance has completed.

        With the `revision` of a preview, raises InvalidState when the instance has changed since. Raises InvalidInput
        for what the diagram does not allow.
        """
        with self._step_runner.database.begin() as work:
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
    ) -> tuple[ElementTokens, ...]:
        """As `modify`, in the caller's transaction."""
        require_reason(reason)
        _require_encodable(instructions)
        row = lock_instance(work.connection, instance_id)
        self._permissions.require(actor, Permission.CASE_MODIFY, row.scope)
        if revision is not None and row.revision != revision:
            raise InvalidState("INSTANCE_CHANGED_SINCE_PREVIEW", number=row.number)
        step = self._step_runner.open_locked(work, row, actor)
        before = _active_elements(step.run)
        step.run.modify(instructions)
        step.environment.record(
            "instance.modified",
            None,
            {
                "reason": reason.strip(),
                "instructions": [_instruction_data(instruction) for instruction in instructions],
                "before": _element_ids(before),
                "after": _element_ids(_active_elements(step.run)),
            },
        )
        step.run.run_to_wait_states()
        after = () if step.run.completed else _active_elements(step.run)
        write_step(step)
        work.after_commit(self._step_runner.wake_scheduler)
        return after

    def _read(self, connection: Connection, instance_id: str, actor: Actor) -> tuple[int, ProcessRun]:
        """The revision and the run of an active instance, without a lock. Raises NotFound, Forbidden, InvalidState."""
        row = instance_row(connection, instance_id)
        self._permissions.require(actor, Permission.CASE_MODIFY, row.scope)
        require_active(row)
        environment = self._step_runner.environment(UnitOfWork(connection), row, actor)
        run = ProcessRun.restore(environment.compiled.executable, environment, bytes(row.run_state))
        return row.revision, run


def _active_elements(run: ProcessRun) -> tuple[ElementTokens, ...]:
    iterations = run.open_iterations()
    return tuple(
        ElementTokens(
            element.process_id,
            element.id,
            element.label,
            element.type,
            tokens,
            tuple(iterations.get((element.process_id, element.id), ())),
        )
        for element, tokens in run.tokens_per_element()
    )


def _element_ids(elements: Sequence[ElementTokens]) -> list[str]:
    """The id of each element, once for each token."""
    return [element.element_id for element in elements for _ in range(element.tokens)]


def _instruction_data(instruction: Instruction) -> Mapping[str, Any]:
    """An instruction for the log, which has the names of variables and never their values."""
    data = {
        "kind": instruction.kind,
        "element": instruction.element,
        "process": instruction.process,
        "item": instruction.item,
        "variables": sorted(instruction.values),
    }
    return {name: value for name, value in data.items() if value}


def _require_encodable(instructions: Sequence[Instruction]) -> None:
    names = [name for instruction in instructions for name in unencodable_names(instruction.values)]
    if names:
        raise InvalidInput("VARIABLES_NOT_STORABLE", names=names)
