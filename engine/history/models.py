"""The records of the history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Event:
    """An entry of the log: what happened (`kind`), when (UTC), by whom, at which element of which definition."""

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
class Submission:
    """A form as somebody sent it: the answers, and in `context` the variables that it showed, as they were then.

    `task_id` is None for a start form; `definition_id` is the version whose form `form_id` was filled in; `at` is UTC.
    `readable` is False for a restricted task whose answers the reader may not see: then there are none. `withheld`:
    restricted fields were left out.
    """

    id: int
    instance_id: str
    task_id: str | None
    element_id: str
    name: str
    process_id: str
    definition_id: str
    form_id: str
    actor_id: str
    at: datetime
    answers: Mapping[str, Any]
    context: Mapping[str, Any]
    readable: bool = True
    withheld: bool = False

    @property
    def variables(self) -> dict[str, Any]:
        """What the form showed and was answered, together: for a page that draws the form."""
        return dict(_merged(self.context, self.answers))


def _merged(before: Any, after: Any) -> Any:
    """The later value, with what only the earlier one has at the same place."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return {**before, **{name: _merged(before.get(name), value) for name, value in after.items()}}
    if isinstance(before, list) and isinstance(after, list):
        known = [*before, *[None] * len(after)]
        return [_merged(old, new) for old, new in zip(known, after, strict=False)]
    return after
