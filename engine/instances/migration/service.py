"""Migrations: propose a plan, check it, preview it, move cases to another version — each all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, exists, false, or_, select, update

from engine.access.actors import Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.access.visibility import within
from engine.definitions.compilation import Compiled
from engine.errors import Finding, InvalidInput, InvalidState
from engine.execution.step import Advance
from engine.execution.step_runner import Stepper, locked, require_active
from engine.execution.step_writer import write
from engine.instances.batches.service import Batches, Skipped
from engine.instances.migration.plan import MigrationPlan, Proposal, complete, propose
from engine.instances.migration.preview import READY, RUNNING, Preview, obstacles, preview
from engine.instances.migration.rows import carry, hold_new, reset_timers
from engine.instances.migration.validation import findings
from engine.spiff import ElementMap, transfer
from engine.storage import UnitOfWork
from engine.storage.tables import definition, instance

KIND = "instance.migrate"
KEPT = 16


class Migrations:
    """Moving running cases to another version of their definition. Every call needs `instance.migrate`."""

    def __init__(self, stepper: Stepper, permissions: PermissionMatrix, batches: Batches) -> None:
        self._stepper = stepper
        self._permissions = permissions
        self._batches = batches
        self._maps: dict[tuple[Any, ...], ElementMap] = {}
        permission = Permission.INSTANCE_MIGRATE
        batches.register(
            KIND, self._handle, permission=permission, label="Passaggio di versione", always_many=True
        )

    def propose(self, plan: MigrationPlan, actor: Actor) -> Proposal:
        """The plan filled in with what follows by itself, and every place that somebody must decide on.

        Raises InvalidInput for versions of different processes, NotFound for those that do not exist.
        """
        sources, target = self._compiled(plan, actor)
        _refuse([f for f in findings(plan, sources, target) if f.code in _VERSIONS])
        return propose(plan, sources, target)

    def sources(self, target: str, actor: Actor) -> tuple[str, ...]:
        """The other versions of the target's process in which cases of the actor's scopes run, the oldest first.

        Without any, the version before the target, so that a plan can be written beforehand. Raises NotFound.
        """
        self._permissions.require(actor, Permission.INSTANCE_MIGRATE)
        found = self._stepper.repository.get(target)
        query = (
            select(definition.c.id)
            .where(definition.c.key == found.key, definition.c.id != target)
            .order_by(definition.c.version)
        )
        runs = exists(
            select(instance.c.id).where(
                instance.c.definition_id == definition.c.id,
                instance.c.state.in_(RUNNING),
                self._mine(actor),
            )
        )
        with self._stepper.database.read() as connection:
            busy = tuple(connection.execute(query.where(runs)).scalars())
            return busy or tuple(connection.execute(query).scalars())[-1:]

    def check(self, plan: MigrationPlan, actor: Actor) -> tuple[Finding, ...]:
        """What the two diagrams say about a plan: errors, for which it cannot be applied, and warnings."""
        return findings(plan, *self._compiled(plan, actor))

    def preview(self, plan: MigrationPlan, actor: Actor) -> Preview:
        """How every running case of the sources would fare, among those of the actor's scopes.

        Raises InvalidInput with the errors of a plan that cannot be applied.
        """
        self._sound(plan, actor)
        with self._stepper.database.read() as connection:
            return preview(connection, self._stepper.repository, plan, self._mine(actor))

    def migrate(self, instance_id: str, plan: MigrationPlan, reason: str, actor: Actor) -> None:
        """Move one case. Raises InvalidState, with the reasons, when it cannot move; then nothing changes."""
        self._sound(plan, actor)
        require_reason(reason)
        with self._stepper.database.begin() as work:
            self.move(work, instance_id, plan, reason, actor)

    def move(
        self, work: UnitOfWork, instance_id: str, plan: MigrationPlan, reason: str, actor: Actor
    ) -> bool:
        """As `migrate`, inside a transaction of the caller, for a plan that was checked.

        False when the case is on the target already: asking twice moves once.
        """
        row = locked(work.connection, instance_id)
        self._permissions.require(actor, Permission.INSTANCE_MIGRATE, row.scope)
        require_active(row, suspended=True)
        if row.definition_id == plan.target:
            return False
        if row.definition_id not in plan.sources:
            raise InvalidState(
                f"La pratica n. {row.number} è nella versione {row.definition_id}, che non è fra quelle di partenza"
            )
        source = self._stepper.repository.compiled(row.definition_id)
        target = self._stepper.repository.compiled(plan.target)
        elements = self._elements(plan, source, target)
        found = transfer(source.program, target.program, elements, bytes(row.run_state))
        outcome, reasons = obstacles(found, row.state == "suspended")
        if outcome != READY:
            raise InvalidState(f"La pratica n. {row.number} non può passare: {'; '.join(reasons)}")
        work.connection.execute(
            update(instance).where(instance.c.id == instance_id).values(definition_id=plan.target)
        )
        carry(work.connection, instance_id, found.carried, elements, target)
        host = self._stepper.host(work, locked(work.connection, instance_id), actor)
        told = {"from": row.definition_id, "to": plan.target, "reason": reason}
        host.note("instance.migrated", None, {**told, "elements": dict(plan.elements)})
        advance = Advance(
            instance_id=instance_id,
            revision=row.revision,
            phase=row.phase,
            state=row.state,
            run=found.finish(host),
            host=host,
            actor=actor,
            now=host.now,
            settings=self._stepper.settings,
        )
        reset_timers(advance, found.carried, row.suspended_at if row.state == "suspended" else None)
        write(advance)
        if row.state == "suspended":
            hold_new(advance)
        work.after_commit(self._stepper.nudge)
        return True

    def apply(self, plan: MigrationPlan, reason: str, actor: Actor) -> str:
        """Order the move of every running case of the sources, in the actor's scopes, and give the batch's id.

        Each case is moved by itself, later, in the background; one that cannot move stays as it is and the batch's
        report says why. Raises InvalidInput for a plan with errors, without a reason, or when no case runs.
        """
        self._sound(plan, actor)
        running = select(instance.c.id).where(
            instance.c.definition_id.in_(plan.sources), instance.c.state.in_(RUNNING), self._mine(actor)
        )
        with self._stepper.database.read() as connection:
            targets = list(connection.execute(running.order_by(instance.c.number)).scalars())
        return self._batches.create(
            KIND, {"piano": plan.as_values(), "motivo": reason}, targets, actor, reason
        )

    def _handle(self, work: UnitOfWork, instance_id: str, payload: Mapping[str, Any], actor: Actor) -> str:
        plan = MigrationPlan.of_values(payload["piano"])
        state = locked(work.connection, instance_id).state
        if state not in RUNNING:
            raise Skipped("È chiusa: resta nella sua versione")
        if not self.move(work, instance_id, plan, payload["motivo"], actor):
            raise Skipped(f"È già nella versione {plan.target}")
        return f"Passata a {plan.target}"

    # -- within ----------------------------------------------------------------------------------------------------

    def _compiled(self, plan: MigrationPlan, actor: Actor) -> tuple[list[Compiled], Compiled]:
        self._permissions.require(actor, Permission.INSTANCE_MIGRATE)
        repository = self._stepper.repository
        return [repository.compiled(one) for one in plan.sources], repository.compiled(plan.target)

    def _elements(self, plan: MigrationPlan, source: Compiled, target: Compiled) -> ElementMap:
        """The whole mapping, worked out once for all the cases of a batch."""
        key = (source.definition_id, target.definition_id, *sorted(plan.elements.items()))
        if key not in self._maps:
            if len(self._maps) >= KEPT:
                self._maps.clear()
            self._maps[key] = complete(plan, source, target)
        return self._maps[key]

    def _sound(self, plan: MigrationPlan, actor: Actor) -> None:
        _refuse([finding for finding in self.check(plan, actor) if finding.severity == "error"])

    def _mine(self, actor: Actor) -> ColumnElement[bool]:
        scopes = self._permissions.scopes(actor, Permission.INSTANCE_MIGRATE)
        return or_(false(), *(within(instance.c.scope, scope) for scope in sorted(scopes)))


_VERSIONS = ("MIGRATION_OTHER_PROCESS", "MIGRATION_SAME_VERSION")


def _refuse(errors: list[Finding]) -> None:
    if errors:
        raise InvalidInput(f"Il piano non va: {errors[0].sentence}", findings=errors)


def require_reason(reason: str) -> None:
    """Raise InvalidInput unless there is a reason."""
    if not reason.strip():
        raise InvalidInput("Scrivi il motivo", fields={"motivo": "Scrivi il motivo"})
