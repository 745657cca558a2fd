"""The filter that selects running instances, for lists, batches and the command line."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select

from engine.access import within
from engine.storage.tables import incident, instance, subscription, task, timer

RUNNING = ("active", "suspended")


@dataclass(frozen=True)
class Selection:
    """A filter over running instances; a field left empty does not narrow it.

    `key` and `version` are those of the definition, `states` those of the instance. `element` is an element at which
    the instance has an open task, timer, subscription or incident. `started_before` is an aware moment.
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
    with_incidents: bool = False

    def as_values(self) -> dict[str, Any]:
        """The selection as plain values, for the table of batches."""
        values = {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}
        values["stopped"] = values.pop("with_incidents")
        return values

    def condition(self) -> ColumnElement[bool]:
        """SQL over `instance`: the selected instances."""
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
            parts.append(_is_at_element(self.element))
        if self.with_incidents or self.incident_kind or self.incident_element:
            parts.append(_has_open_incident(self.incident_kind, self.incident_element))
        return and_(*parts)


def _is_at_element(element_id: str) -> ColumnElement[bool]:
    """SQL over `instance`: it has an open task, timer, subscription or incident at the element."""

    def has_open_row(table: Any, *states: str) -> ColumnElement[bool]:
        return exists(
            select(table.c.id).where(
                table.c.instance_id == instance.c.id,
                table.c.element_id == element_id,
                table.c.state.in_(states),
            )
        )

    return or_(
        has_open_row(task, "open", "suspended"),
        has_open_row(timer, "waiting", "suspended"),
        has_open_row(subscription, "waiting", "suspended"),
        has_open_row(incident, "open"),
    )


def _has_open_incident(kind: str, element_id: str) -> ColumnElement[bool]:
    query = select(incident.c.id).where(incident.c.instance_id == instance.c.id, incident.c.state == "open")
    if kind:
        query = query.where(incident.c.kind == kind)
    if element_id:
        query = query.where(incident.c.element_id == element_id)
    return exists(query)
