"""The engine: the only place where its services are wired together."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engine.access.permissions import PermissionMatrix
from engine.clock import Clock, SystemClock
from engine.definitions.parameters import Parameters
from engine.definitions.repository import Repository
from engine.execution.outbox import Outbox
from engine.execution.step_runner import Stepper
from engine.history.metrics import Figures
from engine.history.service import History
from engine.incidents.service import Incidents
from engine.instances.batches.operations import CaseOperations
from engine.instances.batches.service import Batches
from engine.instances.definition_suspension import SuspendedDefinitions
from engine.instances.messages import Messages
from engine.instances.migration import Migrations
from engine.instances.modification import Modifications
from engine.instances.service import Instances
from engine.jobs.embedded_scheduler import LocalJobs
from engine.languages.feel import YearsMonths
from engine.scheduling.calendars.ics_import import CalendarFiles
from engine.scheduling.calendars.service import Calendars
from engine.service_tasks import REGISTRY, OperationRegistry
from engine.settings import Settings
from engine.storage import Database, migrate
from engine.storage.serialization import register_type
from engine.tasks.calendar_feed import DeadlineFeeds
from engine.tasks.comments import Notes
from engine.tasks.inbox import Inbox
from engine.tasks.service import Tasks
from engine.timers.deadlines import Deadlines
from engine.timers.scheduled_starts import ScheduledStarts
from engine.timers.service import Timers

if TYPE_CHECKING:
    from engine.jobs.worker import DistributedJobs

register_type("$months", YearsMonths, lambda value: str(value.months), lambda text: YearsMonths(int(text)))

ROLES_FILE = "ruoli.yaml"
BATCH = 20
FEW = 4
"""Messages, and cases of operations, between two looks at the timers while timers come due: these come first."""


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
        self.repository = Repository(database, clock, operations, permissions)
        self.stepper = Stepper(database, clock, self.repository, operations, settings)
        self.repository.nudge = lambda: self.stepper.nudge()
        self.instances = Instances(self.stepper, permissions)
        self.tasks = Tasks(self.stepper, permissions)
        self.notes = Notes(self.stepper, permissions)
        self.inbox = Inbox(database, clock, self.repository, permissions)
        self.figures = Figures(database, clock)
        self.timers = Timers(self.stepper, permissions)
        self.scheduled = ScheduledStarts(self.stepper, permissions)
        self.messages = Messages(self.stepper, permissions)
        self.outbox = Outbox(database, clock, operations, settings, self.messages.inner_deliveries)
        self.incidents = Incidents(self.stepper, permissions, self.outbox)
        self.modifications = Modifications(self.stepper, permissions)
        self.batches = Batches(self.stepper, permissions)
        CaseOperations(self.instances, self.modifications, self.incidents).register(self.batches)
        self.suspended_definitions = SuspendedDefinitions(self.stepper, permissions, self.batches)
        self.history = History(database, clock, self.repository, permissions)
        self.parameters = Parameters(database, clock, self.repository, permissions)
        self.calendars = Calendars(database, clock, permissions)
        self.deadlines = Deadlines(self.stepper, permissions)
        self.calendar_files = CalendarFiles(database, clock, permissions)
        self.deadline_feeds = DeadlineFeeds(database, clock)
        self.migrations = Migrations(self.stepper, permissions, self.batches)
        self._jobs: LocalJobs | None = None
        self._jobs_lock = threading.Lock()
        self._closing = threading.Event()

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
            Database(settings.database_url, durable=durable),
            clock or SystemClock(),
            operations,
            permissions,
        )

    # -- what runs by itself ---------------------------------------------------------------------------------------

    def start_jobs(self) -> None:
        """Let timers and deliveries run inside this process."""
        with self._jobs_lock:
            if self._jobs is None:
                self._jobs = LocalJobs(self.run_due, self.next_due, self.clock, self.settings.sweep_seconds)
                self.stepper.nudge = self._jobs.nudge
                self._jobs.start()

    def worker(self) -> DistributedJobs:
        """The worker of many: runs what is due on PostgreSQL beside any number of others. Its `run` blocks.

        Raises Misconfigured on SQLite, which lives on one machine: there `start_jobs` does the work.
        """
        from engine.jobs.worker import DistributedJobs, Look  # a web process does without

        looks = (
            Look("timers", self.timers.fire_due, self.timers.next_due),
            Look("starts", self.scheduled.start_due, self.scheduled.next_due),
            Look("outbox", self.outbox.deliver, self.outbox.next_due),
            Look("batches", self.batches.run_pending, self.batches.next_due),
        )
        return DistributedJobs(self.database, looks, self.clock, self.settings.sweep_seconds)

    def run_due(self) -> int:
        """Fire what is due and deliver what waits, until nothing more is; says how much was done.

        It stops between two batches when the engine is being closed; the rest is done at the next start.
        """
        done = 0
        while not self._closing.is_set():
            step = self.timers.fire_due(BATCH) + self.scheduled.start_due(BATCH)
            others = FEW if step else BATCH
            step += self.outbox.deliver(others) + self.batches.run_pending(others)
            if not step:
                break
            done += step
        return done

    def next_due(self) -> datetime | None:
        """The earliest moment at which something will be due, UTC."""
        services = (self.timers, self.scheduled, self.outbox, self.batches)
        with self.database.read_together():
            moments = [service.next_due() for service in services]
        return min((moment for moment in moments if moment is not None), default=None)

    def close(self) -> None:
        """Stop what runs by itself and close the database."""
        self._closing.set()
        with self._jobs_lock:
            if self._jobs is not None:
                self._jobs.stop()
                self._jobs = None
        self.database.close()
