"""What the services of tasks give and take: filters, rows of lists, pages of tasks, comments, attachments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from engine.instances.models import InstanceView


@dataclass(frozen=True)
class InboxFilter:
    """What a page of the inbox shows.

    `box`: mine (assigned to the actor), groups (the actor may take them), todo (both), all (every task that the actor
    may see).
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


COUNTED_UP_TO = 1000
"""Counts stop here: more are not counted, because that would cost more than reading a page."""


@dataclass(frozen=True)
class InboxCounts:
    """How many open tasks the actor has and may take, and of both how many are overdue, due today and due soon.

    Each is exact up to `COUNTED_UP_TO`; `COUNTED_UP_TO` + 1 means more than that.
    """

    mine: int
    groups: int
    overdue: int
    today: int
    soon: int


@dataclass(frozen=True)
class Comment:
    """A comment on an instance or on one of its tasks."""

    id: int
    actor_id: str
    actor_name: str
    at: datetime
    text: str
    task_id: str | None


@dataclass(frozen=True)
class Attachment:
    """An attachment of an instance; `Comments.attachment_content` reads its content. `at` is UTC."""

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
class TaskView:
    """A task with all that its page shows.

    `may_work`: the actor may complete it now; else `why_not` has the reason: completed, completed_by_me, cancelled,
    suspended, held (by another), role.
    """

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
    """The result of completing a task: the new tasks that the actor may work on, in order."""

    instance_id: str
    next_task_ids: tuple[str, ...]
    ended: bool
