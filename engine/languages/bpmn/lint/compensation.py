"""Checks of compensation and transactions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.errors import Finding
from engine.languages.bpmn.lint.finding_factory import FindingFactory
from engine.languages.bpmn.model import Element, ProcessModel
from engine.localization import message


def is_outside_flow(element: Element) -> bool:
    """Whether an element is not in the sequence flow: a compensation handler, or the event that leads to one."""
    return element.for_compensation or (element.type == "boundaryEvent" and "compensate" in element.events)


def check_compensation(process: ProcessModel, element: Element, found: FindingFactory) -> Iterator[Finding]:
    """The findings about compensation of one element."""
    if is_outside_flow(element) and (element.incoming or element.outgoing):
        sentence = message("LINT_COMPENSATION_WITH_FLOW")
        yield found(element, "COMPENSATION_FLOW", sentence)
    if element.for_compensation and not any(
        e.compensation_handler == element.id for e in process.elements.values()
    ):
        sentence = message("LINT_COMPENSATION_UNUSED")
        yield found(element, "COMPENSATION_UNUSED", sentence)
    for event in element.events:
        check = _CHECKS.get((event, element.type))
        if check is not None:
            yield from check(process, element, found)


def _boundary(process: ProcessModel, element: Element, found: FindingFactory) -> Iterator[Finding]:
    activity = process.elements.get(element.attached_to)
    if activity is None or not activity.compensation_handler:
        sentence = message("LINT_COMPENSATION_EVENT_WITHOUT_HANDLER")
        yield found(element, "NO_COMPENSATION", sentence)
    elif (
        sum("compensate" in e.events and e.attached_to == activity.id for e in process.elements.values()) > 1
    ):
        yield found(element, "NO_COMPENSATION", message("LINT_SEVERAL_COMPENSATION_EVENTS"))


def _throw(process: ProcessModel, element: Element, found: FindingFactory) -> Iterator[Finding]:
    if not element.activity_ref:
        return
    target = process.elements.get(element.activity_ref)
    if (
        target is None
        or target.parent_id not in _reachable_scopes(process, element)
        or not target.has_compensation
    ):
        sentence = message("LINT_COMPENSATION_REFERENCE", activity_ref=element.activity_ref)
        yield found(element, "COMPENSATION_REF", sentence)


def _reachable_scopes(process: ProcessModel, element: Element) -> list[str]:
    """The scope of a throwing event; from inside event subprocesses also the scopes that contain them."""
    scopes = [element.parent_id]
    while (owner := process.elements.get(scopes[-1])) is not None and owner.triggered_by_event:
        scopes.append(owner.parent_id)
    return scopes


def _start(process: ProcessModel, element: Element, found: FindingFactory) -> Iterator[Finding]:
    owner = process.elements.get(element.parent_id)
    container = process.elements.get(owner.parent_id) if owner is not None else None
    if owner is None or not owner.triggered_by_event or container is None:
        sentence = message("LINT_COMPENSATION_START")
        yield found(element, "COMPENSATION_START", sentence)


def _cancel_end(process: ProcessModel, element: Element, found: FindingFactory) -> Iterator[Finding]:
    owner = process.elements.get(element.parent_id)
    is_caught = any(
        "cancel" in e.events and e.attached_to == element.parent_id for e in process.elements.values()
    )
    if owner is None or owner.type != "transaction" or not is_caught:
        sentence = message("LINT_CANCEL_END")
        yield found(element, "CANCEL_END", sentence)


def _cancel_boundary(process: ProcessModel, element: Element, found: FindingFactory) -> Iterator[Finding]:
    activity = process.elements.get(element.attached_to)
    if activity is None or activity.type != "transaction" or not element.interrupting:
        sentence = message("LINT_CANCEL_BOUNDARY")
        yield found(element, "CANCEL_BOUNDARY", sentence)


_CHECKS: dict[tuple[str, str], Callable[[ProcessModel, Element, FindingFactory], Iterator[Finding]]] = {
    ("compensate", "boundaryEvent"): _boundary,
    ("compensate", "startEvent"): _start,
    ("compensate", "endEvent"): _throw,
    ("compensate", "intermediateThrowEvent"): _throw,
    ("cancel", "endEvent"): _cancel_end,
    ("cancel", "boundaryEvent"): _cancel_boundary,
}
