"""."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from engine.instances.models import InstanceView


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
    """A file of a case; its content is read by `engine.tasks.comments.attachment_content`."""

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
