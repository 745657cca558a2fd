"""A simulated world: an engine on a database of its own, a virtual clock, captured e-mails.

Between two calls only the database keeps state: instances are not cached, and every few calls a new engine is opened,
as after a restart.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from engine.access import SYSTEM, Actor, ChangedBy, accounts
from engine.clock import VirtualClock
from engine.engine import Engine
from engine.errors import InvalidInput, InvalidState, NotFound
from engine.instances.models import InstanceView
from engine.localization import message
from engine.service_tasks import REGISTRY, OperationRegistry
from engine.settings import Settings
from engine.simulation.default_users import DEFAULT_SCOPE, DEFAULT_USERS, create_users
from engine.simulation.mailbox import Mailbox
from engine.spiff import stored_variables
from engine.storage.tables import instance
from engine.tasks.models import Completion, TaskRow
from engine.temporal import add_duration, day_in_rome, parse_duration

MAX_DUE_MOMENTS = 50_000
CALLS_BETWEEN_RESTARTS = 8


@dataclass(frozen=True)
class OpenTask:
    """An open task with the actions on it; `by` is the user who acts."""

    world: World
    row: TaskRow

    @property
    def id(self) -> str:
        """The id of the task."""
        return self.row.id

    def complete(self, *, by: str, values: Mapping[str, Any] | None = None, **more: Any) -> Completion:
        """Complete the task with these values. Raises the errors of the engine."""
        engine = self.world.engine_for_call()
        done = engine.tasks.complete(self.id, {**(values or {}), **more}, self.world.actor(by))
        engine.run_due()
        return done

    def claim(self, *, by: str) -> None:
        """Claim the task."""
        self.world.engine_for_call().tasks.claim(self.id, self.world.actor(by))

    def release(self, *, by: str) -> None:
        """Release the task."""
        self.world.engine_for_call().tasks.release(self.id, self.world.actor(by))

    def hand_over(self, *, by: str, to: str, note: str = "") -> None:
        """Hand the task over to another user."""
        self.world.engine_for_call().tasks.hand_over(
            self.id, self.world.actor(to), note, self.world.actor(by)
        )

    def attach(self, filename: str, *, by: str, content: bytes = b"%PDF-1.4 prova") -> str:
        """Attach a file to the task; the id is the value of a file field."""
        media_type = "application/pdf" if filename.endswith(".pdf") else "text/plain"
        attached = self.world.engine_for_call().comments.attach(
            self.id, filename, media_type, content, self.world.actor(by)
        )
        return attached.id


class World:
    """A simulation. Make it with `World.open`, close it when done (or use it in a `with`)."""

    def __init__(
        self,
        settings: Settings,
        clock: VirtualClock,
        operations: OperationRegistry,
        scope: str,
        folder: tempfile.TemporaryDirectory[str] | None,
        *,
        upgrade: bool = True,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.mailbox = Mailbox()
        self.scope = scope
        self.instance_ids: list[str] = []
        handlers = dict(operations.handlers)
        if "mail" in handlers:
            handlers["mail"] = self.mailbox.capturing(handlers["mail"])
        self._operations = OperationRegistry(dict(operations.operations), handlers)
        self._restarts = True
        self._folder = folder
        self._calls = 0
        self.engine = Engine.open(
            settings, clock=clock, operations=self._operations, upgrade=upgrade, durable=False
        )

    @classmethod
    def open(
        cls,
        start: datetime,
        *,
        scope: str = DEFAULT_SCOPE,
        database_url: str = "",
        processes: str | Path = "processes",
        deploy: Sequence[str | Path] | None = None,
        users: Mapping[str, Sequence[str]] | None = None,
        operations: OperationRegistry = REGISTRY,
        smtp_url: str = "",
        populated: bool = False,
        **settings: Any,
    ) -> World:
        """A world whose clock starts at `start` (aware), with the processes of a folder deployed.

        Without `database_url` the database is a temporary SQLite file. `deploy` gives folders of diagrams to
        deploy instead of `processes`, whose `ruoli.yaml` is read in any case. `users` are added to the default ones
        (`users={"anna": [...]}` replaces the roles of Anna). With `smtp_url` the e-mails are also sent there.
        `populated`: the database already has scopes, users and processes, so nothing is written to it.
        """
        folder = None
        if not database_url:
            folder = tempfile.TemporaryDirectory(prefix="patti-", ignore_cleanup_errors=True)
            database_url = f"sqlite:///{Path(folder.name) / 'simulazione.db'}"
        chosen = Settings(
            database_url=database_url,
            processes_folder=str(processes),
            smtp_url=smtp_url,
            embedded_jobs=False,
            live_instances=0,  # every step loads the run state from the database
            secret_key="simulazione",
        ).with_(**settings)
        world = cls(chosen, VirtualClock(start), operations, scope, folder, upgrade=not populated)
        if populated:
            return world
        everyone = {**DEFAULT_USERS, **(users or {})}
        create_users(world.engine.database, everyone, scope, ChangedBy(SYSTEM.id, world.clock.now()))
        for one in deploy if deploy is not None else [processes]:
            world.engine.deployments.deploy_folder(one, SYSTEM)
        return world

    @classmethod
    def on_database(cls, settings: Settings, clock: VirtualClock) -> World:
        """A world on a populated database, with one engine for all calls; e-mails are not sent."""
        world = cls(settings.with_(smtp_url="", embedded_jobs=False), clock, REGISTRY, "", None)
        world._restarts = False
        return world

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the engine and delete the temporary database."""
        self.engine.close()
        if self._folder is not None:
            self._folder.cleanup()

    # -- the engine ------------------------------------------------------------------------------------------------

    def engine_for_call(self) -> Engine:
        """The engine for the next call; every `CALLS_BETWEEN_RESTARTS` calls a new one on the same database."""
        self._calls += 1
        if self._restarts and self._calls % CALLS_BETWEEN_RESTARTS == 0:
            self.restart()
        return self.engine

    def restart(self) -> None:
        """Replace the engine by a new one on the same database; what was only in memory is lost."""
        old = self.engine
        old.close()
        self.engine = Engine(self.settings, old.database, self.clock, self._operations, old.permissions)

    @property
    def now(self) -> datetime:
        """The virtual moment, UTC."""
        return self.clock.now()

    def actor(self, username: str) -> Actor:
        """The actor of a user with the roles held today; ``sistema`` is the engine itself. NotFound."""
        if username == SYSTEM.id:
            return SYSTEM
        with self.engine.database.read() as connection:
            found = accounts.actor_for(connection, username, day_in_rome(self.now))
            if found is None:
                known = [account.username for account in accounts.accounts(connection, limit=100)]
                raise NotFound("SCENARIO_USER_UNKNOWN", user=username, known=known)
        return found

    # -- instances -------------------------------------------------------------------------------------------------

    def start(
        self, key: str, *, by: str, values: Mapping[str, Any] | None = None, scope: str | None = None
    ) -> InstanceView:
        """Start a process; its instance becomes the current one."""
        engine = self.engine_for_call()
        started = engine.instances.start(key, values or {}, self.actor(by), scope or self.scope)
        self.instance_ids.append(started.id)
        engine.run_due()
        return self.instance()

    def instance(self, instance_id: str | None = None) -> InstanceView:
        """The instance with this id, else the current one."""
        return self.engine.instances.get(instance_id or self._current(), SYSTEM)

    def variables(self, instance_id: str | None = None) -> dict[str, Any]:
        """The variables of an instance; those of inner scopes hide those of outer ones."""
        with self.engine.database.read() as connection:
            state = connection.execute(
                select(instance.c.run_state).where(instance.c.id == (instance_id or self._current()))
            ).scalar_one()
        variables: dict[str, Any] = {}
        for values in stored_variables(bytes(state)).values():
            variables.update(values)
        return variables

    def tasks(self, instance_id: str | None = None) -> tuple[OpenTask, ...]:
        """The open tasks of an instance, in the order of their due dates."""
        rows = self.engine.inbox.of_instance(instance_id or self._current(), SYSTEM)
        return tuple(OpenTask(self, row) for row in rows if row.state == "open")

    def task(self, name: str, instance_id: str | None = None, *, which: int | None = None) -> OpenTask:
        """The one open task of this name (a repeated one also by the name before its dash).

        `which` chooses among several, from 1, in the order of creation. Raises NotFound when there is none and
        InvalidState when there are several; the sentence lists the open tasks.
        """
        opened = self.tasks(instance_id)
        found = [task for task in opened if task.row.name == name]
        found = found or [task for task in opened if task.row.name.startswith(f"{name} – ")]
        names = [f"«{task.row.name}»" for task in opened] or [message("SCENARIO_NO_TASK_OPEN")]
        if not found:
            raise NotFound("SCENARIO_TASK_NOT_OPEN", name=name, opened=names)
        if which is not None:
            found.sort(key=lambda task: (task.row.created_at, task.row.name))
            if not 1 <= which <= len(found):
                raise NotFound(
                    "SCENARIO_TASK_NUMBER_ABSENT", which=which, name=name, count=len(found), opened=names
                )
            return found[which - 1]
        if len(found) > 1:
            raise InvalidState("SCENARIO_TASK_AMBIGUOUS", name=name, times=len(found), opened=names)
        return found[0]

    def message(
        self, name: str, *, by: str, key: str | None = None, values: Mapping[str, Any] | None = None
    ) -> int:
        """Send a message to the instances that wait for it; the default `key` is the current business key."""
        engine = self.engine_for_call()
        wanted = key if key is not None else self.instance().business_key
        received = engine.messages.correlate(name, wanted, values or {}, self.actor(by))
        engine.run_due()
        return received

    def signal(self, name: str, *, by: str, values: Mapping[str, Any] | None = None, scope: str = "") -> int:
        """Broadcast a signal to every waiting instance; it starts processes in `scope`."""
        engine = self.engine_for_call()
        reached = engine.messages.broadcast(name, values or {}, self.actor(by), scope)
        engine.run_due()
        return reached

    def suspend(self, reason: str, *, by: str, instance_id: str | None = None) -> None:
        """Suspend an instance."""
        self.engine_for_call().instances.suspend(instance_id or self._current(), reason, self.actor(by))

    def resume(self, *, by: str, instance_id: str | None = None) -> None:
        """Resume an instance and run what came due meanwhile."""
        engine = self.engine_for_call()
        engine.instances.resume(instance_id or self._current(), self.actor(by))
        engine.run_due()

    def cancel(self, reason: str, *, by: str, instance_id: str | None = None) -> None:
        """Cancel an instance."""
        engine = self.engine_for_call()
        engine.instances.cancel(instance_id or self._current(), reason, self.actor(by))
        engine.run_due()

    def reopen(self, reason: str, *, by: str, instance_id: str | None = None) -> InstanceView:
        """Reopen an instance as a new one, which becomes the current one."""
        engine = self.engine_for_call()
        reopened = engine.instances.reopen(instance_id or self._current(), reason, self.actor(by))
        self.instance_ids.append(reopened.id)
        engine.run_due()
        return self.instance()

    def _current(self) -> str:
        if not self.instance_ids:
            raise InvalidState("SCENARIO_NO_INSTANCE")
        return self.instance_ids[-1]

    # -- time ------------------------------------------------------------------------------------------------------

    def advance(self, **span: float) -> int:
        """Move the clock by a time span (`days=15`, `hours=2`); the number of jobs executed."""
        return self.advance_to(self.now + timedelta(**span))

    def advance_by(self, duration: str) -> int:
        """Move the clock by an ISO 8601 duration (``P5D``, ``P1M``) of local time in Europe/Rome."""
        return self.advance_to(add_duration(self.now, parse_duration(duration)))

    def advance_to(self, moment: datetime) -> int:
        """Move the clock to `moment`, stopping at every due date on the way to run what is due.

        Raises InvalidInput when the moment is in the past.
        """
        if moment < self.now:
            raise InvalidInput(
                "SCENARIO_CLOCK_BACKWARDS", now=self.now.isoformat(), moment=moment.isoformat()
            )
        done = self.engine_for_call().run_due()
        for _ in range(MAX_DUE_MOMENTS):
            due = self.engine.next_due()
            if due is None or due > moment:
                self.clock.set(moment)
                return done + self.engine.run_due()
            self.clock.set(max(due, self.now))
            done += self.engine.run_due()
        raise InvalidState(
            "SCENARIO_TOO_MANY_TIMERS",
            now=self.now.isoformat(),
            moment=moment.isoformat(),
            limit=MAX_DUE_MOMENTS,
        )
