"""Which cases an operation over many is meant for: a filter that pages, command line and batches share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select

from engine.access.visibility import within
from engine.storage.tables import incident, instance, subscription, task, timer

RUNNING = ("active", "suspended")


@dataclass(frozen=True)
class Selection:
    """A filter over running cases; what is left empty does not narrow.

    `states` are those of the case (by default all that still run); `element` is one that the case stands at: an open
    task, a timer or message awaited, an incident. `started_before` is a moment (aware).
    """

    key: str = ""
    version: int | None = None
    states: tuple[str, ...] = RUNNING
    phase: str = ""
    element: str = ""
    scope: str = ""
    started_before: datetime | None = None
    incident_kind: str = ""
    incident_element: str = ""
    stopped: bool = False  # only with some open incident

    def as_values(self) -> dict[str, Any]:
        """As plain values, to keep."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @classmethod
    def of_values(cls, values: Mapping[str, Any]) -> Selection:
        """Back from `as_values`."""
        return cls(**{**values, "states": tuple(values["states"])})

    def condition(self) -> ColumnElement[bool]:
        """SQL over `instance`: the cases that are meant."""
        parts: list[ColumnElement[bool]] = [instance.c.state.in_(self.states)]
        if self.key:
            parts.append(instance.c.definition_key == self.key)
        if self.key and self.version is not None:
            parts.append(instance.c.definition_id == f"{self.key}:{self.version}")
        if self.phase:
            parts.append(instance.c.phase == self.phase)
        if self.scope:
            parts.append(within(instance.c.scope, self.scope))
        if self.started_before is not None:
            parts.append(instance.c.started_at < self.started_before)
        if self.element:
            parts.append(stands_at(self.element))
        if self.stopped or self.incident_kind or self.incident_element:
            parts.append(_stopped(self.incident_kind, self.incident_element))
        return and_(*parts)


def stands_at(element_id: str) -> ColumnElement[bool]:
    """SQL over `instance`: something is awaited, or stopped, at the element."""

    def waits(table: Any, *states: str) -> ColumnElement[bool]:
        return exists(
            select(table.c.id).where(
                table.c.instance_id == instance.c.id,
                table.c.element_id == element_id,
                table.c.state.in_(states),
            )
        )

    return or_(
        waits(task, "open", "suspended"),
        waits(timer, "waiting", "suspended"),
        waits(subscription, "waiting", "suspended"),
        waits(incident, "open"),
    )


def _stopped(kind: str, element_id: str) -> ColumnElement[bool]:
    query = select(incident.c.id).where(incident.c.instance_id == instance.c.id, incident.c.state == "open")
    if kind:
        query = query.where(incident.c.kind == kind)
    if element_id:
        query = query.where(incident.c.element_id == element_id)
    return exists(query)
