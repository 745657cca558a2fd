"""Which spec of another version stands for a spec of this one: by the mapping of elements, for one (sub)process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.specs.base import TaskSpec

from engine.languages.bpmn.model import Element
from engine.spiff import event_specs

ElementMap = Mapping[tuple[str, str], tuple[str, str]]
"""(process id, element id) of the source → (process id, element id) of the target."""


def same_kind(before: Element, after: Element) -> bool:
    """Whether a token on one element can stay as it is on the other: same type, same events, same repetition."""
    return (
        before.type == after.type
        and before.events == after.events
        and before.triggered_by_event == after.triggered_by_event
        and _repetition(before) == _repetition(after)
    )


def _repetition(element: Element) -> str:
    loop = element.multi_instance
    return "" if loop is None else "sequential" if loop.sequential else "parallel"


class Places:
    """The counterparts within one workflow of the source and the one of the target that takes its place."""

    def __init__(self, old: Any, new: Any, process_id: str, elements: ElementMap) -> None:
        self._old = old
        self._new = new
        self._process = process_id
        self._elements = elements

    def spec(self, spec: TaskSpec) -> TaskSpec | None:
        """The spec of the target on which a task of this spec can stay; None when there is none."""
        element: Element | None = spec.element
        if element is None:
            drawn, dot, ending = spec.name.rpartition(".")
            goal = self._goal(drawn) if dot else ""
            return self._new.task_specs.get(f"{goal}.{ending}" if goal else spec.name)
        goal = self.goal(element)
        found = self._new.task_specs.get(f"{goal}{spec.name.removeprefix(element.id)}") if goal else None
        if found is None or type(found) is not type(spec) or found.element is None:
            return None
        return found if same_kind(element, found.element) else None

    def goal(self, element: Element) -> str | None:
        """The id of the element that takes the place of this one, whatever its kind."""
        return self._goal(element.id)

    def _goal(self, element_id: str) -> str | None:
        found = self._elements.get((self._process, element_id))
        return found[1] if found else None

    def boundaries(self, activity: Element) -> set[str]:
        """The names of the target's boundary events that waited on the activity already in the source."""
        found = set()
        for spec in self._old.task_specs.values():
            if isinstance(spec, event_specs.BoundaryEvent) and spec.element.attached_to == activity.id:
                now = self.spec(spec)
                if now is not None and now.element.attached_to == self.goal(activity):
                    found.add(now.name)
        return found


def drawn_id(spec: TaskSpec) -> str:
    """The id of the element that a spec belongs to."""
    element: Element | None = spec.element
    return element.id if element is not None else str(spec.name).rpartition(".")[0]
