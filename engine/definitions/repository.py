"""Finds definitions: versions, their files and forms, the compiled process, and who may start it."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import Any

from cachetools import LRUCache
from sqlalchemy import Connection, Row, select

from engine.access import Actor, Permission, PermissionMatrix
from engine.definitions.compilation import CompiledDefinition, ParsedBundle, compile_definition, parse_bundle
from engine.definitions.models import Definition
from engine.definitions.resources import DeploymentBundle, Resource
from engine.errors import Forbidden, InvalidState, NotFound
from engine.languages.forms import Form
from engine.service_tasks import OperationRegistry
from engine.storage import Database, Statement
from engine.storage.tables import definition, definition_resource

MAX_CACHED_DEFINITIONS = 64
_NAMES = Statement(
    select(definition.c.key, definition.c.name).order_by(definition.c.key, definition.c.version)
)


class Repository:
    """The definitions of a database. Thread-safe."""

    def __init__(
        self, database: Database, operations: OperationRegistry, permissions: PermissionMatrix
    ) -> None:
        self._database = database
        self._operations = operations
        self._permissions = permissions
        self._compiled: LRUCache[str, CompiledDefinition] = LRUCache(MAX_CACHED_DEFINITIONS)
        self._lock = threading.Lock()

    # -- versions --------------------------------------------------------------------------------------------------

    def get(self, definition_id: str) -> Definition:
        """One version. Raises NotFound."""
        with self._database.read() as connection:
            return definition_from_row(_row(connection, definition_id))

    def latest(self, key: str, connection: Connection | None = None) -> Definition:
        """The latest version of a process, read over `connection` when one is given. Raises NotFound."""
        with nullcontext(connection) if connection else self._database.read() as reading:
            row = latest_row(reading, key)
        if row is None:
            raise NotFound("PROCESS_NOT_DEPLOYED", process=key)
        return definition_from_row(row)

    def list(self) -> tuple[Definition, ...]:
        """Every version of every process, by key, the latest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                select(definition).order_by(definition.c.key, definition.c.version.desc())
            )
            return tuple(definition_from_row(row) for row in rows)

    def process_names(self) -> dict[str, str]:
        """The name of every process by its key, as its latest version has it."""
        with self._database.read() as connection:
            return {str(key): str(name) for key, name in _NAMES.run(connection).rows}

    # -- start rules -----------------------------------------------------------------------------------------------

    def startable(self, actor: Actor) -> tuple[Definition, ...]:
        """The processes that the actor may start, each in its latest version."""
        latest: dict[str, Definition] = {}
        for found in self.list():
            latest.setdefault(found.key, found)
        return tuple(d for d in latest.values() if d.is_startable and self.may_start(d, actor))

    def may_start(self, found: Definition, actor: Actor, scope: str | None = None) -> bool:
        """Whether one of the actor's roles is among the definition's starters (in the scope, when one is given)."""
        if actor.is_system:
            return True
        roles = actor.roles if scope is None else actor.roles_in(scope)
        allowed = self._permissions.allows(actor, Permission.CASE_START, scope)
        return allowed and bool(roles & set(found.starters))

    def require_may_start(self, found: Definition, actor: Actor, scope: str) -> None:
        """Raise Forbidden unless the actor may start the definition in the scope."""
        if not self.may_start(found, actor, scope):
            raise Forbidden("START_NOT_ALLOWED", actor=actor.name, process=found.name, scope=scope)

    @staticmethod
    def require_startable(found: Definition) -> None:
        """Raise InvalidState unless new instances of the definition may be started."""
        if found.state != "active":
            raise InvalidState("DEFINITION_RETIRED", name=found.name)
        if found.suspended_at is not None:
            raise InvalidState("DEFINITION_SUSPENDED", name=found.name)

    # -- files and forms -------------------------------------------------------------------------------------------

    def resources(self, definition_id: str) -> tuple[Resource, ...]:
        """The files of a version."""
        with self._database.read() as connection:
            return _resources(connection, definition_id)

    def diagram(self, definition_id: str) -> bytes:
        """The XML of a version's diagram."""
        return DeploymentBundle(self.resources(definition_id)).diagram.content

    def form(self, definition_id: str, form_id: str) -> Form:
        """A form of a version, or of a process it calls. Raises NotFound."""
        for bundle in self.compiled(definition_id).bundles.values():
            if form_id in bundle.forms:
                return bundle.forms[form_id]
        raise NotFound("FORM_NOT_FOUND", form=form_id, definition=definition_id)

    def start_form(self, definition_id: str) -> Form | None:
        """The form of a version's start event, when it has one."""
        compiled = self.compiled(definition_id)
        for start in compiled.executable.models[compiled.key].start_events():
            if start.form_id:
                return compiled.form(compiled.key, start.form_id)
        return None

    # -- compilation -----------------------------------------------------------------------------------------------

    def compiled(self, definition_id: str) -> CompiledDefinition:
        """A version compiled with all processes it calls; cached. Raises NotFound."""
        with self._lock:
            if definition_id in self._compiled:
                return self._compiled[definition_id]
        with self._database.read() as connection:
            row = _row(connection, definition_id)
            parsed = parse_bundle(DeploymentBundle(_resources(connection, definition_id)), self._operations)
            compiled = self.compile(definition_id, parsed, {**row.called, row.key: row.id})
        with self._lock:
            self._compiled[definition_id] = compiled
        return compiled

    def compile(self, definition_id: str, parsed: ParsedBundle, called: dict[str, str]) -> CompiledDefinition:
        """Compile a bundle with the versions it calls: `called` has their definition ids by process key."""
        with self._database.read() as connection:
            inner = [
                parse_bundle(DeploymentBundle(_resources(connection, called_id)), self._operations)
                for key, called_id in called.items()
                if key != parsed.key
            ]
        return compile_definition(definition_id, [parsed, *inner], {**called, parsed.key: definition_id})


def latest_row(connection: Connection, key: str) -> Row[Any] | None:
    """The row of the latest version of a process; None when it is not deployed."""
    return connection.execute(
        select(definition).where(definition.c.key == key).order_by(definition.c.version.desc()).limit(1)
    ).one_or_none()


def definition_from_row(row: Row[Any]) -> Definition:
    """The record of a row of `definition`."""
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


def _row(connection: Connection, definition_id: str) -> Row[Any]:
    row = connection.execute(select(definition).where(definition.c.id == definition_id)).one_or_none()
    if row is None:
        raise NotFound("DEFINITION_NOT_FOUND", definition=definition_id)
    return row


def _resources(connection: Connection, definition_id: str) -> tuple[Resource, ...]:
    rows = connection.execute(
        select(definition_resource)
        .where(definition_resource.c.definition_id == definition_id)
        .order_by(definition_resource.c.path)
    )
    return tuple(Resource(row.path, row.kind, bytes(row.content)) for row in rows)
