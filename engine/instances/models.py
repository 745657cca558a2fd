"""The records of instances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class InstanceView:
    """A process instance as a page needs it.

    `number` is what people read, `phase` the state in the domain (bozza, candidato…), `incidents` how many are open.
    `linked_from` is the instance that this one reopens. Moments are in UTC.
    """

    id: str
    number: int
    definition_id: str
    definition_key: str
    definition_name: str
    definition_version: int
    business_key: str
    scope: str
    title: str
    subject: str | None
    phase: str
    state: str
    revision: int
    linked_from: str | None
    started_at: datetime
    started_by: str
    ended_at: datetime | None
    suspended_at: datetime | None
    incidents: int


@dataclass(frozen=True)
class InstanceHit:
    """An instance that a search found."""

    id: str
    number: int
    title: str
    definition_name: str
    phase: str
    state: str
