"""The variables of a run: a scope for the process, for each called process and for each multi-instance iteration.

A task reads from its innermost scope outwards as far as the process that it belongs to, and writes to its innermost
scope. Values are never changed in place: a write replaces the value, so that no branch sees half of another's change.
What comes from outside is copied when it is written (`VariableScopes.write`), what goes outside when it is read
(`CopyOnRead`); within a run several names may share a value, since nothing there changes values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from SpiffWorkflow.task import Task

from engine.spiff import activity_specs
from engine.spiff.standard_loop import StandardLoop

PROCESS_SCOPE = ""
LOOP_COUNTER = "loopCounter"
"""The variable in which an activity that repeats sees the number of its turn or iteration, from 1."""
_IMMUTABLE = frozenset({str, int, float, bool, type(None), Decimal, date, datetime, time, timedelta})


class VariableView(Mapping[str, Any]):
    """Several scopes read as one mapping, the first one winning; nothing is copied."""

    def __init__(self, scopes: list[dict[str, Any]]) -> None:
        self._scopes = scopes

    def __getitem__(self, name: str) -> Any:
        for values in self._scopes:
            if name in values:
                return values[name]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(name in values for values in self._scopes)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for values in self._scopes for name in values))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class CopyOnRead(Mapping[str, Any]):
    """Variables for code outside the run: each value is copied when it is first read."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self._copies: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._copies:
            self._copies[name] = deep_copy(self._variables[name])
        return self._copies[name]

    def __contains__(self, name: object) -> bool:
        return name in self._variables

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


class WithVariable(Mapping[str, Any]):
    """Variables with one more, which hides a variable of the same name."""

    def __init__(self, name: str, value: Any, variables: Mapping[str, Any]) -> None:
        self._name, self._value, self._variables = name, value, variables

    def __getitem__(self, name: str) -> Any:
        return self._value if name == self._name else self._variables[name]

    def __contains__(self, name: object) -> bool:
        return name == self._name or name in self._variables

    def __iter__(self) -> Iterator[str]:
        yield self._name
        yield from (name for name in self._variables if name != self._name)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def deep_copy(value: Any) -> Any:
    """A copy of a value that shares no list or context with it."""
    if type(value) in _IMMUTABLE:
        return value
    if isinstance(value, Mapping):
        return {name: deep_copy(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [deep_copy(item) for item in value]
    return value


class VariableScopes:
    """The scopes by key: ``""`` the process, ``call:…`` a called process, ``item:…`` a multi-instance iteration,
    ``last:…`` the iteration of a multi-instance activity that has just ended.

    `change_count` counts the writes since the object was made.
    """

    def __init__(self, by_key: dict[str, dict[str, Any]] | None = None) -> None:
        self.by_key: dict[str, dict[str, Any]] = by_key if by_key is not None else {PROCESS_SCOPE: {}}
        self.change_count = 0

    def _layers(self, task: Task) -> Iterator[str | dict[str, Any]]:
        """What a task reads, innermost first: keys of scopes, and the counter of a loop, which is not stored."""
        while True:
            item = f"item:{task.id.hex}"
            if item in self.by_key:
                yield item
            elif task.triggered and isinstance(task.parent.task_spec, StandardLoop):
                yield {LOOP_COUNTER: task.parent.task_spec.turn_of(task)}
            workflow = task.workflow
            if workflow.parent_task_id is None:
                yield PROCESS_SCOPE
                return
            task = workflow.parent_task
            if isinstance(task.task_spec, activity_specs.CallActivity):
                yield f"call:{task.id.hex}"
                return

    def keys_for(self, task: Task) -> list[str]:
        """The keys of the scopes that a task reads, innermost first."""
        return [layer for layer in self._layers(task) if isinstance(layer, str)]

    def in_standard_loop(self, task: Task) -> bool:
        """Whether a task lies in a turn of a standard loop, whose number it sees."""
        return any(isinstance(layer, dict) for layer in self._layers(task))

    def view(self, task: Task) -> VariableView:
        """The variables that a task sees."""
        return VariableView([self.by_key[one] if isinstance(one, str) else one for one in self._layers(task)])

    def write(self, task: Task, values: Mapping[str, Any]) -> None:
        """Copy values into the innermost scope of a task."""
        self.by_key[self.keys_for(task)[0]].update(deep_copy(values))
        self.change_count += 1

    def open(self, kind: str, task: Task, values: Mapping[str, Any]) -> None:
        """Add the scope of a called process (``call``) or of a multi-instance iteration (``item``)."""
        self.by_key[f"{kind}:{task.id.hex}"] = dict(values)
        self.change_count += 1

    def close(self, kind: str, task: Task) -> dict[str, Any]:
        """Remove a scope and return its variables."""
        return self.by_key.pop(f"{kind}:{task.id.hex}", {})

    def remove_closed(self, open_task_ids: set[str]) -> None:
        """Remove the scopes of tasks that are not open any more, having been cancelled."""
        for key in [
            k for k in self.by_key if k != PROCESS_SCOPE and k.partition(":")[2] not in open_task_ids
        ]:
            del self.by_key[key]
