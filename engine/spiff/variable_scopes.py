"""The variables of a run: one set for the process, one for each called process and for each multi-instance run.

Reading goes from the innermost set outwards as far as the process being run; writing goes to the innermost set.
Values are never changed in place: a write replaces the value, so no branch can reach into another's. What comes from
outside is copied when it is written (`Scopes.write`), what goes outside when it is asked for (`Lent`); within a run the
same value may stand in several places, since nothing there changes values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from SpiffWorkflow.task import Task

from engine.spiff import activity_specs
from engine.spiff.standard_loop import StandardLoop

PROCESS = ""
LOOP_COUNTER = "loopCounter"
"""The name under which an activity that repeats sees the number of its turn or run, from one."""
_FIXED = frozenset({str, int, float, bool, type(None), Decimal, date, datetime, time, timedelta})


class View(Mapping[str, Any]):
    """Several sets of variables seen as one, the first winning; nothing is copied."""

    def __init__(self, sets: list[dict[str, Any]]) -> None:
        self._sets = sets

    def __getitem__(self, name: str) -> Any:
        for values in self._sets:
            if name in values:
                return values[name]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(name in values for values in self._sets)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name for values in self._sets for name in values))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Lent(Mapping[str, Any]):
    """Variables lent to whoever is outside the run: each is a copy, made when it is asked for."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self._copies: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._copies:
            self._copies[name] = own(self._variables[name])
        return self._copies[name]

    def __contains__(self, name: object) -> bool:
        return name in self._variables

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)


def own(value: Any) -> Any:
    """The same value, sharing nothing that can be changed: lists and contexts are copied, what they hold too."""
    if type(value) in _FIXED:
        return value
    if isinstance(value, Mapping):
        return {name: own(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [own(item) for item in value]
    return value


class Scopes:
    """The sets by key: ``""`` the process, ``call:…`` a called process, ``item:…`` a multi-instance run.

    `changes` counts the writes since it was made.
    """

    def __init__(self, sets: dict[str, dict[str, Any]] | None = None) -> None:
        self.sets: dict[str, dict[str, Any]] = sets if sets is not None else {PROCESS: {}}
        self.changes = 0

    def _layers(self, task: Task) -> Iterator[str | dict[str, Any]]:
        """What a task sees, innermost first: the keys of sets, and what a turn of a loop shows but keeps not."""
        while True:
            item = f"item:{task.id.hex}"
            if item in self.sets:
                yield item
            elif task.triggered and isinstance(task.parent.task_spec, StandardLoop):
                yield {LOOP_COUNTER: task.parent.task_spec.counter(task)}
            workflow = task.workflow
            if workflow.parent_task_id is None:
                yield PROCESS
                return
            task = workflow.parent_task
            if isinstance(task.task_spec, activity_specs.CallActivity):
                yield f"call:{task.id.hex}"
                return

    def keys_for(self, task: Task) -> list[str]:
        """The keys of the sets that a task sees, innermost first."""
        return [layer for layer in self._layers(task) if isinstance(layer, str)]

    def counted(self, task: Task) -> bool:
        """Whether a task lies in a turn of a standard loop, whose number it sees."""
        return any(isinstance(layer, dict) for layer in self._layers(task))

    def view(self, task: Task) -> View:
        """What the task reads."""
        return View([self.sets[one] if isinstance(one, str) else one for one in self._layers(task)])

    def write(self, task: Task, values: Mapping[str, Any]) -> None:
        """Set variables where the task writes: copies, for who gives them may change them later."""
        self.sets[self.keys_for(task)[0]].update(own(values))
        self.changes += 1

    def open(self, kind: str, task: Task, values: Mapping[str, Any]) -> None:
        """Begin a set for a called process (``call``) or a multi-instance run (``item``)."""
        self.sets[f"{kind}:{task.id.hex}"] = dict(values)
        self.changes += 1

    def close(self, kind: str, task: Task) -> dict[str, Any]:
        """End a set and give its values."""
        return self.sets.pop(f"{kind}:{task.id.hex}", {})

    def keep_only(self, alive: set[str]) -> None:
        """Drop the sets of tasks that are no more (cancelled)."""
        for key in [k for k in self.sets if k != PROCESS and k.partition(":")[2] not in alive]:
            del self.sets[key]
