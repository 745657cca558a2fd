"""What is wrong with compensation and transactions in a diagram."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.errors import Finding
from engine.languages.bpmn.model import Element, ProcessModel

Found = Callable[[Element, str, str], Finding]


def apart_from_flow(element: Element) -> bool:
    """Whether an element lies beside the flow: a handler, or the event that leads to one."""
    return element.for_compensation or (element.type == "boundaryEvent" and "compensate" in element.events)


def check_compensation(process: ProcessModel, element: Element, found: Found) -> Iterator[Finding]:
    """The findings of one element."""
    if apart_from_flow(element) and (element.incoming or element.outgoing):
        sentence = "la compensazione sta fuori dal flusso: si collega con un'associazione, non con un flusso"
        yield found(element, "COMPENSATION_FLOW", sentence)
    if element.for_compensation and not any(e.handler == element.id for e in process.elements.values()):
        sentence = "nessun evento di compensazione porta qui: mettilo al bordo dell'attività da annullare e collegalo"
        yield found(element, "COMPENSATION_UNUSED", sentence)
    for event in element.events:
        check = _CHECKS.get((event, element.type))
        if check is not None:
            yield from check(process, element, found)


def _boundary(process: ProcessModel, element: Element, found: Found) -> Iterator[Finding]:
    around = process.elements.get(element.attached_to)
    if around is None or not around.handler:
        sentence = (
            "collega l'evento, con un'associazione, all'attività che annulla questa (segnata «Compensation»)"
        )
        yield found(element, "NO_COMPENSATION", sentence)
    elif sum("compensate" in e.events and e.attached_to == around.id for e in process.elements.values()) > 1:
        yield found(
            element, "NO_COMPENSATION", "un'attività ha un solo evento di compensazione: unisci i due"
        )


def _throw(process: ProcessModel, element: Element, found: Found) -> Iterator[Finding]:
    if not element.activity_ref:
        return
    target = process.elements.get(element.activity_ref)
    if target is None or target.parent_id not in _reach(process, element) or not target.compensable:
        sentence = (
            f"«{element.activity_ref}» non è un'attività di questo livello con una compensazione: scegline una, "
            "o lascia vuoto per annullare tutto ciò che è stato fatto qui"
        )
        yield found(element, "COMPENSATION_REF", sentence)


def _reach(process: ProcessModel, element: Element) -> list[str]:
    reach = [element.parent_id]
    while (around := process.elements.get(reach[-1])) is not None and around.triggered_by_event:
        reach.append(around.parent_id)
    return reach


def _start(process: ProcessModel, element: Element, found: Found) -> Iterator[Finding]:
    around = process.elements.get(element.parent_id)
    inside = process.elements.get(around.parent_id) if around is not None else None
    if around is None or not around.triggered_by_event or inside is None:
        sentence = (
            "un inizio di compensazione va in un sottoprocesso a evento dentro il sottoprocesso da annullare"
        )
        yield found(element, "COMPENSATION_START", sentence)


def _cancel_end(process: ProcessModel, element: Element, found: Found) -> Iterator[Finding]:
    around = process.elements.get(element.parent_id)
    bordered = any(
        "cancel" in e.events and e.attached_to == element.parent_id for e in process.elements.values()
    )
    if around is None or around.type != "transaction" or not bordered:
        sentence = "annulla la transazione in cui sta: mettilo dentro una transazione con un evento «Cancel» al bordo"
        yield found(element, "CANCEL_END", sentence)


def _cancel_boundary(process: ProcessModel, element: Element, found: Found) -> Iterator[Finding]:
    around = process.elements.get(element.attached_to)
    if around is None or around.type != "transaction" or not element.interrupting:
        sentence = "un evento «Cancel» sta al bordo di una transazione, e la interrompe"
        yield found(element, "CANCEL_BOUNDARY", sentence)


_CHECKS: dict[tuple[str, str], Callable[[ProcessModel, Element, Found], Iterator[Finding]]] = {
    ("compensate", "boundaryEvent"): _boundary,
    ("compensate", "startEvent"): _start,
    ("compensate", "endEvent"): _throw,
    ("compensate", "intermediateThrowEvent"): _throw,
    ("cancel", "endEvent"): _cancel_end,
    ("cancel", "boundaryEvent"): _cancel_boundary,
}
