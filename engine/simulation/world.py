"""A world to play cases in: an engine on a database of its own, a clock that stands still until told, caught e-mail.

Nothing lives between two calls but the rows of the database: the engine reads each case from its bytes, and the world
opens a new engine now and then, as a restart would.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from engine.access import accounts
from engine.access.actors import SYSTEM, Actor
from engine.access.audit_register import By
from engine.clock import VirtualClock
from engine.engine import Engine
from engine.errors import InvalidInput, InvalidState, NotFound
from engine.instances.models import InstanceView
from engine.service_tasks import REGISTRY, OperationRegistry
from engine.settings import Settings
from engine.simulation.colleagues import DEFAULT_SCOPE, DEFAULT_USERS, furnish
from engine.simulation.mailbox import Mailbox
from engine.storage.serialization import decode
from engine.storage.tables import instance
from engine.tasks.models import Completion, TaskRow
from engine.temporal import add_duration, day_in_rome, parse_duration

MOST_MOMENTS = 50_000
CALLS_BETWEEN_RESTARTS = 8


@dataclass(frozen=True)
class OpenTask:
    """An open task of the world, with what people do to it. Each call names who does it."""

    world: World
    row: TaskRow

    @property
    def id(self) -> str:
        """The task's id."""
        return self.row.id

    def complete(self, *, by: str, values: Mapping[str, Any] | None = None, **more: Any) -> Completion:
        """Do the task with these values. Raises what the engine raises."""
        engine = self.world.touch()
        done = engine.tasks.complete(self.id, {**(values or {}), **more}, self.world.actor(by))
        engine.run_due()
        return done

    def claim(self, *, by: str) -> None:
        """Take it."""
        self.world.touch().tasks.claim(self.id, self.world.actor(by))

    def release(self, *, by: str) -> None:
        """Give it back."""
        self.world.touch().tasks.release(self.id, self.world.actor(by))

    def hand_over(self, *, by: str, to: str, note: str = "") -> None:
        """Pass it to a colleague."""
        self.world.touch().tasks.hand_over(self.id, self.world.actor(to), note, self.world.actor(by))

    def attach(self, filename: str, *, by: str, content: bytes = b"%PDF-1.4 prova") -> str:
        """Add a file to the task and give the id that a file field takes."""
        media_type = "application/pdf" if filename.endswith(".pdf") else "text/plain"
        attached = self.world.touch().notes.attach(
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
        self.cases: list[str] = []
        handlers = dict(operations.handlers)
        if "mail" in handlers:
            handlers["mail"] = self.mailbox.catching(handlers["mail"])
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
        furnished: bool = False,
        **settings: Any,
    ) -> World:
        """A world whose clock stands at `start` (aware), with the processes of a folder published.

        Without `database_url` a SQLite file that vanishes with the world. `deploy` names folders of diagrams to
        publish instead of `processes`, whose `ruoli.yaml` is read in any case. `users` are added to the default ones
        (`users={"anna": [...]}` replaces the roles of Anna). With `smtp_url` the mails are also sent there.
        `furnished` says that the database is a copy of one that has all this already: nothing is written to it.
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
            live_instances=0,  # between all steps a run comes back from its bytes
            secret_key="simulazione",
        ).with_(**settings)
        world = cls(chosen, VirtualClock(start), operations, scope, folder, upgrade=not furnished)
        if furnished:
            return world
        everyone = {**DEFAULT_USERS, **(users or {})}
        furnish(world.engine.database, everyone, scope, By(SYSTEM.id, world.clock.now()))
        for one in deploy if deploy is not None else [processes]:
            world.engine.repository.deploy_folder(one, SYSTEM)
        return world

    @classmethod
    def on(cls, settings: Settings, clock: VirtualClock) -> World:
        """A world over a database that is furnished already; no e-mail leaves it, and it is never reopened midway."""
        world = cls(settings.with_(smtp_url="", embedded_jobs=False), clock, REGISTRY, "", None)
        world._restarts = False
        return world

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the engine and drop the temporary database."""
        self.engine.close()
        if self._folder is not None:
            self._folder.cleanup()

    # -- the engine ------------------------------------------------------------------------------------------------

    def touch(self) -> Engine:
        """The engine for one more call; every few calls it is a new one, opened on the same rows."""
        self._calls += 1
        if self._restarts and self._calls % CALLS_BETWEEN_RESTARTS == 0:
            self.restart()
        return self.engine

    def restart(self) -> None:
        """Close the engine and its connections and make another: all that was only in memory is gone."""
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
                known = ", ".join(account.username for account in accounts.accounts(connection, limit=100))
                raise NotFound(f"L'utente «{username}» non c'è; ci sono: {known}")
        return found

    # -- cases -----------------------------------------------------------------------------------------------------

    def start(
        self, key: str, *, by: str, values: Mapping[str, Any] | None = None, scope: str | None = None
    ) -> InstanceView:
        """Start a process; it becomes the current case."""
        engine = self.touch()
        started = engine.instances.start(key, values or {}, self.actor(by), scope or self.scope)
        self.cases.append(started.id)
        engine.run_due()
        return self.case()

    def case(self, instance_id: str | None = None) -> InstanceView:
        """The case given, else the one started last."""
        return self.engine.instances.get(instance_id or self._current(), SYSTEM)

    def variables(self, instance_id: str | None = None) -> dict[str, Any]:
        """The variables of a case; what a called process or a repeated run holds covers what lies outside it."""
        with self.engine.database.read() as connection:
            state = connection.execute(
                select(instance.c.run_state).where(instance.c.id == (instance_id or self._current()))
            ).scalar_one()
        sets: Mapping[str, Mapping[str, Any]] = decode(bytes(state))["scopes"]
        seen: dict[str, Any] = {}
        for values in sets.values():
            seen.update(values)
        return seen

    def tasks(self, instance_id: str | None = None) -> tuple[OpenTask, ...]:
        """The open tasks of a case, those due first coming first."""
        rows = self.engine.inbox.of_instance(instance_id or self._current(), SYSTEM)
        return tuple(OpenTask(self, row) for row in rows if row.state == "open")

    def task(self, name: str, instance_id: str | None = None, *, which: int | None = None) -> OpenTask:
        """The one open task of this name (a repeated one also by the name before its dash).

        `which` chooses among several, from 1, in the order they were made. NotFound when there is none, InvalidState
        when there are several: the sentence lists what is open.
        """
        opened = self.tasks(instance_id)
        found = [task for task in opened if task.row.name == name]
        found = found or [task for task in opened if task.row.name.startswith(f"{name} – ")]
        listed = ", ".join(f"«{task.row.name}»" for task in opened) or "nessuno"
        if not found:
            raise NotFound(f"Il compito «{name}» non è aperto. Compiti aperti: {listed}")
        if which is not None:
            found.sort(key=lambda task: (task.row.created_at, task.row.name))
            if not 1 <= which <= len(found):
                raise NotFound(
                    f"Non c'è il {which}° compito «{name}»: ce ne sono {len(found)}. Aperti: {listed}"
                )
            return found[which - 1]
        if len(found) > 1:
            raise InvalidState(f"«{name}» è aperto {len(found)} volte. Compiti aperti: {listed}")
        return found[0]

    def message(
        self, name: str, *, by: str, key: str | None = None, values: Mapping[str, Any] | None = None
    ) -> int:
        """Send a message to the cases that wait for it; without `key` to the current case's business key."""
        engine = self.touch()
        wanted = key if key is not None else self.case().business_key
        received = engine.messages.correlate(name, wanted, values or {}, self.actor(by))
        engine.run_due()
        return received

    def signal(self, name: str, *, by: str, values: Mapping[str, Any] | None = None, scope: str = "") -> int:
        """Throw a signal to every case that waits for it; with `scope` also to the processes it starts there."""
        engine = self.touch()
        reached = engine.messages.broadcast(name, values or {}, self.actor(by), scope)
        engine.run_due()
        return reached

    def suspend(self, reason: str, *, by: str, instance_id: str | None = None) -> None:
        """Suspend a case."""
        self.touch().instances.suspend(instance_id or self._current(), reason, self.actor(by))

    def resume(self, *, by: str, instance_id: str | None = None) -> None:
        """Let it go on; what came due meanwhile fires."""
        engine = self.touch()
        engine.instances.resume(instance_id or self._current(), self.actor(by))
        engine.run_due()

    def cancel(self, reason: str, *, by: str, instance_id: str | None = None) -> None:
        """End it by a human decision."""
        engine = self.touch()
        engine.instances.cancel(instance_id or self._current(), reason, self.actor(by))
        engine.run_due()

    def reopen(self, reason: str, *, by: str, instance_id: str | None = None) -> InstanceView:
        """Reopen it as a new case, which becomes the current one."""
        engine = self.touch()
        reopened = engine.instances.reopen(instance_id or self._current(), reason, self.actor(by))
        self.cases.append(reopened.id)
        engine.run_due()
        return self.case()

    def _current(self) -> str:
        if not self.cases:
            raise InvalidState("Nessuna pratica è stata ancora avviata")
        return self.cases[-1]

    # -- time ------------------------------------------------------------------------------------------------------

    def advance(self, **span: float) -> int:
        """Move the clock by an exact span (`days=15`, `hours=2`) and say how much happened on the way."""
        return self.advance_to(self.now + timedelta(**span))

    def advance_by(self, duration: str) -> int:
        """Move by an ISO 8601 duration; days and months are those of the wall clock in Rome (``P5D``, ``P1M``)."""
        return self.advance_to(add_duration(self.now, parse_duration(duration)))

    def advance_to(self, moment: datetime) -> int:
        """Move from due moment to due moment up to `moment`: timers fire and deliveries leave each at their own time.

        InvalidInput when the moment is past: time does not run backwards in a world.
        """
        if moment < self.now:
            raise InvalidInput(
                f"L'orologio segna già {self.now.isoformat()}: non torna a {moment.isoformat()}"
            )
        done = self.touch().run_due()
        for _ in range(MOST_MOMENTS):
            due = self.engine.next_due()
            if due is None or due > moment:
                self.clock.set(moment)
                return done + self.engine.run_due()
            self.clock.set(max(due, self.now))
            done += self.engine.run_due()
        raise InvalidState(
            f"Fra {self.now.isoformat()} e {moment.isoformat()} scattano più di {MOST_MOMENTS} timer"
        )
