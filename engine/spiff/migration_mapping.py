"""Maps the task specs of one (sub)process to those of another version, by a mapping of elements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.specs.base import TaskSpec

from engine.languages.bpmn.model import Element
from engine.spiff.event_specs import BoundaryEvent

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


class SpecMapping:
    """The specs of one workflow of the source, and those of the workflow of the target that replaces it."""

    def __init__(self, old: Any, new: Any, process_id: str, elements: ElementMap) -> None:
        self._old = old
        self._new = new
        self._process = process_id
        self._elements = elements

    def spec(self, spec: TaskSpec) -> TaskSpec | None:
        """The spec of the target that a task of this spec can keep its token on; None when there is none."""
        element: Element | None = spec.element
        if element is None:
            element_id, dot, suffix = spec.name.rpartition(".")
            target_id = self._target_id(element_id) if dot else ""
            return self._new.task_specs.get(f"{target_id}.{suffix}" if target_id else spec.name)
        target_id = self.target_id(element)
        found = (
            self._new.task_specs.get(f"{target_id}{spec.name.removeprefix(element.id)}")
            if target_id
            else None
        )
        if found is None or type(found) is not type(spec) or found.element is None:
            return None
        return found if same_kind(element, found.element) else None

    def target_id(self, element: Element) -> str | None:
        """The id of the element that this one is mapped to, whatever its kind."""
        return self._target_id(element.id)

    def _target_id(self, element_id: str) -> str | None:
        found = self._elements.get((self._process, element_id))
        return found[1] if found else None

    def mapped_boundary_events(self, activity: Element) -> set[str]:
        """The names of the target's boundary events that the activity has already in the source."""
        found = set()
        for spec in self._old.task_specs.values():
            if isinstance(spec, BoundaryEvent) and spec.element.attached_to == activity.id:
                mapped = self.spec(spec)
                if mapped is not None and mapped.element.attached_to == self.target_id(activity):
                    found.add(mapped.name)
        return found


def element_id_of(spec: TaskSpec) -> str:
    """The id of the element that a spec belongs to."""
    element: Element | None = spec.element
    return element.id if element is not None else str(spec.name).rpartition(".")[0]
