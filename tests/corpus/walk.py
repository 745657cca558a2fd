"""Walks a diagram to an end without knowing it: does tasks, lets time pass, brings messages, sets choices by chance.

Every step reads the instance from its rows. A walk is bounded in steps; chance is seeded by the file's name.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from engine.access import SYSTEM, PermissionMatrix
from engine.clock import VirtualClock
from engine.definitions.resources import DeploymentBundle
from engine.engine import ROLES_FILE, Engine
from engine.errors import ExecutionFailed
from engine.execution.step_writer import write_step
from engine.settings import Settings
from engine.spiff import ProcessRun
from engine.storage import Database
from engine.storage.tables import event, incident, instance, subscription, task, timer
from tests.bpmn import trial_operations
from tests.bpmn.case_runner import change
from tests.corpus.completion import CHOICE, ITEMS, TOPIC
from tests.corpus.flow_check import never_ends

MOST_STEPS = 150
MOST_RETRIES = 40
START = datetime(2016, 3, 1, 12, tzinfo=ZoneInfo("Europe/Rome"))


@dataclass(frozen=True)
class Walk:
    """How a walk went. `outcome`: ended, stopped (by an incident), stuck (nothing to be done), endless."""

    outcome: str
    why: str
    steps: int
    passed: tuple[str, ...]
    model: Any = None


class Walker:
    """Deploys and walks, on one database."""

    def __init__(self, database_url: str) -> None:
        self._settings = Settings(
            database_url=database_url, embedded_jobs=False, secret_key="prova", operation_attempts=1
        )
        self._database = Database(database_url, durable=False)
        self._clock = VirtualClock(START)
        self._operations = trial_operations.registry()
        self._operations.add(trial_operations.doing_nothing(TOPIC))
        permissions = PermissionMatrix.load(Path(self._settings.processes_folder) / ROLES_FILE)
        self.engine = Engine(self._settings, self._database, self._clock, self._operations, permissions)

    def close(self) -> None:
        """Close the database."""
        self.engine.close()

    def deploy(self, content: bytes, file: str = "diagramma.bpmn") -> str:
        """Publish a diagram and give its key. InvalidInput with findings."""
        found = DeploymentBundle.from_files({file: content})
        return self.engine.deployments.deploy(found, SYSTEM).definition.key

    def walk(self, key: str, seed: str) -> Walk:
        """Start the latest version of a process and go on until it ends or no more can be done."""
        chance = random.Random(zlib.crc32(seed.encode()))
        self._clock.set(START)
        definition = self.engine.repository.latest(key)
        model = self.engine.repository.compiled(definition.id).executable.models[key]
        try:
            walking = _Walking(self.engine, self._clock, chance, definition.id, model)
            return walking.go()
        finally:
            self._end_all()

    def _end_all(self) -> None:
        with self._database.begin() as work:
            for table, open_state, ended in (
                (subscription, "waiting", "ended"),
                (timer, "waiting", "cancelled"),
                (instance, "active", "cancelled"),
            ):
                work.connection.execute(update(table).where(table.c.state == open_state).values(state=ended))


class _Walking:
    def __init__(
        self, engine: Engine, clock: VirtualClock, chance: random.Random, definition_id: str, model: Any
    ) -> None:
        self.engine, self.clock, self.chance, self.model = engine, clock, chance, model
        self.definition_id = definition_id
        self.names = sorted({f"{CHOICE}{number}" for number in range(1, 80)})
        self.id = ""
        self.retries = 0

    def go(self) -> Walk:
        """The whole walk."""
        key = self.definition_id.rpartition(":")[0]
        starts = self.model.start_events()
        plain = [one for one in starts if not one.events] or not starts
        told = self._with_luck(lambda: self._start(key) if plain else self._begin_otherwise(starts))
        if told:
            return Walk(*told, 0, (), self.model)
        if not self.id:
            return Walk("stuck", "nothing starts it", 0, (), self.model)
        for step in range(MOST_STEPS):
            self.engine.run_due()
            state = self._state()
            if state != "active":
                return self._walk("ended" if state == "completed" else "stopped", state, step)
            told = self._one_step()
            if told:
                return self._walk(*told, step)
        why = f"not over after {MOST_STEPS} steps; waiting: {', '.join(self._waiting())}"
        return self._walk(
            "stopped" if never_ends(self.model, self._waiting()) else "endless", why, MOST_STEPS
        )

    def _start(self, key: str) -> None:
        started = self.engine.instances.start(key, self._values(), SYSTEM, "prova", business_key="pratica")
        self.id = started.id

    def _begin_otherwise(self, starts: Any) -> None:
        start = self.chance.choice(starts)
        if start.message:
            self.id = self.engine.messages.start(
                start.message, self._values(), SYSTEM, "prova", business_key="pratica"
            )
            return
        if "signal" not in start.events:
            self._start(self.definition_id.rpartition(":")[0])
            return
        self.engine.messages.broadcast(start.signal, self._values(), SYSTEM, "prova")
        self.engine.run_due()
        with self.engine.database.read() as connection:
            self.id = (
                connection.execute(
                    select(instance.c.id)
                    .where(instance.c.definition_id == self.definition_id)
                    .order_by(instance.c.number.desc())
                    .limit(1)
                ).scalar_one_or_none()
                or ""
            )

    def _walk(self, outcome: str, why: str, steps: int) -> Walk:
        query = select(event.c.element_id).where(
            event.c.instance_id == self.id,
            event.c.kind == "element.passed",
            event.c.definition_id == self.definition_id,
        )
        with self.engine.database.read() as connection:
            passed = tuple(connection.execute(query.order_by(event.c.id)).scalars())
        return Walk(outcome, why, steps, passed, self.model)

    # -- one step --------------------------------------------------------------------------------------------------

    def _one_step(self) -> tuple[str, str] | None:
        """Do something that is open, by chance; what stops the walk otherwise."""
        acts: list[Any] = [(self._complete, row) for row in self._rows(task, "open")]
        acts += [(self._deliver, row) for row in self._rows(subscription, "waiting")]
        timers = [row for row in self._rows(timer, "waiting") if row.kind == "event"]
        acts += [(self._wait, row) for row in timers]
        stopped = self._rows(incident, "open")
        if stopped and (not acts or self.chance.random() < 0.5):
            if self.retries >= MOST_RETRIES:
                return "stopped", f"{stopped[0].element_id}: {stopped[0].sentence}"
            self.retries += 1
            return self._with_luck(lambda: self._retry(stopped[0]))
        if not acts:
            return "stuck", "active, and nothing is waited for"
        act, row = self.chance.choice(acts)
        return self._with_luck(lambda: act(row))

    def _with_luck(self, act: Callable[[], None]) -> tuple[str, str] | None:
        """Do something; where chance has made an automatic loop endless, nothing of it is kept: again, otherwise."""
        while True:
            try:
                act()
            except ExecutionFailed as problem:
                self.retries += 1
                if self.retries >= MOST_RETRIES:
                    return "stopped", problem.message
            else:
                return None

    def _complete(self, row: Any) -> None:
        with self.engine.database.begin() as work:
            step = self.engine.step_runner.open(work, self.id, SYSTEM)
            step.completed_task = row
            step.run.complete_task(row.token, self._values())
            write_step(step)

    def _deliver(self, row: Any) -> None:
        if row.kind == "signal":
            self.engine.messages.broadcast(row.message, self._values(), SYSTEM)
        elif row.kind == "condition":
            with self.engine.database.begin() as work:
                step = self.engine.step_runner.open(work, self.id, SYSTEM)
                change(step.run, self._values())
                step.run.run_to_wait_states()
                write_step(step)
        else:
            self.engine.messages.correlate(
                row.message, row.correlation_key, self._values(), SYSTEM, instance_id=self.id
            )

    def _wait(self, row: Any) -> None:
        """The choices after a timer are by chance too."""
        with self.engine.database.begin() as work:
            step = self.engine.step_runner.open(work, self.id, SYSTEM)
            change(step.run, self._values())
            write_step(step)
        due = self.engine.next_due()
        if due is not None:
            self.clock.set(max(due, self.clock.now()))

    def _retry(self, row: Any) -> None:
        with self.engine.database.begin() as work:
            step = self.engine.step_runner.open(work, self.id, SYSTEM)
            change(step.run, self._values())
            write_step(step)
        self.engine.incidents.retry(row.id, SYSTEM)

    def _values(self) -> dict[str, Any]:
        return {ITEMS: [1, 2], **{name: self.chance.random() < 0.5 for name in self.names}}

    # -- what is there ---------------------------------------------------------------------------------------------

    def _state(self) -> str:
        with self.engine.database.read() as connection:
            return connection.execute(select(instance.c.state).where(instance.c.id == self.id)).scalar_one()

    def _rows(self, table: Any, state: str) -> list[Any]:
        query = select(table).where(table.c.instance_id == self.id, table.c.state == state)
        with self.engine.database.read() as connection:
            return sorted(
                connection.execute(query), key=lambda row: (row.element_id or "", str(row.created_at))
            )

    def _waiting(self) -> list[str]:
        rows = self._rows(task, "open") + self._rows(subscription, "waiting") + self._rows(timer, "waiting")
        return sorted({row.element_id for row in rows})

    def run(self) -> ProcessRun:
        """The run as its rows keep it."""
        with self.engine.database.read() as connection:
            state = connection.execute(
                select(instance.c.run_state).where(instance.c.id == self.id)
            ).scalar_one()
        executable = self.engine.repository.compiled(self.definition_id).executable
        return ProcessRun.for_inspection(executable, bytes(state))
