"""The queries of incidents: which ones a list shows, by page, and how many there are of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from engine.access.visibility import within
from engine.storage.tables import incident, instance


@dataclass(frozen=True)
class IncidentFilter:
    """What narrows a list of incidents; what is left empty does not."""

    state: str = "open"
    kind: str = ""
    element: str = ""
    definition: str = ""
    version: int | None = None
    scope: str = ""
    instance_id: str = ""

    def condition(self) -> ColumnElement[bool]:
        """SQL over `incident` joined to `instance`."""
        parts: list[ColumnElement[bool]] = [incident.c.state == self.state]
        if self.kind:
            parts.append(incident.c.kind == self.kind)
        if self.element:
            parts.append(incident.c.element_id == self.element)
        if self.definition:
            parts.append(instance.c.definition_key == self.definition)
        if self.definition and self.version is not None:
            parts.append(instance.c.definition_id == f"{self.definition}:{self.version}")
        if self.scope:
            parts.append(within(instance.c.scope, self.scope))
        if self.instance_id:
            parts.append(incident.c.instance_id == self.instance_id)
        return and_(*parts)


@dataclass(frozen=True)
class IncidentGroup:
    """The incidents of one kind at one element of a process; `definition_key` is empty for what belongs to no case."""

    definition_key: str
    kind: str
    element_id: str
    element_name: str
    many: int
    oldest: datetime


def page_of(seen: ColumnElement[bool], chosen: IncidentFilter, after: str, limit: int) -> Select[Any]:
    """A page of those that the actor sees: by the moment they were opened, after the incident a page ended with."""
    query = (
        select(incident, instance.c.number, instance.c.title, instance.c.scope)
        .join(instance, instance.c.id == incident.c.instance_id, isouter=True)
        .where(chosen.condition(), seen)
        .order_by(incident.c.created_at, incident.c.id)
        .limit(limit)
    )
    if after:
        last = select(incident.c.created_at).where(incident.c.id == after).scalar_subquery()
        query = query.where(
            or_(incident.c.created_at > last, and_(incident.c.created_at == last, incident.c.id > after))
        )
    return query


def groups_of(seen: ColumnElement[bool], chosen: IncidentFilter) -> Select[Any]:
    """How many there are by process, kind and element."""
    by = (instance.c.definition_key, incident.c.kind, incident.c.element_id)
    many = func.count().label("many")
    return (
        select(
            *by,
            func.max(incident.c.element_name).label("element_name"),
            many,
            func.min(incident.c.created_at).label("oldest"),
        )
        .select_from(incident)
        .join(instance, instance.c.id == incident.c.instance_id, isouter=True)
        .where(chosen.condition(), seen)
        .group_by(*by)
        .order_by(many.desc(), *by)
        .limit(500)
    )
