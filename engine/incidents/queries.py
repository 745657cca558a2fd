"""The SQL queries of incidents: a page of a list, counts by element."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select

from engine.incidents.models import IncidentFilter
from engine.storage.sql.keyset_pagination import Cursor
from engine.storage.tables import incident, instance

MAX_GROUPS = 500
ORDER = (incident.c.created_at, incident.c.id)


def select_incidents() -> Select[Any]:
    """Incidents with the number, title and scope of their instance, where they have one."""
    return select(incident, instance.c.number, instance.c.title, instance.c.scope).join(
        instance, instance.c.id == incident.c.instance_id, isouter=True
    )


def incidents_page(
    visible: ColumnElement[bool], incident_filter: IncidentFilter, cursor: Cursor | None, limit: int
) -> Select[Any]:
    """The first `limit` visible incidents of a filter after a cursor, the oldest first."""
    query = select_incidents().where(_condition(incident_filter), visible).order_by(*ORDER).limit(limit)
    return query.where(cursor.after(ORDER)) if cursor else query


def incident_groups(visible: ColumnElement[bool], incident_filter: IncidentFilter) -> Select[Any]:
    """How many visible incidents of a filter there are by process, kind and element, the most numerous first."""
    keys = (instance.c.definition_key, incident.c.kind, incident.c.element_id)
    incidents = func.count().label("incidents")
    return (
        select(
            *keys,
            func.max(incident.c.element_name).label("element_name"),
            incidents,
            func.min(incident.c.created_at).label("oldest"),
        )
        .select_from(incident)
        .join(instance, instance.c.id == incident.c.instance_id, isouter=True)
        .where(_condition(incident_filter), visible)
        .group_by(*keys)
        .order_by(incidents.desc(), *keys)
        .limit(MAX_GROUPS)
    )


def _condition(incident_filter: IncidentFilter) -> ColumnElement[bool]:
    """SQL over `incident` joined to `instance`."""
    parts: list[ColumnElement[bool]] = [incident.c.state == incident_filter.state]
    if incident_filter.kind:
        parts.append(incident.c.kind == incident_filter.kind)
    if incident_filter.source_kind:
        parts.append(incident.c.source_kind == incident_filter.source_kind)
    if incident_filter.source_id:
        parts.append(incident.c.source_id == incident_filter.source_id)
    if incident_filter.element:
        parts.append(incident.c.element_id == incident_filter.element)
    if incident_filter.definition:
        parts.append(instance.c.definition_key == incident_filter.definition)
    if incident_filter.definition and incident_filter.version is not None:
        parts.append(instance.c.definition_id == f"{incident_filter.definition}:{incident_filter.version}")
    if incident_filter.instance_id:
        parts.append(incident.c.instance_id == incident_filter.instance_id)
    return and_(*parts)
