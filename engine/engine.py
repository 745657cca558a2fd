"""The engine: the only place where its services are wired together."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engine.access import PermissionMatrix
from engine.clock import Clock, SystemClock
from engine.definitions.deployment import Deployments
from engine.definitions.parameters import Parameters
from engine.definitions.repository import Repository
from engine.execution import Outbox, ParameterTrial, StepRunner
from engine.history import History, Metrics, Submissions
from engine.incidents import Incidents
from engine.instances import (
    Batches,
    DefinitionSuspension,
    InstanceOperations,
    Instances,
    Messages,
    Migrations,
    Modifications,
)
from engine.jobs import DueWork, DueWorkRunner, EmbeddedScheduler
from engine.languages.feel import YearsMonths
from engine.scheduling import CalendarFiles, Calendars
from engine.service_tasks import REGISTRY, OperationRegistry
from engine.settings import Settings
from engine.storage import Database, migrate
from engine.storage.serialization import register_type
from engine.tasks import CalendarFeeds, Comments, Inbox, Tasks
from engine.timers import Deadlines, ScheduledStarts, Timers

if TYPE_CHECKING:
    from engine.jobs.worker import Worker

register_type("$months", YearsMonths, lambda value: str(value.months), lambda text: YearsMonths(int(text)))

ROLES_FILE = "ruoli.yaml"


class Engine:
    """All services over one database. Make it with `Engine.open`; close it when done."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        operations: OperationRegistry,
        permissions: PermissionMatrix,
    ) -> None:
        self.settings = settings
        self.database = database
        self.clock = clock
        self.operations = operations
        self.permissions = permissions
        self.repository = Repository(database, operations, permissions)
        self.step_runner = StepRunner(database, clock, self.repository, operations, settings)
        self.deployments = Deployments(
            database,
            clock,
            self.repository,
            operations,
            permissions,
            lambda: self.step_runner.wake_scheduler(),
        )
        self.instances = Instances(self.step_runner, permissions)
        self.tasks = Tasks(self.step_runner, permissions)
        self.comments = Comments(self.step_runner, permissions)
        self.inbox = Inbox(database, clock, self.repository, permissions)
        self.metrics = Metrics(database, clock)
        self.timers = Timers(self.step_runner, permissions)
        self.scheduled_starts = ScheduledStarts(self.step_runner, permissions)
        self.messages = Messages(self.step_runner, permissions)
        self.outbox = Outbox(database, clock, operations, settings, self.messages.outbox_handlers)
        self.incidents = Incidents(self.step_runner, permissions, self.outbox)
        self.modifications = Modifications(self.step_runner, permissions)
        self.batches = Batches(self.step_runner, permissions)
        InstanceOperations(self.instances, self.modifications, self.incidents).register(self.batches)
        self.definition_suspension = DefinitionSuspension(self.step_runner, permissions, self.batches)
        self.history = History(database, clock, self.repository, permissions)
        self.submissions = Submissions(database, self.repository, permissions)
        self.parameters = Parameters(
            database, clock, self.repository, permissions, ParameterTrial(self.step_runner)
        )
        self.calendars = Calendars(database, clock, permissions)
        self.deadlines = Deadlines(self.step_runner, permissions)
        self.calendar_files = CalendarFiles(database, clock, permissions)
        self.calendar_feeds = CalendarFeeds(database, clock)
        self.migrations = Migrations(self.step_runner, permissions, self.batches)
        self._jobs: EmbeddedScheduler | None = None
        self._jobs_lock = threading.Lock()
        self._due_work = DueWorkRunner(database, self._kinds_of_due_work())

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        clock: Clock | None = None,
        operations: OperationRegistry = REGISTRY,
        upgrade: bool = True,
        durable: bool = True,
    ) -> Engine:
        """Open the database of the settings, bringing its schema up to date unless `upgrade` is False.
        `durable` False is for simulations (see `Database`).

        Raises Misconfigured when the settings do not allow it.
        """
        if upgrade:
            migrate(settings.database_url)
        permissions = PermissionMatrix.load(Path(settings.processes_folder) / ROLES_FILE)
        return cls(
            settings,
            Database(
                settings.database_url, durable=durable, postgresql_pipeline=settings.postgresql_pipeline
            ),
            clock or SystemClock(),
            operations,
            permissions,
        )

    # -- background jobs ---------------------------------------------------------------------------------------------

    def start_jobs(self) -> None:
        """Run what becomes due inside this process, until `close`."""
        with self._jobs_lock:
            if self._jobs is None:
                self._jobs = EmbeddedScheduler(
                    self.run_due, self.next_due, self.clock, self.settings.sweep_seconds
                )
                self.step_runner.wake_scheduler = self._jobs.wake
                self._jobs.start()

    def worker(self) -> Worker:
        """One of several worker processes on PostgreSQL; its `run` blocks.

        Raises Misconfigured on SQLite, where `start_jobs` does the work.
        """
        from engine.jobs.worker import Worker  # a web process does without Procrastinate

        return Worker(self.database, self._kinds_of_due_work(), self.clock, self.settings.sweep_seconds)

    def run_due(self) -> int:
        """Fire timers, start scheduled instances, deliver messages and run batches until nothing more is due.

        Returns how much was done. `close` ends it between two pieces of work; the rest is done at the next start.
        """
        return self._due_work.run_due()

    def next_due(self) -> datetime | None:
        """The earliest moment at which something will be due, UTC."""
        return self._due_work.next_due()

    def _kinds_of_due_work(self) -> tuple[DueWork, ...]:
        return (
            DueWork("timers", self.timers.fire_due, self.timers.next_due, urgent=True),
            DueWork("starts", self.scheduled_starts.start_due, self.scheduled_starts.next_due, urgent=True),
            DueWork("outbox", self.outbox.deliver, self.outbox.next_due),
            DueWork("batches", self.batches.run_pending, self.batches.next_due),
        )

    def close(self) -> None:
        """Stop the background jobs and close the database."""
        self._due_work.stop()
        with self._jobs_lock:
            if self._jobs is not None:
                self._jobs.stop()
                self._jobs = None
        self.database.close()
