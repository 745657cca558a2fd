"""Checks of sequence flows: start events, incoming and outgoing flows, conditions, links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.errors import Finding
from engine.languages.bpmn.lint.compensation import is_outside_flow
from engine.languages.bpmn.lint.finding_factory import FindingFactory
from engine.languages.bpmn.model import Element, Flow, ProcessModel
from engine.localization import Message, message

CONDITIONAL_GATEWAYS = ("exclusiveGateway", "inclusiveGateway")


def check_start_exists(process: ProcessModel, parent: str, file: str) -> Iterator[Finding]:
    """A process or subprocess has a start event, or an element without incoming flows."""
    inside = [e for e in process.elements.values() if e.parent_id == parent]
    starts = [e for e in inside if e.type == "startEvent"]
    owner: Any = process.elements.get(parent) or process
    where = (owner.id, owner.name, owner.line)
    first = [e for e in inside if not e.incoming and not _needs_no_incoming_flow(e)]
    if not starts and not first and (inside or not parent):
        yield Finding("NO_START", message("LINT_NO_START"), file, *where)
    if len([start for start in starts if not start.events]) > 1:
        yield Finding(
            "SEVERAL_STARTS",
            message("LINT_SEVERAL_STARTS"),
            file,
            *where,
            severity="warning",
        )


def _needs_no_incoming_flow(element: Element) -> bool:
    return (
        element.type == "boundaryEvent"
        or element.triggered_by_event
        or is_outside_flow(element)
        or (bool(element.link) and element.type == "intermediateCatchEvent")
    )


def check_connections(process: ProcessModel, element: Element, found: FindingFactory) -> Iterator[Finding]:
    """The findings about the incoming and outgoing flows of one element."""
    starts_itself = element.type in ("startEvent", "boundaryEvent")
    beside_start = any(
        e.type == "startEvent" and e.parent_id == element.parent_id for e in process.elements.values()
    )
    if not element.incoming and beside_start and not starts_itself and not _needs_no_incoming_flow(element):
        yield found(element, "UNREACHABLE", message("LINT_UNREACHABLE"))
    if element.incoming and starts_itself:
        yield found(element, "FLOW_INTO_START", message("LINT_FLOW_INTO_START"))
    if element.type == "endEvent" and element.outgoing:
        yield found(element, "FLOW_OUT_OF_END", message("LINT_FLOW_OUT_OF_END"))
    if "link" in element.events:
        yield from _check_link(process, element, found)
    if element.loop is not None and not element.loop.condition and element.loop.maximum is None:
        yield found(
            element,
            "NO_LOOP_END",
            message("LINT_LOOP_WITHOUT_END"),
        )


def _check_link(process: ProcessModel, element: Element, found: FindingFactory) -> Iterator[Finding]:
    same = [
        e for e in process.elements.values() if e.parent_id == element.parent_id and e.link == element.link
    ]
    catches = [e for e in same if e.type == "intermediateCatchEvent"]
    throws = [e for e in same if e.type == "intermediateThrowEvent"]
    if not element.link:
        yield found(element, "NO_LINK", message("LINT_LINK_WITHOUT_NAME"))
    elif element.type == "intermediateThrowEvent" and not catches:
        yield found(element, "NO_LINK", message("LINT_LINK_WITHOUT_TARGET", link=element.link))
    elif element.type == "intermediateCatchEvent" and not throws:
        yield found(element, "NO_LINK", message("LINT_LINK_WITHOUT_SOURCE", link=element.link))
    elif element in catches[1:]:
        yield found(
            element,
            "NO_LINK",
            message("LINT_LINK_WITH_SEVERAL_TARGETS", link=element.link, label=catches[0].label),
        )
    if element.type == "intermediateThrowEvent" and element.outgoing:
        yield found(element, "NO_LINK", message("LINT_LINK_SOURCE_WITH_FLOW"))
    if element.type == "intermediateCatchEvent" and element.incoming:
        yield found(element, "NO_LINK", message("LINT_LINK_TARGET_WITH_FLOW"))


def check_flow(process: ProcessModel, flow: Flow, file: str) -> Iterator[Finding]:
    """The findings of one flow: its ends and its condition."""

    def found(code: str, sentence: Message, severity: str = "error") -> Finding:
        return Finding(code, sentence, file, flow.id, flow.name, flow.line, severity)

    source, target = process.elements.get(flow.source), process.elements.get(flow.target)
    if source is None or target is None:
        yield found("DANGLING_FLOW", message("LINT_DANGLING_FLOW"))
        return
    if source.parent_id != target.parent_id:
        yield found("CROSSING_FLOW", message("LINT_CROSSING_FLOW"))
    is_conditional = source.type in CONDITIONAL_GATEWAYS
    if flow.condition and source.type.endswith("Gateway") and not is_conditional:
        sentence = message("LINT_CONDITION_IGNORED", label=source.label)
        yield found("CONDITION_IGNORED", sentence, "warning")
    if is_conditional and not flow.condition and not flow.is_default and len(source.outgoing) > 1:
        sentence = message("LINT_FLOW_WITHOUT_CONDITION", label=source.label)
        yield found("NO_CONDITION", sentence, "warning")
