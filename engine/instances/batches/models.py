"""The records of batches, the operations they may run, and the error by which an operation skips an instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from engine.access import Actor, Permission
from engine.access.actors import Membership
from engine.errors import EngineError
from engine.storage import UnitOfWork

ITEM_STATES = ("waiting", "done", "failed", "skipped", "cancelled")

Handler = Callable[[UnitOfWork, str, Mapping[str, Any], Actor], str]
"""(unit of work, instance id, payload, actor) → the outcome in a sentence. It writes through the unit of work alone."""


class ItemSkipped(EngineError):
    """Raised by a handler that has nothing to do for an instance; the message says why."""


@dataclass(frozen=True)
class BatchOperation:
    """An operation that a batch can run on each of its instances.

    `kind` is its stable name, `label` the one for people. Creating a batch needs `permission`, and `case.batch` unless
    the operation is `batch_only`: then its own permission is about many instances already.
    """

    kind: str
    label: str
    permission: Permission
    handler: Handler
    batch_only: bool = False


@dataclass(frozen=True)
class BatchView:
    """A batch with its progress. `counts` has the number of its items in every state of `ITEM_STATES`."""

    id: str
    number: int
    kind: str
    label: str
    reason: str
    actor_id: str
    state: str
    created_at: datetime
    ended_at: datetime | None
    total: int
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def finished(self) -> int:
        """How many items no longer wait."""
        return self.total - self.counts["waiting"]


@dataclass(frozen=True)
class BatchItem:
    """An instance of a batch with its outcome."""

    position: int
    instance_id: str
    instance_number: int | None
    state: str
    outcome: str
    ended_at: datetime | None


@dataclass(frozen=True)
class SelectedInstance:
    """An instance in the list from which those of a batch are chosen.

    Without the title, which may name a person.
    """

    id: str
    number: int
    definition_key: str
    version: int
    phase: str
    state: str
    scope: str
    started_at: datetime
    incidents: int


def stored_actor(actor: Actor) -> dict[str, Any]:
    """An actor, without the id, as plain values for the table."""
    roles = [[membership.role, membership.scope] for membership in sorted(actor.memberships)]
    return {"name": actor.name, "roles": roles, "system": actor.is_system}


def restored_actor(actor_id: str, values: Mapping[str, Any]) -> Actor:
    """The actor of the values of `stored_actor`."""
    memberships = frozenset(Membership(role, scope) for role, scope in values["roles"])
    return Actor(actor_id, values["name"], memberships, values["system"])
