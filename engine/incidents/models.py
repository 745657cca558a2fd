"""The records of incidents, and the filter of their lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class IncidentView:
    """Something that failed and waits for an administrator.

    `sentence` says what failed: a `Message` where its code was stored, otherwise a text in Italian. `source_kind`
    (timer, scheduled_start, outbox) and `source_id` name the row that failed; both are None for a failed step.
    """

    id: str
    instance_id: str | None
    instance_number: int | None
    instance_title: str
    scope: str
    kind: str
    source_kind: str | None
    source_id: str | None
    element_id: str
    element_name: str
    sentence: str
    attempts: int
    state: str
    created_at: datetime
    reason: str | None


@dataclass(frozen=True)
class IncidentFilter:
    """What narrows a list of incidents; a field left empty does not narrow it."""

    state: str = "open"
    kind: str = ""
    source_kind: str = ""
    source_id: str = ""
    element: str = ""
    definition: str = ""
    version: int | None = None
    instance_id: str = ""


@dataclass(frozen=True)
class IncidentGroup:
    """The incidents of one kind at one element of a process.

    `definition_key` is empty for those that belong to no instance. `oldest` is the moment of the first, in UTC.
    """

    definition_key: str
    kind: str
    element_id: str
    element_name: str
    count: int
    oldest: datetime
