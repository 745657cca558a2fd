"""What is wrong with the events of a diagram: which may stand where, and what each must say."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.errors import Finding
from engine.languages.bpmn.model import Element, ProcessModel

TECHNICAL = "ERRORE_TECNICO"
"""The code that an error event names to catch failures which no further attempt can mend."""

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
THROWING = ("endEvent", "intermediateThrowEvent")

Found = Callable[[Element, str, str], Finding]


def check_event(process: ProcessModel, element: Element, found: Found) -> Iterator[Finding]:
    """The findings of one event; nothing for other elements."""
    allowed = ALLOWED_EVENTS.get(element.type)
    if allowed is None:
        return
    owner = process.elements.get(element.parent_id)
    in_event_subprocess = owner is not None and owner.triggered_by_event
    if element.type == "startEvent" and owner is not None:
        allowed = EVENT_SUBPROCESS_STARTS | {"compensate"} if in_event_subprocess else frozenset()
    if len(element.events) > 1:
        yield found(element, "MULTIPLE_EVENT", "un evento può attendere una cosa sola: dividilo in due")
    for event in element.events:
        if event not in allowed and not (event == "conditional" and _begins_cases(element)):
            listed = ", ".join(sorted(allowed)) or "nessuno"
            yield found(
                element,
                "UNSUPPORTED_EVENT",
                f"l'evento «{event}» qui non è eseguito; sono ammessi: {listed}",
            )
    if element.type in ("intermediateCatchEvent", "boundaryEvent") and not element.events:
        sentence = (
            "di' che cosa attende l'evento: un timer, un messaggio, un segnale, una condizione o un errore"
        )
        yield found(element, "EMPTY_EVENT", sentence)
    yield from _says_what(element, found)
    if element.type == "boundaryEvent" and element.attached_to not in process.elements:
        yield found(element, "DETACHED_BOUNDARY", "aggancia l'evento al bordo di un'attività")
    catching = element.type == "boundaryEvent" or in_event_subprocess
    if catching and "error" in element.events and not element.interrupting:
        yield found(
            element, "ERROR_MUST_INTERRUPT", "un errore interrompe sempre: rendi l'evento interrompente"
        )


def _begins_cases(element: Element) -> bool:
    """Whether it is a start of the process itself, of which `start_rules` says more."""
    return element.type == "startEvent" and not element.parent_id


def _says_what(element: Element, found: Found) -> Iterator[Finding]:
    throws = element.type in THROWING
    if "message" in element.events and not element.message and not (throws and element.topic):
        yield found(element, "NO_MESSAGE", "scegli il messaggio e dagli un nome")
    if "signal" in element.events and not element.signal:
        yield found(element, "NO_SIGNAL", "scegli il segnale e dagli un nome")
    if "conditional" in element.events and not element.condition:
        yield found(element, "EMPTY_CONDITION", "scrivi la condizione, in FEEL, che fa scattare l'evento")
    if throws and "error" in element.events and element.error_code == TECHNICAL:
        sentence = (
            f"«{TECHNICAL}» è il codice dei guasti: un evento lo raccoglie, ma nessuno lo dà; usane un altro"
        )
        yield found(element, "TECHNICAL_ERROR", sentence)


def check_event_subprocess(process: ProcessModel, element: Element, found: Found) -> Iterator[Finding]:
    """The findings of an event subprocess: one start, which an event triggers, and no flows to or from it."""
    starts = process.starts_of(element.id)
    if len(starts) != 1 or len(starts[0].events) != 1:
        sentence = (
            "un sottoprocesso a evento comincia con un solo evento di inizio, che dice che cosa lo fa partire"
        )
        yield found(element, "EVENT_SUBPROCESS_START", sentence)
    if (
        element.incoming
        or element.outgoing
        or any(other.attached_to == element.id for other in process.elements.values())
    ):
        sentence = "un sottoprocesso a evento non ha flussi né eventi di bordo: lo fa partire il suo evento di inizio"
        yield found(element, "EVENT_SUBPROCESS_FLOW", sentence)


def check_event_gateway(process: ProcessModel, element: Element, found: Found) -> Iterator[Finding]:
    """The findings of an event-based gateway: only things that are waited for follow it, each for itself."""
    targets = [process.elements.get(flow.target) for flow in process.flows if flow.source == element.id]
    if not targets or any(
        t is None or t.type not in ("intermediateCatchEvent", "receiveTask") for t in targets
    ):
        yield found(element, "EVENT_GATEWAY", "dopo questo gateway devono esserci solo eventi da attendere")
    for target in filter(None, targets):
        bordered = any(other.attached_to == target.id for other in process.elements.values())
        if bordered or target.multi_instance is not None or len(target.incoming) > 1:
            sentence = (
                "ciò che questo gateway attende non può ripetersi, avere eventi di bordo o ricevere altri flussi "
                f"(«{target.label}»)"
            )
            yield found(element, "EVENT_GATEWAY", sentence)
