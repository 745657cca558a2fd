"""Definitions: deploy, version, find, compare. A version is immutable; the same content is never stored twice."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from engine.access.actors import Actor
from engine.access.permissions import Permission, PermissionMatrix
from engine.clock import Clock
from engine.definitions.compilation import Compiled, Parts, compile_parts, read_parts
from engine.definitions.models import Definition, DeploymentReport
from engine.definitions.resources import Bundle, Resource
from engine.errors import Finding, Forbidden, InvalidInput, InvalidState, NotFound
from engine.languages.bpmn import read_diagram
from engine.languages.forms import Form
from engine.scheduling.timer_start_events import arm_starts
from engine.service_tasks import OperationRegistry
from engine.storage import Database
from engine.storage.configuration_version import configuration_changed
from engine.storage.sql.statements import Statement
from engine.storage.tables import definition, definition_resource, event, subscription
from engine.storage.types import new_id

CACHED_DEFINITIONS = 64
_NAMES = Statement(
    select(definition.c.key, definition.c.name).order_by(definition.c.key, definition.c.version)
)


class Repository:
    """The definitions of a database. Safe between threads."""

    def __init__(
        self, database: Database, clock: Clock, operations: OperationRegistry, permissions: PermissionMatrix
    ) -> None:
        self._database = database
        self._clock = clock
        self._operations = operations
        self._permissions = permissions
        self._cache: OrderedDict[str, Compiled] = OrderedDict()
        self._lock = threading.Lock()
        self.nudge: Callable[[], None] = lambda: None
        """Called after a deployment, which may make a case begin by itself sooner than was thought."""

    # -- deploying -------------------------------------------------------------------------------------------------

    def deploy(self, bundle: Bundle, actor: Actor) -> DeploymentReport:
        """Store a new version of a definition, unless its content is that of the latest.

        Needs `definition.deploy`. The versions of the processes it calls are pinned to the latest of each. Raises
        InvalidInput, with findings, for a definition that cannot be run; then nothing changes.
        """
        self._permissions.require(actor, Permission.DEFINITION_DEPLOY)
        parts = read_parts(bundle, self._operations)
        with self._database.begin() as work:
            called = self._pinned(work.connection, parts)
            self._compile("", parts, called)
            work.after_commit(lambda: self.nudge())
            return self._store(work.connection, bundle, parts, called, actor)

    def deploy_folder(self, folder: str | Path, actor: Actor) -> tuple[DeploymentReport, ...]:
        """Deploy every ``*.bpmn`` of a folder, called processes before those that call them."""
        bundles = {path: Bundle.from_path(path) for path in sorted(Path(folder).glob("*.bpmn"))}
        calls: dict[str, tuple[str, ...]] = {}
        by_key: dict[str, Bundle] = {}
        for path, bundle in bundles.items():
            for process in read_diagram(bundle.diagram.content, path.name).executable:
                calls[process.id] = process.called
                by_key[process.id] = bundle
        return tuple(self.deploy(by_key[key], actor) for key in _called_first(calls))

    def _pinned(self, connection: Connection, parts: Parts) -> dict[str, str]:
        process = parts.diagram.executable[0]
        pinned: dict[str, str] = {}
        for key in process.called:
            if key == process.id:
                continue
            row = self._latest_row(connection, key)
            if row is None:
                caller = next(e for e in process.elements.values() if e.called == key)
                sentence = f"chiama il processo «{key}», che non è pubblicato: pubblicalo prima"
                raise InvalidInput(
                    sentence,
                    findings=[
                        Finding(
                            "UNKNOWN_PROCESS",
                            sentence,
                            parts.diagram.file,
                            caller.id,
                            caller.name,
                            caller.line,
                        )
                    ],
                )
            pinned[key] = row.id
            pinned.update(row.called)
        return pinned

    def _store(
        self, connection: Connection, bundle: Bundle, parts: Parts, called: dict[str, str], actor: Actor
    ) -> DeploymentReport:
        process = parts.diagram.executable[0]
        content_hash = _content_hash(bundle, called)
        latest = self._latest_row(connection, process.id)
        if latest is not None and latest.content_hash == content_hash:
            return DeploymentReport(_view(latest), created=False, warnings=parts.warnings)
        now = self._clock.now()
        version = (latest.version if latest is not None else 0) + 1
        values: dict[str, Any] = {
            "id": f"{process.id}:{version}",
            "key": process.id,
            "version": version,
            "name": process.name,
            "content_hash": content_hash,
            "state": "active",
            "starters": list(process.starters),
            "called": called,
            "deployed_at": now,
            "deployed_by": actor.id,
        }
        configuration_changed(connection)
        connection.execute(insert(definition).values(**values))
        connection.execute(
            insert(definition_resource),
            [
                {
                    "definition_id": values["id"],
                    "path": r.path,
                    "kind": r.kind,
                    "content": r.content,
                    "sha256": r.sha256,
                }
                for r in bundle.resources
            ],
        )
        connection.execute(
            insert(event).values(
                at=now,
                actor_id=actor.id,
                kind="definition.deployed",
                definition_id=values["id"],
                data={"hash": content_hash},
            )
        )
        self._subscribe_starts(connection, process, values["id"], now)
        arm_starts(connection, process, values["id"], now)
        row = self._latest_row(connection, process.id)
        assert row is not None
        return DeploymentReport(_view(row), created=True, warnings=parts.warnings)

    def _subscribe_starts(self, connection: Connection, process: Any, definition_id: str, now: Any) -> None:
        """What starts a process by itself: messages and signals of the new version replace those of the old."""
        older = select(definition.c.id).where(definition.c.key == process.id)
        connection.execute(
            update(subscription)
            .where(subscription.c.definition_id.in_(older), subscription.c.state == "waiting")
            .values(state="ended")
        )
        for start in process.start_events():
            name = start.message or start.signal
            if name:
                connection.execute(
                    insert(subscription).values(
                        id=new_id(),
                        definition_id=definition_id,
                        element_id=start.id,
                        kind="message" if start.message else "signal",
                        message=name,
                        correlation_key="",
                        state="waiting",
                        created_at=now,
                    )
                )

    def retire(self, key: str, actor: Actor) -> None:
        """No new instances of a process; those that run go on. Needs `definition.deploy`."""
        self._permissions.require(actor, Permission.DEFINITION_DEPLOY)
        with self._database.begin() as work:
            changed = work.connection.execute(
                update(definition).where(definition.c.key == key).values(state="retired")
            )
            if not changed.rowcount:
                raise NotFound(f"Il processo «{key}» non c'è")
            configuration_changed(work.connection)
            work.connection.execute(
                insert(event).values(
                    at=self._clock.now(), actor_id=actor.id, kind="definition.retired", data={"key": key}
                )
            )

    # -- finding ---------------------------------------------------------------------------------------------------

    def get(self, definition_id: str) -> Definition:
        """One version. Raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(definition).where(definition.c.id == definition_id)).one_or_none()
        if row is None:
            raise NotFound(f"La definizione «{definition_id}» non c'è")
        return _view(row)

    def latest(self, key: str, connection: Connection | None = None) -> Definition:
        """The latest version of a process, over a connection when one is open. Raises NotFound."""
        with nullcontext(connection) if connection else self._database.read() as reading:
            row = self._latest_row(reading, key)
        if row is None:
            raise NotFound(f"Il processo «{key}» non è pubblicato")
        return _view(row)

    def list(self) -> tuple[Definition, ...]:
        """Every version of every process, the latest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(definition).order_by(definition.c.key, definition.c.version.desc())
            )
            return tuple(_view(row) for row in rows)

    def names(self) -> dict[str, str]:
        """The name of every process by its key, as its latest version has it."""
        with self._database.read() as connection:
            return {str(key): str(name) for key, name in _NAMES.run(connection).rows}

    def startable(self, actor: Actor) -> tuple[Definition, ...]:
        """The processes that the actor may start, each in its latest version."""
        latest: dict[str, Definition] = {}
        for found in self.list():
            latest.setdefault(found.key, found)
        return tuple(d for d in latest.values() if d.starts and self.may_start(d, actor))

    def may_start(self, found: Definition, actor: Actor, scope: str | None = None) -> bool:
        """Whether one of the actor's roles is among the definition's starters (in the scope, when one is given)."""
        if actor.is_system:
            return True
        roles = actor.roles if scope is None else actor.roles_in(scope)
        allowed = self._permissions.allows(actor, Permission.CASE_START, scope)
        return allowed and bool(roles & set(found.starters))

    def require_start(self, found: Definition, actor: Actor, scope: str) -> None:
        """Raise Forbidden unless the actor may start it there."""
        if not self.may_start(found, actor, scope):
            raise Forbidden(f"{actor.name} non può avviare «{found.name}» nell'ambito «{scope}»")

    @staticmethod
    def require_starts(found: Definition) -> None:
        """Raise InvalidState unless new cases of the definition may begin."""
        if found.state != "active":
            raise InvalidState(f"«{found.name}» è ritirato: non se ne avviano di nuovi")
        if found.suspended_at is not None:
            raise InvalidState(
                f"«{found.name}» è sospeso: non se ne avviano di nuovi finché non viene ripreso"
            )

    def resources(self, definition_id: str) -> tuple[Resource, ...]:
        """The files of a version."""
        with self._database.read() as connection:
            return self._resources(connection, definition_id)

    def diagram(self, definition_id: str) -> bytes:
        """The XML of a version's diagram."""
        return Bundle(self.resources(definition_id)).diagram.content

    def form(self, definition_id: str, form_id: str) -> Form:
        """A form of a version (or of a process it calls). Raises NotFound."""
        compiled = self.compiled(definition_id)
        for parts in compiled.parts.values():
            if form_id in parts.forms:
                return parts.forms[form_id]
        raise NotFound(f"Il modulo «{form_id}» non c'è in {definition_id}")

    def start_form(self, definition_id: str) -> Form | None:
        """The form of a version's start event, when it has one."""
        compiled = self.compiled(definition_id)
        for start in compiled.program.models[compiled.key].start_events():
            if start.form_id:
                return compiled.form(compiled.key, start.form_id)
        return None

    def compiled(self, definition_id: str) -> Compiled:
        """A version compiled, with all it calls; kept for the next time."""
        with self._lock:
            if definition_id in self._cache:
                self._cache.move_to_end(definition_id)
                return self._cache[definition_id]
        with self._database.read() as connection:
            row = connection.execute(select(definition).where(definition.c.id == definition_id)).one_or_none()
            if row is None:
                raise NotFound(f"La definizione «{definition_id}» non c'è")
            parts = read_parts(Bundle(self._resources(connection, definition_id)), self._operations)
            called = {**row.called, row.key: row.id}
            compiled = self._compile(definition_id, parts, called)
        with self._lock:
            self._cache[definition_id] = compiled
            while len(self._cache) > CACHED_DEFINITIONS:
                self._cache.popitem(last=False)
        return compiled

    def _compile(self, definition_id: str, parts: Parts, called: dict[str, str]) -> Compiled:
        inner = []
        with self._database.read() as connection:
            for key, called_id in called.items():
                if key != parts.key:
                    inner.append(read_parts(Bundle(self._resources(connection, called_id)), self._operations))
        return compile_parts(definition_id, [parts, *inner], {**called, parts.key: definition_id})

    @staticmethod
    def _resources(connection: Connection, definition_id: str) -> tuple[Resource, ...]:
        rows = connection.execute(
            select(definition_resource)
            .where(definition_resource.c.definition_id == definition_id)
            .order_by(definition_resource.c.path)
        )
        return tuple(Resource(row.path, row.kind, bytes(row.content)) for row in rows)

    @staticmethod
    def _latest_row(connection: Connection, key: str) -> Row[Any] | None:
        return connection.execute(
            select(definition).where(definition.c.key == key).order_by(definition.c.version.desc()).limit(1)
        ).one_or_none()


def _content_hash(bundle: Bundle, called: dict[str, str]) -> str:
    digest = hashlib.sha256()
    for resource in bundle.resources:
        digest.update(f"{resource.path}\0{resource.sha256}\0".encode())
    for key, definition_id in sorted(called.items()):
        digest.update(f"{key}\0{definition_id}\0".encode())
    return digest.hexdigest()


def _called_first(calls: dict[str, tuple[str, ...]]) -> list[str]:
    order: list[str] = []

    def visit(key: str, path: tuple[str, ...]) -> None:
        if key in path:
            raise InvalidInput(f"I processi si chiamano in circolo: {' → '.join((*path, key))}")
        if key in calls and key not in order:
            for inner in calls[key]:
                if inner != key:
                    visit(inner, (*path, key))
            order.append(key)

    for key in sorted(calls):
        visit(key, ())
    return order


def _view(row: Row[Any]) -> Definition:
    return Definition(
        row.id,
        row.key,
        row.version,
        row.name,
        row.content_hash,
        row.state,
        tuple(row.starters),
        dict(row.called),
        row.deployed_at,
        row.deployed_by,
        row.suspended_at,
    )
