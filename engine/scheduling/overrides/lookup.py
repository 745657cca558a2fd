"""The overrides in force: of the nearest scope, else of those above it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping

from sqlalchemy import Connection, func, select

from engine.access.actors import scope_chain
from engine.scheduling.overrides.model import Override, override_from_json
from engine.storage.tables.deadlines import deadline_change

OverridesByScope = Mapping[tuple[str, str], Override]
"""The overrides in force by deadline key and scope."""
Cached = Callable[[Hashable, Callable[[], OverridesByScope]], OverridesByScope]
"""Gives the value cached under a name, or reads it."""


def _not_cached(_name: Hashable, read: Callable[[], OverridesByScope]) -> OverridesByScope:
    return read()


class OverridesInForce:
    """The overrides that hold in one scope, read at most once."""

    def __init__(self, connection: Connection, scope: str, cached: Cached = _not_cached) -> None:
        self._connection = connection
        self._scope = scope
        self._cached = cached
        self._overrides: OverridesByScope | None = None

    def of(self, key: str | None) -> Override | None:
        """The override of a deadline; None when the diagram decides."""
        if key is None:
            return None
        if self._overrides is None:
            self._overrides = self._cached("deadlines", lambda: overrides_in_force(self._connection))
        return nearest_override(self._overrides, key, self._scope)


def overrides_in_force(connection: Connection, key: str = "") -> OverridesByScope:
    """All overrides in force, or those of one deadline."""
    latest = select(func.max(deadline_change.c.id)).group_by(
        deadline_change.c.deadline, deadline_change.c.scope
    )
    if key:
        latest = latest.where(deadline_change.c.deadline == key)
    rows = connection.execute(
        select(deadline_change.c.deadline, deadline_change.c.scope, deadline_change.c.value).where(
            deadline_change.c.id.in_(latest)
        )
    )
    found = {(row.deadline, row.scope): override_from_json(row.value) for row in rows}
    return {place: override for place, override in found.items() if override is not None}


def nearest_override(overrides: OverridesByScope, key: str, scope: str) -> Override | None:
    """The override of a deadline that holds in a scope: its own, else that of the nearest scope above."""
    for one in scope_chain(scope):
        if (key, one) in overrides:
            return overrides[key, one]
    return None
