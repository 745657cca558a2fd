"""Checks of events: which kind is allowed where, and what each must define."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import Finding
from engine.languages.bpmn.lint.finding_factory import FindingFactory
from engine.languages.bpmn.model import Element, ProcessModel
from engine.localization import message

TECHNICAL_ERROR = "ERRORE_TECNICO"
"""The error code of failures that no retry can solve; error events may catch it, not throw it."""

ALLOWED_EVENTS: dict[str, frozenset[str]] = {
    "startEvent": frozenset({"message", "signal", "timer"}),
    "endEvent": frozenset({"cancel", "compensate", "error", "escalation", "message", "signal", "terminate"}),
    "intermediateCatchEvent": frozenset({"conditional", "link", "message", "signal", "timer"}),
    "intermediateThrowEvent": frozenset({"compensate", "escalation", "link", "message", "signal"}),
    "boundaryEvent": frozenset(
        {"cancel", "compensate", "conditional", "error", "escalation", "message", "signal", "timer"}
    ),
}
EVENT_SUBPROCESS_STARTS = frozenset({"conditional", "error", "escalation", "message", "signal", "timer"})
THROW_EVENTS = ("endEvent", "intermediateThrowEvent")


def check_event(process: ProcessModel, element: Element, found: FindingFactory) -> Iterator[Finding]:
    """The findings of one event; nothing for other elements."""
    allowed = ALLOWED_EVENTS.get(element.type)
    if allowed is None:
        return
    owner = process.elements.get(element.parent_id)
    in_event_subprocess = owner is not None and owner.triggered_by_event
    if element.type == "startEvent" and owner is not None:
        allowed = EVENT_SUBPROCESS_STARTS | {"compensate"} if in_event_subprocess else frozenset()
    if len(element.events) > 1:
        yield found(element, "MULTIPLE_EVENT", message("LINT_MULTIPLE_EVENT"))
    for event in element.events:
        if event not in allowed and not (event == "conditional" and _is_process_start(element)):
            sentence = (
                message("LINT_UNSUPPORTED_EVENT", event=event, allowed=sorted(allowed))
                if allowed
                else message("LINT_NO_EVENT_ALLOWED", event=event)
            )
            yield found(element, "UNSUPPORTED_EVENT", sentence)
    if element.type in ("intermediateCatchEvent", "boundaryEvent") and not element.events:
        sentence = message("LINT_EMPTY_EVENT")
        yield found(element, "EMPTY_EVENT", sentence)
    yield from _check_definition(element, found)
    if element.type == "boundaryEvent" and element.attached_to not in process.elements:
        yield found(element, "DETACHED_BOUNDARY", message("LINT_DETACHED_BOUNDARY_EVENT"))
    catching = element.type == "boundaryEvent" or in_event_subprocess
    if catching and "error" in element.events and not element.interrupting:
        yield found(element, "ERROR_MUST_INTERRUPT", message("LINT_ERROR_EVENT_MUST_INTERRUPT"))


def _is_process_start(element: Element) -> bool:
    """Whether it is a start event of the process itself; `lint.starts` checks those."""
    return element.type == "startEvent" and not element.parent_id


def _check_definition(element: Element, found: FindingFactory) -> Iterator[Finding]:
    throws = element.type in THROW_EVENTS
    if "message" in element.events and not element.message and not (throws and element.topic):
        yield found(element, "NO_MESSAGE", message("LINT_EVENT_WITHOUT_MESSAGE"))
    if "signal" in element.events and not element.signal:
        yield found(element, "NO_SIGNAL", message("LINT_EVENT_WITHOUT_SIGNAL"))
    if "conditional" in element.events and not element.condition:
        yield found(element, "EMPTY_CONDITION", message("LINT_EVENT_WITHOUT_CONDITION"))
    if throws and "error" in element.events and element.error_code == TECHNICAL_ERROR:
        sentence = message("LINT_TECHNICAL_ERROR_THROWN", error_code=TECHNICAL_ERROR)
        yield found(element, "TECHNICAL_ERROR", sentence)


def check_event_subprocess(
    process: ProcessModel, element: Element, found: FindingFactory
) -> Iterator[Finding]:
    """The findings of an event subprocess: it has one start event with a trigger, and no flows."""
    starts = process.start_events_of(element.id)
    if len(starts) != 1 or len(starts[0].events) != 1:
        sentence = message("LINT_EVENT_SUBPROCESS_START")
        yield found(element, "EVENT_SUBPROCESS_START", sentence)
    if (
        element.incoming
        or element.outgoing
        or any(other.attached_to == element.id for other in process.elements.values())
    ):
        sentence = message("LINT_EVENT_SUBPROCESS_WITH_FLOW")
        yield found(element, "EVENT_SUBPROCESS_FLOW", sentence)


def check_event_gateway(process: ProcessModel, element: Element, found: FindingFactory) -> Iterator[Finding]:
    """The findings of an event-based gateway: only catching events and receive tasks follow it."""
    targets = [process.elements.get(flow.target) for flow in process.flows if flow.source == element.id]
    if not targets or any(
        t is None or t.type not in ("intermediateCatchEvent", "receiveTask") for t in targets
    ):
        yield found(element, "EVENT_GATEWAY", message("LINT_EVENT_GATEWAY_TARGET"))
    for target in filter(None, targets):
        has_boundary = any(other.attached_to == target.id for other in process.elements.values())
        if has_boundary or target.multi_instance is not None or len(target.incoming) > 1:
            sentence = message("LINT_EVENT_GATEWAY_TARGET_SHAPE", label=target.label)
            yield found(element, "EVENT_GATEWAY", sentence)
