"""Opens the steps of instances: locks or takes from memory, restores the run, and caches it again after the commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from engine.access import SYSTEM, Actor
from engine.clock import Clock
from engine.definitions.models import Definition
from engine.definitions.repository import Repository
from engine.definitions.restricted_variables import PROPERTY
from engine.execution.environment import StepEnvironment
from engine.execution.instance_cache import (
    CachedInstance,
    InstanceCache,
    InstanceSnapshot,
    snapshot_before,
)
from engine.execution.instance_number import InstanceNumber, next_instance_number
from engine.execution.locking import LockedInstance, lock_instance
from engine.execution.preconditions import require_active
from engine.execution.step import Step
from engine.execution.step_writer import write_step
from engine.execution.submissions import SubmittedForm
from engine.service_tasks import InstanceRef, OperationRegistry
from engine.settings import Settings
from engine.spiff import ProcessRun
from engine.storage import Database, UnitOfWork
from engine.storage.configuration_version import ConfigurationCache, read_configuration_version
from engine.storage.tables import instance
from engine.storage.types import new_id
from engine.temporal import day_in_rome


@dataclass
class StepRunner:
    """Opens and starts steps. `wake_scheduler` is called after a commit that may have made something due."""

    database: Database
    clock: Clock
    repository: Repository
    operations: OperationRegistry
    settings: Settings
    wake_scheduler: Callable[[], None] = lambda: None
    cache: InstanceCache = field(init=False)
    configuration: ConfigurationCache = field(init=False)
    committed_steps: int = 0
    """Steps that this process has committed since it started."""

    def __post_init__(self) -> None:
        """Make the caches."""
        self.cache = InstanceCache(self.settings.live_instances)
        self.configuration = ConfigurationCache()

    def open(self, work: UnitOfWork, instance_id: str, actor: Actor, *, suspended: bool = False) -> Step:
        """Lock an instance and open a step, which the caller writes. Raises NotFound, InvalidState."""
        return self.open_locked(work, lock_instance(work.connection, instance_id), actor, suspended=suspended)

    def open_locked(
        self,
        work: UnitOfWork,
        row: LockedInstance,
        actor: Actor,
        *,
        suspended: bool = False,
        roles: frozenset[str] | None = None,
        optimistic: CachedInstance | None = None,
    ) -> Step:
        """Open a step of an instance that this transaction has locked. Raises InvalidState.

        `suspended`: the instance may be suspended. `roles` are the actor's roles in the instance, where known. With
        `optimistic` the instance is not locked: `row` and run come from memory, and writing the step raises
        OptimisticLockError when they are out of date.
        """
        require_active(row, suspended=suspended)
        environment = self.environment(work, row, actor)
        environment.lock_pending = optimistic is not None
        cached = optimistic or self.cache.take(row.id, row.revision)
        if cached is None:
            run = ProcessRun.restore(environment.compiled.executable, environment, bytes(row.run_state))
        else:
            run = cached.run
            run.environment = environment
        step = Step(
            instance_id=row.id,
            revision=row.revision,
            phase=row.phase,
            state=row.state,
            run=run,
            environment=environment,
            actor=actor,
            now=environment.now,
            settings=self.settings,
            snapshot=snapshot_before(row, actor, roles, cached),
            optimistic=optimistic is not None,
            open_before=row.open_rows,
        )
        self._cache_after_commit(work, step)
        return step

    def start_instance(
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
        number: InstanceNumber | None = None,
        write_at_commit: bool = False,
        submitted: SubmittedForm | None = None,
    ) -> Step:
        """Start an instance and run it to its first wait states. The caller has checked the permission.

        `start_event` is the id of the start event, empty for the plain one. `number` is the number that the caller has
        taken already. With `write_at_commit` nothing may be read after this in the same unit of work. `submitted` is
        the start form, which is kept with the step.
        """
        now = self.clock.now()
        number = number or next_instance_number(work.connection)
        row = LockedInstance(
            id=new_id(),
            number=number.number,
            definition_id=found.id,
            definition_key=found.key,
            business_key=business_key or f"{found.key}-{number.number}",
            scope=scope,
            title=title or f"{found.name} n. {number.number}",
            subject=subject,
            phase="",
            state="active",
            revision=0,
            linked_from=linked_from,
            started_at=now,
            suspended_at=None,
            run_state=b"",
            configuration_version=number.configuration_version,
        )
        environment = self.environment(work, row, actor)
        environment.new_instance = _new_instance(row, actor)
        data = {"variables": sorted(variables), "linked_from": linked_from}
        environment.record("instance.started", None, data)
        run = ProcessRun.start(environment.compiled.executable, environment, variables, start_event)
        step = Step(
            instance_id=row.id,
            revision=0,
            phase="",
            state="active",
            run=run,
            environment=environment,
            actor=actor,
            now=now,
            settings=self.settings,
            snapshot=InstanceSnapshot(row, {}, {}, roles_complete=True),
            open_before=[],
        )
        if submitted is not None:
            step.add_row("submission", _start_submission(found, step, submitted))
        self._cache_after_commit(work, step)
        write_step(step, work if write_at_commit else None)
        work.after_commit(self.wake_scheduler)
        return step

    def environment(self, work: UnitOfWork, row: LockedInstance | Row[Any], actor: Actor) -> StepEnvironment:
        """The environment of a step of this instance."""
        return StepEnvironment(
            work.connection,
            self.repository.compiled(row.definition_id),
            InstanceRef.of_row(row),
            actor,
            self.clock.now(),
            self.operations,
            self.settings.operation_attempts,
            configuration=self.configuration,
            configuration_version=row.configuration_version if isinstance(row, LockedInstance) else None,
        )

    def reading_environment(
        self, connection: Connection, row: Any, at: datetime, configuration: ConfigurationCache
    ) -> StepEnvironment:
        """An environment in which expressions of an instance are evaluated as at a moment, outside a step.

        `row` has the columns of the instance as attributes. What is read of parameters and calendars stays in
        `configuration`, which the caller makes for one piece of work.
        """
        return StepEnvironment(
            connection,
            self.repository.compiled(row.definition_id),
            InstanceRef.of_row(row),
            SYSTEM,
            at,
            self.operations,
            configuration=configuration,
            configuration_version=0,
        )

    def configuration_version(self) -> int:
        """The version of the configuration, for `form_context` of several forms."""
        with self.database.read() as connection:
            return read_configuration_version(connection)

    def form_context(
        self,
        connection: Connection,
        definition_id: str,
        scope: str,
        configuration_version: int | None = None,
        *,
        at: datetime | None = None,
    ) -> dict[str, Any]:
        """What a form needs besides values and variables: `today` (Europe/Rome) and `bindings`, the functions of FEEL.

        It can be used after the connection is closed. With `configuration_version` the configuration comes from memory.
        `at` is the moment of the form, without it now.
        """
        compiled = self.repository.compiled(definition_id)
        now = at or self.clock.now()
        environment = StepEnvironment(
            connection,
            compiled,
            InstanceRef.for_preview(definition_id, compiled.key, scope),
            SYSTEM,
            now,
            self.operations,
            configuration=self.configuration,
            configuration_version=configuration_version,
        )
        environment.parameters.load_overrides()
        return {"today": day_in_rome(now), "bindings": environment.bindings}

    def _cache_after_commit(self, work: UnitOfWork, step: Step) -> None:
        """Let the next step of the instance find the run in memory."""

        def cache() -> None:
            self.committed_steps += step.written
            if step.written and not step.run.completed and step.state == "active":
                cached = CachedInstance(step.revision + 1, step.run, step.snapshot_after())
                self.cache.put(step.instance_id, cached)

        work.after_commit(cache)


def _new_instance(row: LockedInstance, actor: Actor) -> dict[str, Any]:
    """The values of `NEW_INSTANCE` for a new instance."""
    columns = dict.fromkeys(instance.c.keys())
    columns |= {name: value for name, value in row._asdict().items() if name in columns}
    columns |= {"words": row.title, "started_by": actor.id, "incidents": 0}
    return {f"new_{name}": value for name, value in columns.items()}


def _start_submission(found: Definition, step: Step, submitted: SubmittedForm) -> dict[str, Any]:
    """The row of a submitted start form."""
    model = step.environment.compiled.executable.models[found.key]
    start = next(start for start in model.start_events() if start.form_id == submitted.form.id)
    return submitted.row(
        instance_id=step.instance_id,
        task_id=None,
        element_id=start.id,
        name=start.name or found.name,
        process_id=found.key,
        definition_id=found.id,
        actor_id=step.actor.id,
        at=step.now,
        restricted=start.properties.get(PROPERTY) == "true",
    )
