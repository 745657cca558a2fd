"""What the services give to pages, command line and simulation: frozen, complete, with nothing left to look up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from engine.errors import Finding


@dataclass(frozen=True)
class Definition:
    """One immutable version of a process."""

    id: str
    key: str
    version: int
    name: str
    content_hash: str
    state: str
    starters: tuple[str, ...]
    called: Mapping[str, str]
    deployed_at: datetime
    deployed_by: str
    suspended_at: datetime | None = None

    @property
    def starts(self) -> bool:
        """Whether new cases of it may begin."""
        return self.state == "active" and self.suspended_at is None


@dataclass(frozen=True)
class DeploymentReport:
    """The outcome of deploying one bundle: the version in force, whether it is new, what the lint warns of."""

    definition: Definition
    created: bool
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class InstanceView:
    """A case, as a page needs it. `number` is what people read; `phase` is the domain's state (bozza, candidato…)."""

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
class InboxFilter:
    """What an inbox page shows.

    `box`: mine (assigned to me), groups (mine to take), todo (both), all (every task I may see, others' included).
    """

    box: Literal["todo", "mine", "groups", "all"] = "all"
    process: str | None = None
    scope: str | None = None
    due: Literal["overdue", "today", "soon"] | None = None
    person: str | None = None
    text: str | None = None
    sort: Literal["due", "created", "priority"] = "due"


@dataclass(frozen=True)
class TaskRow:
    """A task in a list. `urgency` is overdue, today, soon (within three days), later or none (without due date)."""

    id: str
    name: str
    instance_id: str
    instance_number: int
    instance_title: str
    phase: str
    definition_key: str
    definition_name: str
    scope: str
    assignee: str | None
    candidate_roles: tuple[str, ...]
    candidate_users: tuple[str, ...]
    priority: int
    created_at: datetime
    due_at: datetime | None
    urgency: str
    state: str


@dataclass(frozen=True)
class InboxPage:
    """A page of tasks; `next` is the key of the following page, or None at the end."""

    items: tuple[TaskRow, ...]
    next: str | None


COUNTED_UP_TO = 1000
"""Beyond this nobody needs the exact number of waiting tasks, and counting them would cost more than showing them."""


@dataclass(frozen=True)
class InboxCounts:
    """How many tasks wait: assigned to me, free for my groups, and of all those overdue, due today, due soon.

    Each is exact up to `COUNTED_UP_TO`; one more than that means «more than so many».
    """

    mine: int
    groups: int
    overdue: int
    today: int
    soon: int


@dataclass(frozen=True)
class Comment:
    """A note written on a case or a task."""

    id: int
    actor_id: str
    actor_name: str
    at: datetime
    text: str
    task_id: str | None


@dataclass(frozen=True)
class Attachment:
    """A file of a case; its content is read by `engine.notes.attachment_content`."""

    id: str
    instance_id: str
    task_id: str | None
    filename: str
    media_type: str
    size: int
    sha256: str
    actor_id: str
    at: datetime


@dataclass(frozen=True)
class Event:
    """A line of the log: who, when, what, on which element, under which version of the diagram."""

    id: int
    instance_id: str | None
    at: datetime
    actor_id: str
    kind: str
    element_id: str | None
    element_name: str | None
    definition_id: str | None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class TaskView:
    """A task with all its page shows. `may_work`: this actor may complete it now (else `why_not` says why)."""

    row: TaskRow
    element_id: str
    instructions: str
    form_id: str | None
    process_id: str
    definition_id: str
    revision: int
    follow_up_at: datetime | None
    completed_at: datetime | None
    completed_by: str | None
    variables: Mapping[str, Any]
    instance: InstanceView
    comments: tuple[Comment, ...]
    attachments: tuple[Attachment, ...]
    may_work: bool
    may_claim: bool
    may_release: bool
    may_hand_over: bool
    why_not: str


@dataclass(frozen=True)
class Completion:
    """What completing a task brought about: the tasks now open that this actor may work on, in order."""

    instance_id: str
    next_task_ids: tuple[str, ...]
    ended: bool


@dataclass(frozen=True)
class TimerView:
    """A timer that waits: what it is, when it is due (UTC; None while suspended)."""

    id: str
    instance_id: str
    element_id: str
    name: str
    kind: str
    due_at: datetime | None
    state: str


@dataclass(frozen=True)
class IncidentView:
    """Something that stopped and waits for an administrator."""

    id: str
    instance_id: str | None
    instance_number: int | None
    instance_title: str
    scope: str
    kind: str
    element_id: str
    element_name: str
    sentence: str
    attempts: int
    state: str
    created_at: datetime
    reason: str | None


@dataclass(frozen=True)
class ParameterView:
    """A parameter of a process: its default, the value in force for a scope and where that value comes from."""

    definition_key: str
    name: str
    label: str
    help: str
    type: str
    unit: str
    default: Any
    value: Any
    source: str  # "file", or the scope whose override is in force
    per_scope: bool
    changed_at: datetime | None = None
    changed_by: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class CaseHit:
    """A case found by the search."""

    id: str
    number: int
    title: str
    definition_name: str
    phase: str
    state: str


@dataclass(frozen=True)
class PersonHit:
    """A person found by the search."""

    id: str
    name: str
    birth_date: str
    note: str


@dataclass(frozen=True)
class SearchResults:
    """What one search box found, each list at most twenty long."""

    persons: tuple[PersonHit, ...]
    cases: tuple[CaseHit, ...]
    tasks: tuple[TaskRow, ...]
