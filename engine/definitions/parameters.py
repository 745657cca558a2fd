"""Parameters of processes: the default of the file, and the values that administrators set for all scopes or one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from engine.access import Actor, Permission, PermissionMatrix
from engine.access.actors import scope_chain
from engine.clock import Clock
from engine.definitions.compilation import CompiledDefinition
from engine.definitions.models import ParameterView
from engine.definitions.parameter_file import ParameterDefinition
from engine.definitions.repository import Repository
from engine.errors import ExecutionFailed, Finding, InvalidInput, NotFound
from engine.localization import message
from engine.storage import Database
from engine.storage.configuration_version import configuration_changed
from engine.storage.event_log import LogEntry, append_event
from engine.storage.tables import parameter

Overrides = Mapping[tuple[str, str], Any]
"""The values set by administrators, by process key and name."""


@dataclass(frozen=True)
class ParameterChange:
    """A value that is to be put in force in a scope and in those within it; None: the scope's own value is removed."""

    declared: ParameterDefinition
    definition_key: str
    scope: str
    value: Any


TryOut = Callable[[ParameterChange], None]
"""Evaluates what reads the parameter in running instances. Raises InvalidInput when the new value makes it fail."""


class ParametersInForce:
    """The parameters of one instance: those of its process and of the processes it calls, read at most once."""

    def __init__(
        self,
        connection: Connection,
        compiled: CompiledDefinition,
        scope: str,
        read_cached: Callable[[Hashable, Callable[[], Overrides]], Overrides] = lambda _key, read: read(),
    ) -> None:
        """`read_cached` gives the overrides of a key from a cache, or calls the function that reads them."""
        self._connection = connection
        self._read_cached = read_cached
        self._compiled = compiled
        self._scope = scope
        self._overrides: Overrides | None = None

    def value(self, name: str, process_id: str) -> Any:
        """The value in force for a process: its own parameter, else that of the process that called it.

        Raises ExecutionFailed when no file declares the name.
        """
        for key in (process_id, self._compiled.key, *self._compiled.bundles):
            if name in self._compiled.bundles[key].parameters:
                return self._in_force(key, self._compiled.bundles[key].parameters[name])
        raise ExecutionFailed("PARAMETER_UNDECLARED", name=name, process=process_id)

    def find(self, name: str, default: Any = None) -> Any:
        """The value in force, or `default` when no file declares the name."""
        try:
            return self.value(name, self._compiled.key)
        except ExecutionFailed:
            return default

    def load_overrides(self) -> Overrides:
        """The overrides, read from the database on the first call only; afterwards the connection may be closed."""
        if self._overrides is None:
            keys, scope = tuple(self._compiled.bundles), self._scope
            self._overrides = self._read_cached(
                ("parameters", keys, scope), lambda: overrides_of(self._connection, keys, scope)
            )
        return self._overrides

    def _in_force(self, key: str, declared: ParameterDefinition) -> Any:
        return self.load_overrides().get((key, declared.name), declared.default)


def overrides_of(
    connection: Connection, keys: Iterable[str], scope: str, change: ParameterChange | None = None
) -> dict[tuple[str, str], Any]:
    """The values that administrators have set for these processes in a scope, as they would be after a change."""
    chain = scope_chain(scope)
    rows: list[Any] = list(
        connection.execute(
            select(parameter).where(parameter.c.definition_key.in_(list(keys)), parameter.c.scope.in_(chain))
        )
    )
    if change is not None:
        place = (change.definition_key, change.declared.name, change.scope)
        rows = [row for row in rows if (row.definition_key, row.name, row.scope) != place]
        if change.value is not None and change.scope in chain:
            rows.append(_ChangedRow(*place, change.value))
    found: dict[tuple[str, str], Any] = {}
    for row in sorted(rows, key=lambda row: -chain.index(row.scope)):  # the nearest scope is written last
        found[row.definition_key, row.name] = row.value
    return found


@dataclass(frozen=True)
class _ChangedRow:
    definition_key: str
    name: str
    scope: str
    value: Any


def refused_in_force(
    connection: Connection, definition_key: str, declared: Mapping[str, ParameterDefinition]
) -> list[Finding]:
    """A warning for each value in force that the declarations of a new version would refuse: it holds all the same."""
    rows = connection.execute(
        select(parameter)
        .where(parameter.c.definition_key == definition_key)
        .order_by(parameter.c.name, parameter.c.scope)
    )
    found: list[Finding] = []
    for row in rows:
        one = declared.get(row.name)
        if one is None:
            continue
        try:
            one.accept(row.value)
        except InvalidInput as problem:
            place = (
                message("PARAMETER_PLACE_SCOPE", scope=row.scope)
                if row.scope
                else message("PARAMETER_PLACE_EVERYWHERE")
            )
            sentence = message("PARAMETER_IN_FORCE_REFUSED", place=place, problem=problem.message)
            sentence = message("PARAMETER_INVALID", name=row.name, problem=sentence)
            found.append(
                Finding("PARAMETER_IN_FORCE", sentence, one.file, row.name, line=one.line, severity="warning")
            )
    return found


class Parameters:
    """Reading and changing the parameters of a process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        repository: Repository,
        permissions: PermissionMatrix,
        try_out: TryOut = lambda _change: None,
    ) -> None:
        self._try_out = try_out
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
                    found.bounds,
                )
            )
        return tuple(views)

    def check(self, definition_key: str, name: str, scope: str, value: Any, actor: Actor) -> Any:
        """The value that `set` would put in force, of the parameter's type. Changes nothing; raises as `set` does."""
        self._permissions.require(actor, Permission.PARAMETER_WRITE, scope)
        declared = self._declared(definition_key).get(name)
        if declared is None:
            raise NotFound("PARAMETER_NOT_FOUND", name=name, process=definition_key)
        if scope and not declared.per_scope:
            raise InvalidInput("PARAMETER_SAME_IN_EVERY_SCOPE", label=declared.label)
        accepted = declared.accept(value)
        self._try_out(ParameterChange(declared, definition_key, scope, accepted))
        return accepted

    def set(self, definition_key: str, name: str, scope: str, value: Any, reason: str, actor: Actor) -> None:
        """Set the value of a parameter in a scope (``""``: everywhere). Needs `parameter.write` there, and a reason.

        Raises InvalidInput for a value that is not of the parameter's type, passes its bounds, or makes an expression
        of a running instance fail (see `TryOut`); then nothing changes.
        """
        self._permissions.require(actor, Permission.PARAMETER_WRITE, scope)
        if not reason.strip():
            raise InvalidInput.for_field("motivo", message("PARAMETER_CHANGE_NEEDS_REASON"))
        accepted = self.check(definition_key, name, scope, value, actor)
        self._write(definition_key, name, scope, accepted, reason.strip(), actor)

    def reset(self, definition_key: str, name: str, scope: str, reason: str, actor: Actor) -> None:
        """Remove the value of a scope, so that its parent's or the file's holds. Needs `parameter.write` there.

        Raises InvalidInput when the value that then holds makes an expression of a running instance fail.
        """
        self._permissions.require(actor, Permission.PARAMETER_WRITE, scope)
        declared = self._declared(definition_key).get(name)
        if declared is not None:
            self._try_out(ParameterChange(declared, definition_key, scope, None))
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
            append_event(
                work.connection,
                LogEntry(
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
                ),
            )

    def _declared(self, definition_key: str) -> Mapping[str, ParameterDefinition]:
        latest = self._repository.latest(definition_key)
        return self._repository.compiled(latest.id).bundles[definition_key].parameters
