"""The diagram as a graph: what follows what, boundary events included."""

from __future__ import annotations

from engine.bpmn.model import ProcessModel


def successors(process: ProcessModel, element_id: str) -> set[str]:
    """The elements that flows lead to from one element."""
    return {flow.target for flow in process.flows if flow.source == element_id}


def on_a_cycle(process: ProcessModel, element_id: str) -> bool:
    """Whether a token that leaves the element can come back to it in the same (sub)process."""
    onward: dict[str, set[str]] = {}
    for flow in process.flows:
        onward.setdefault(flow.source, set()).add(flow.target)
    for element in process.elements.values():
        if element.attached_to:
            onward.setdefault(element.attached_to, set()).add(element.id)
    seen: set[str] = set()
    front = list(onward.get(element_id, ()))
    while front:
        current = front.pop()
        if current == element_id:
            return True
        if current not in seen:
            seen.add(current)
            front.extend(onward.get(current, ()))
    return False
