"""The service of migrations: propose a plan, validate it, preview it, migrate instances, each all or nothing."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from cachetools import LRUCache
from sqlalchemy import ColumnElement, exists, false, or_, select, update

from engine.access import Actor, Permission, PermissionMatrix, within
from engine.definitions.compilation import CompiledDefinition
from engine.errors import Finding, InvalidInput, InvalidState
from engine.execution import Step, StepRunner, lock_instance, require_active, require_reason, write_step
from engine.instances.batches import Batches, ItemSkipped
from engine.instances.migration.plan import MigrationPlan, ProposedPlan, complete_mapping, propose_plan
from engine.instances.migration.preview import READY, MigrationPreview, outcome_of, preview_migration
from engine.instances.migration.rows import migrate_rows, reset_timers, suspend_new_rows
from engine.instances.migration.validation import validate_plan
from engine.instances.selection import RUNNING
from engine.localization import message
from engine.spiff import ElementMap, migrate_run
from engine.storage import UnitOfWork
from engine.storage.tables import definition, instance

BATCH_KIND = "instance.migrate"
CACHED_MAPPINGS = 16
WRONG_VERSIONS = ("MIGRATION_OTHER_PROCESS", "MIGRATION_SAME_VERSION")
"""The findings with which no plan can be proposed."""


class Migrations:
    """Migration of running instances to another version of their definition. Every call needs `instance.migrate`."""

    def __init__(self, step_runner: StepRunner, permissions: PermissionMatrix, batches: Batches) -> None:
        self._step_runner = step_runner
        self._permissions = permissions
        self._batches = batches
        self._mappings: LRUCache[tuple[Any, ...], ElementMap] = LRUCache(CACHED_MAPPINGS)
        self._mappings_lock = threading.Lock()
        batches.register(
            BATCH_KIND,
            self._migrate_item,
            permission=Permission.INSTANCE_MIGRATE,
            label=message("BATCH_MIGRATE"),
            batch_only=True,
        )

    def propose(self, plan: MigrationPlan, actor: Actor) -> ProposedPlan:
        """Complete a plan, with an instruction for every element that a person may have to map.

        Raises InvalidInput for versions of different processes, NotFound for versions that do not exist.
        """
        sources, target = self._compiled(plan, actor)
        findings = validate_plan(plan, sources, target)
        _require_none([finding for finding in findings if finding.code in WRONG_VERSIONS])
        return propose_plan(plan, sources, target)

    def sources(self, target: str, actor: Actor) -> tuple[str, ...]:
        """The other versions of the target's process with running instances in the actor's scopes, the oldest first.

        Without any, the version before the target, so that a plan can be written beforehand. Raises NotFound.
        """
        self._permissions.require(actor, Permission.INSTANCE_MIGRATE)
        found = self._step_runner.repository.get(target)
        query = (
            select(definition.c.id)
            .where(definition.c.key == found.key, definition.c.id != target)
            .order_by(definition.c.version)
        )
        has_running_instances = exists(
            select(instance.c.id).where(
                instance.c.definition_id == definition.c.id,
                instance.c.state.in_(RUNNING),
                self._in_permitted_scopes(actor),
            )
        )
        with self._step_runner.database.read() as connection:
            running = tuple(connection.execute(query.where(has_running_instances)).scalars())
            return running or tuple(connection.execute(query).scalars())[-1:]

    def validate(self, plan: MigrationPlan, actor: Actor) -> tuple[Finding, ...]:
        """Validate a plan against the diagrams: errors, with which it cannot be applied, and warnings."""
        return validate_plan(plan, *self._compiled(plan, actor))

    def preview(self, plan: MigrationPlan, actor: Actor) -> MigrationPreview:
        """What would happen to every running instance of the sources in the actor's scopes.

        Raises InvalidInput with the errors of a plan that cannot be applied.
        """
        self._require_valid(plan, actor)
        with self._step_runner.database.read() as connection:
            repository, visible = self._step_runner.repository, self._in_permitted_scopes(actor)
            return preview_migration(connection, repository, plan, visible)

    def migrate(self, instance_id: str, plan: MigrationPlan, reason: str, actor: Actor) -> None:
        """Migrate one instance. Raises InvalidState, with the reasons, when it cannot migrate; then nothing changes."""
        self._require_valid(plan, actor)
        require_reason(reason)
        with self._step_runner.database.begin() as work:
            self.migrate_in(work, instance_id, plan, reason, actor)

    def migrate_in(
        self, work: UnitOfWork, instance_id: str, plan: MigrationPlan, reason: str, actor: Actor
    ) -> bool:
        """As `migrate`, in the caller's transaction, for a plan that has been validated.

        False when the instance is on the target already, so that migrating twice has no effect.
        """
        row = lock_instance(work.connection, instance_id)
        self._permissions.require(actor, Permission.INSTANCE_MIGRATE, row.scope)
        require_active(row, suspended=True)
        if row.definition_id == plan.target:
            return False
        if row.definition_id not in plan.sources:
            raise InvalidState(
                "MIGRATION_NOT_FROM_THIS_VERSION", number=row.number, version=row.definition_id
            )
        source = self._step_runner.repository.compiled(row.definition_id)
        target = self._step_runner.repository.compiled(plan.target)
        elements = self._mapping(plan, source, target)
        migration = migrate_run(source.executable, target.executable, elements, bytes(row.run_state))
        outcome, reasons = outcome_of(migration, row.state == "suspended")
        if outcome != READY:
            raise InvalidState("MIGRATION_IMPOSSIBLE", number=row.number, reasons=reasons)
        work.connection.execute(
            update(instance).where(instance.c.id == instance_id).values(definition_id=plan.target)
        )
        migrate_rows(work.connection, instance_id, migration.migrated_tokens, elements, target)
        environment = self._step_runner.environment(work, lock_instance(work.connection, instance_id), actor)
        environment.record(
            "instance.migrated",
            None,
            {
                "from": row.definition_id,
                "to": plan.target,
                "reason": reason,
                "elements": dict(plan.elements),
            },
        )
        step = Step(
            instance_id=instance_id,
            revision=row.revision,
            phase=row.phase,
            state=row.state,
            run=migration.finish(environment),
            environment=environment,
            actor=actor,
            now=environment.now,
            settings=self._step_runner.settings,
        )
        reset_timers(step, migration.migrated_tokens, row.suspended_at if row.state == "suspended" else None)
        write_step(step)
        if row.state == "suspended":
            suspend_new_rows(step)
        work.after_commit(self._step_runner.wake_scheduler)
        return True

    def create_batch(self, plan: MigrationPlan, reason: str, actor: Actor) -> str:
        """Create a batch that migrates every running instance of the sources in the actor's scopes; gives its id.

        Each instance is migrated in a transaction of its own. One that cannot migrate stays as it is, and the batch
        item says why. Raises InvalidInput for a plan with errors, without a reason, or without running instances.
        """
        self._require_valid(plan, actor)
        query = (
            select(instance.c.id)
            .where(
                instance.c.definition_id.in_(plan.sources),
                instance.c.state.in_(RUNNING),
                self._in_permitted_scopes(actor),
            )
            .order_by(instance.c.number)
        )
        with self._step_runner.database.read() as connection:
            instance_ids = connection.execute(query).scalars().all()
        payload = {"piano": plan.as_values(), "motivo": reason}
        return self._batches.create(BATCH_KIND, payload, instance_ids, actor, reason)

    def _migrate_item(
        self, work: UnitOfWork, instance_id: str, payload: Mapping[str, Any], actor: Actor
    ) -> str:
        plan = MigrationPlan.of_values(payload["piano"])
        if lock_instance(work.connection, instance_id).state not in RUNNING:
            raise ItemSkipped("MIGRATION_INSTANCE_ENDED")
        if not self.migrate_in(work, instance_id, plan, payload["motivo"], actor):
            raise ItemSkipped("MIGRATION_ALREADY_ON_TARGET", target=plan.target)
        return message("BATCH_OUTCOME_MIGRATED", target=plan.target)

    def _compiled(
        self, plan: MigrationPlan, actor: Actor
    ) -> tuple[list[CompiledDefinition], CompiledDefinition]:
        self._permissions.require(actor, Permission.INSTANCE_MIGRATE)
        repository = self._step_runner.repository
        return [repository.compiled(source) for source in plan.sources], repository.compiled(plan.target)

    def _mapping(
        self, plan: MigrationPlan, source: CompiledDefinition, target: CompiledDefinition
    ) -> ElementMap:
        """The whole mapping; cached, because a batch needs it for every instance."""
        key = (source.definition_id, target.definition_id, *sorted(plan.elements.items()))
        with self._mappings_lock:
            mapping = self._mappings.get(key)
        if mapping is None:
            mapping = complete_mapping(plan, source, target)
            with self._mappings_lock:
                self._mappings[key] = mapping
        return mapping

    def _require_valid(self, plan: MigrationPlan, actor: Actor) -> None:
        _require_none([finding for finding in self.validate(plan, actor) if finding.severity == "error"])

    def _in_permitted_scopes(self, actor: Actor) -> ColumnElement[bool]:
        scopes = self._permissions.scopes(actor, Permission.INSTANCE_MIGRATE)
        return or_(false(), *(within(instance.c.scope, scope) for scope in sorted(scopes)))


def _require_none(errors: Sequence[Finding]) -> None:
    if errors:
        raise InvalidInput("MIGRATION_PLAN_REFUSED", problem=errors[0].sentence, findings=errors)
