"""The values that administrators may change: the file's default, and overrides everywhere or for one ambito."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from engine.access.actors import Actor, scope_chain
from engine.access.permissions import Permission, PermissionMatrix
from engine.clock import Clock
from engine.definitions.compilation import Compiled
from engine.definitions.models import ParameterView
from engine.definitions.parameter_file import ParameterDefinition
from engine.definitions.repository import Repository
from engine.errors import ExecutionFailed, InvalidInput, NotFound
from engine.storage import Database
from engine.storage.configuration_version import configuration_changed
from engine.storage.tables import event, parameter

Overrides = Mapping[tuple[str, str], Any]
"""The administrators' values by process key and name."""


class ParametersInForce:
    """The parameters one instance sees, looked up at most once: those of its process and of all that it calls."""

    def __init__(
        self,
        connection: Connection,
        compiled: Compiled,
        scope: str,
        configured: Callable[[Hashable, Callable[[], Overrides]], Overrides] = lambda _what, read: read(),
    ) -> None:
        self._connection = connection
        self._configured = configured
        self._compiled = compiled
        self._scope = scope
        self._overrides: Overrides | None = None

    def value(self, name: str, process_id: str) -> Any:
        """The value in force for a process: its own parameter, else that of the process that called it.

        Raises ExecutionFailed when no file declares the name.
        """
        for key in (process_id, self._compiled.key, *self._compiled.parts):
            if name in self._compiled.parts[key].parameters:
                return self._in_force(key, self._compiled.parts[key].parameters[name])
        raise ExecutionFailed(
            f"Il parametro «{name}» non c'è: aggiungilo a parametri.yaml del processo «{process_id}»"
        )

    def find(self, name: str, default: Any = None) -> Any:
        """The value in force, or `default` when no file declares the name."""
        try:
            return self.value(name, self._compiled.key)
        except ExecutionFailed:
            return default

    def look_up(self) -> Overrides:
        """Read the overrides now: afterwards the connection may close. The same rows however often it is called."""
        if self._overrides is None:
            keys, scope = tuple(self._compiled.parts), self._scope
            self._overrides = self._configured(
                ("parameters", keys, scope), lambda: _overrides(self._connection, keys, scope)
            )
        return self._overrides

    def _in_force(self, key: str, declared: ParameterDefinition) -> Any:
        return self.look_up().get((key, declared.name), declared.default)


def _overrides(connection: Connection, keys: Iterable[str], scope: str) -> dict[tuple[str, str], Any]:
    chain = scope_chain(scope)
    rows = connection.execute(
        select(parameter).where(parameter.c.definition_key.in_(list(keys)), parameter.c.scope.in_(chain))
    ).all()
    found: dict[tuple[str, str], Any] = {}
    for row in sorted(rows, key=lambda row: -chain.index(row.scope)):  # the nearest scope is written last
        found[row.definition_key, row.name] = row.value
    return found


class Parameters:
    """Reading and changing the parameters of a process."""

    def __init__(
        self, database: Database, clock: Clock, repository: Repository, permissions: PermissionMatrix
    ) -> None:
        self._database = database
        self._clock = clock
        self._repository = repository
        self._permissions = permissions

    def list(self, definition_key: str, scope: str, actor: Actor) -> tuple[ParameterView, ...]:
        """Every parameter of a process with the value in force in `scope`. Needs `parameter.write`."""
        self._permissions.require(actor, Permission.PARAMETER_WRITE)
        declared = self._declared(definition_key)
        chain = scope_chain(scope)
        with self._database.read() as connection:
            rows = connection.execute(
                select(parameter).where(
                    parameter.c.definition_key == definition_key, parameter.c.scope.in_(chain)
                )
            ).all()
        views = []
        for found in declared.values():
            mine = sorted((r for r in rows if r.name == found.name), key=lambda r: chain.index(r.scope))
            change = mine[0] if mine else None
            views.append(
                ParameterView(
                    definition_key,
                    found.name,
                    found.label,
                    found.help,
                    found.type,
                    found.unit,
                    found.default,
                    change.value if change else found.default,
                    change.scope if change else "file",
                    found.per_scope,
                    change.changed_at if change else None,
                    change.changed_by if change else None,
                    change.reason if change else None,
                )
            )
        return tuple(views)

    def set(self, definition_key: str, name: str, scope: str, value: Any, reason: str, actor: Actor) -> None:
        """Put a value in force in a scope (``""``: everywhere). Needs `parameter.write` there, and a reason.

        Raises InvalidInput for a value that is not of the parameter's type or passes its bounds.
        """
        self._permissions.require(actor, Permission.PARAMETER_WRITE, scope)
        declared = self._declared(definition_key).get(name)
        if declared is None:
            raise NotFound(f"Il parametro «{name}» non c'è nel processo «{definition_key}»")
        if scope and not declared.per_scope:
            raise InvalidInput(
                f"«{declared.label}» vale per tutti gli ambiti: cambialo senza scegliere un ambito"
            )
        if not reason.strip():
            raise InvalidInput(
                "Scrivi il motivo della modifica", fields={"motivo": "Scrivi il motivo della modifica"}
            )
        accepted = declared.accept(value)
        self._write(definition_key, name, scope, accepted, reason.strip(), actor)

    def reset(self, definition_key: str, name: str, scope: str, reason: str, actor: Actor) -> None:
        """Give a scope back the value from above (its parent's, or the file's). Needs `parameter.write` there."""
        self._permissions.require(actor, Permission.PARAMETER_WRITE, scope)
        self._write(definition_key, name, scope, None, reason.strip(), actor)

    def _write(self, key: str, name: str, scope: str, value: Any, reason: str, actor: Actor) -> None:
        now = self._clock.now()
        with self._database.begin() as work:
            same = (
                (parameter.c.definition_key == key)
                & (parameter.c.name == name)
                & (parameter.c.scope == scope)
            )
            old = work.connection.execute(select(parameter.c.value).where(same)).scalar_one_or_none()
            work.connection.execute(delete(parameter).where(same))
            if value is not None:
                work.connection.execute(
                    insert(parameter).values(
                        definition_key=key,
                        name=name,
                        scope=scope,
                        value=value,
                        reason=reason,
                        changed_at=now,
                        changed_by=actor.id,
                    )
                )
            configuration_changed(work.connection)
            work.connection.execute(
                insert(event).values(
                    at=now,
                    actor_id=actor.id,
                    kind="parameter.changed",
                    data={
                        "key": key,
                        "name": name,
                        "scope": scope,
                        "old": old,
                        "new": value,
                        "reason": reason,
                    },
                )
            )

    def _declared(self, definition_key: str) -> Mapping[str, ParameterDefinition]:
        latest = self._repository.latest(definition_key)
        return self._repository.compiled(latest.id).parts[definition_key].parameters
