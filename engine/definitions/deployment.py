"""Deploys and retires definitions. A version is immutable; the same content is never stored twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, update

from engine.access import Actor, Permission, PermissionMatrix
from engine.clock import Clock
from engine.definitions.compilation import ParsedBundle, parse_bundle
from engine.definitions.models import DeploymentReport
from engine.definitions.parameters import refused_in_force
from engine.definitions.repository import Repository, definition_from_row, latest_row
from engine.definitions.resources import DeploymentBundle
from engine.errors import Finding, InvalidInput, NotFound
from engine.languages.bpmn import ProcessModel, read_diagram
from engine.localization import message
from engine.scheduling.timer_start_events import schedule_starts
from engine.service_tasks import OperationRegistry
from engine.storage import Database
from engine.storage.configuration_version import configuration_changed
from engine.storage.event_log import LogEntry, append_event
from engine.storage.tables import definition, definition_resource, subscription
from engine.storage.types import new_id


class Deployments:
    """Stores new versions of definitions and retires processes."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        repository: Repository,
        operations: OperationRegistry,
        permissions: PermissionMatrix,
        wake_scheduler: Callable[[], None] = lambda: None,
    ) -> None:
        """`wake_scheduler` is called after a deployment: a timer start event may be due before everything else."""
        self._database = database
        self._clock = clock
        self._repository = repository
        self._operations = operations
        self._permissions = permissions
        self._wake_scheduler = wake_scheduler

    def deploy(self, bundle: DeploymentBundle, actor: Actor) -> DeploymentReport:
        """Store a new version of a definition, unless its content is that of the latest.

        Needs `definition.deploy`. The versions of the processes it calls are pinned to the latest of each. Raises
        InvalidInput, with findings, for a definition that cannot be run; then nothing changes.
        """
        self._permissions.require(actor, Permission.DEFINITION_DEPLOY)
        parsed = parse_bundle(bundle, self._operations)
        with self._database.begin() as work:
            called = _pin_called_processes(work.connection, parsed)
            self._repository.compile("", parsed, called)
            work.after_commit(self._wake_scheduler)
            return self._store(work.connection, bundle, parsed, called, actor)

    def deploy_folder(self, folder: str | Path, actor: Actor) -> tuple[DeploymentReport, ...]:
        """Deploy every ``*.bpmn`` of a folder, called processes before those that call them."""
        bundles = {path: DeploymentBundle.from_path(path) for path in sorted(Path(folder).glob("*.bpmn"))}
        calls: dict[str, tuple[str, ...]] = {}
        by_key: dict[str, DeploymentBundle] = {}
        for path, bundle in bundles.items():
            for process in read_diagram(bundle.diagram.content, path.name).executable:
                calls[process.id] = process.called_processes
                by_key[process.id] = bundle
        return tuple(self.deploy(by_key[key], actor) for key in _called_first(calls))

    def retire(self, key: str, actor: Actor) -> None:
        """Allow no new instances of a process; running ones continue. Needs `definition.deploy`. Raises NotFound."""
        self._permissions.require(actor, Permission.DEFINITION_DEPLOY)
        with self._database.begin() as work:
            changed = work.connection.execute(
                update(definition).where(definition.c.key == key).values(state="retired")
            )
            if not changed.rowcount:
                raise NotFound("PROCESS_NOT_FOUND", process=key)
            configuration_changed(work.connection)
            append_event(
                work.connection,
                LogEntry(
                    at=self._clock.now(), actor_id=actor.id, kind="definition.retired", data={"key": key}
                ),
            )

    def _store(
        self,
        connection: Connection,
        bundle: DeploymentBundle,
        parsed: ParsedBundle,
        called: dict[str, str],
        actor: Actor,
    ) -> DeploymentReport:
        process = parsed.diagram.executable[0]
        content_hash = _content_hash(bundle, called)
        latest = latest_row(connection, process.id)
        warnings = (*parsed.warnings, *refused_in_force(connection, process.id, parsed.parameters))
        if latest is not None and latest.content_hash == content_hash:
            return DeploymentReport(definition_from_row(latest), created=False, warnings=warnings)
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
        append_event(
            connection,
            LogEntry(
                at=now,
                actor_id=actor.id,
                kind="definition.deployed",
                definition_id=values["id"],
                data={"hash": content_hash},
            ),
        )
        _subscribe_starts(connection, process, values["id"], now)
        schedule_starts(connection, process, values["id"], now)
        row = latest_row(connection, process.id)
        assert row is not None
        return DeploymentReport(definition_from_row(row), created=True, warnings=warnings)


def _pin_called_processes(connection: Connection, parsed: ParsedBundle) -> dict[str, str]:
    """The definition ids of all processes called, directly or not, by key. InvalidInput for one not deployed."""
    process = parsed.diagram.executable[0]
    pinned: dict[str, str] = {}
    for key in process.called_processes:
        if key == process.id:
            continue
        row = latest_row(connection, key)
        if row is None:
            caller = next(e for e in process.elements.values() if e.called_element == key)
            sentence = message("CALLED_PROCESS_NOT_DEPLOYED", process=key)
            finding = Finding(
                "UNKNOWN_PROCESS", sentence, parsed.diagram.file, caller.id, caller.name, caller.line
            )
            raise InvalidInput("CALLED_PROCESS_NOT_DEPLOYED", process=key, findings=[finding])
        pinned[key] = row.id
        pinned.update(row.called)
    return pinned


def _subscribe_starts(
    connection: Connection, process: ProcessModel, definition_id: str, now: datetime
) -> None:
    """Replace the message and signal subscriptions of the older versions with those of the new one."""
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


def _content_hash(bundle: DeploymentBundle, called: dict[str, str]) -> str:
    digest = hashlib.sha256()
    for resource in bundle.resources:
        digest.update(f"{resource.path}\0{resource.sha256}\0".encode())
    for key, definition_id in sorted(called.items()):
        digest.update(f"{key}\0{definition_id}\0".encode())
    return digest.hexdigest()


def _called_first(calls: dict[str, tuple[str, ...]]) -> list[str]:
    """The keys in an order in which every process follows those it calls. InvalidInput for calls in a circle."""
    order: list[str] = []

    def visit(key: str, path: tuple[str, ...]) -> None:
        if key in path:
            raise InvalidInput("PROCESSES_CALL_EACH_OTHER", path=" → ".join((*path, key)))
        if key in calls and key not in order:
            for inner in calls[key]:
                if inner != key:
                    visit(inner, (*path, key))
            order.append(key)

    for key in sorted(calls):
        visit(key, ())
    return order
