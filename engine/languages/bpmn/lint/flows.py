"""What may be wrong with how elements are connected: beginnings, flows in and out, conditions, links."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.errors import Finding
from engine.languages.bpmn.lint.compensation import apart_from_flow
from engine.languages.bpmn.model import Element, Flow, ProcessModel

Found = Callable[..., Finding]
CHOOSING = ("exclusiveGateway", "inclusiveGateway")


def check_beginning(process: ProcessModel, parent: str, file: str) -> Iterator[Finding]:
    """A process begins somewhere: at a start event, or at an element that nothing leads to."""
    inside = [e for e in process.elements.values() if e.parent_id == parent]
    starts = [e for e in inside if e.type == "startEvent"]
    owner: Any = process.elements.get(parent) or process
    where = (owner.id, owner.name, owner.line)
    first = [e for e in inside if not e.incoming and not _comes_otherwise(e)]
    if not starts and not first and (inside or not parent):
        yield Finding("NO_START", "non si sa da dove cominciare: aggiungi un evento di inizio", file, *where)
    if len([start for start in starts if not start.events]) > 1:
        yield Finding(
            "SEVERAL_STARTS",
            "ha più eventi di inizio semplici, che cominciano tutti insieme: se non è così, lasciane uno",
            file,
            *where,
            severity="warning",
        )


def _comes_otherwise(element: Element) -> bool:
    return (
        element.type == "boundaryEvent"
        or element.triggered_by_event
        or apart_from_flow(element)
        or (bool(element.link) and element.type == "intermediateCatchEvent")
    )


def check_connections(process: ProcessModel, element: Element, found: Found) -> Iterator[Finding]:
    """Flows into and out of one element."""
    starts_itself = element.type in ("startEvent", "boundaryEvent")
    beside_start = any(
        e.type == "startEvent" and e.parent_id == element.parent_id for e in process.elements.values()
    )
    if not element.incoming and beside_start and not starts_itself and not _comes_otherwise(element):
        yield found(element, "UNREACHABLE", "nessun flusso arriva qui: collegalo o toglilo")
    if element.incoming and starts_itself:
        yield found(element, "FLOW_INTO_START", "un evento di inizio o di bordo non può ricevere flussi")
    if element.type == "endEvent" and element.outgoing:
        yield found(element, "FLOW_OUT_OF_END", "da un evento di fine non escono flussi")
    if "link" in element.events:
        yield from _check_link(process, element, found)
    if element.loop is not None and not element.loop.condition and element.loop.maximum is None:
        yield found(
            element,
            "NO_LOOP_END",
            "di' fino a quando si ripete: una condizione (Loop condition) o un numero massimo di volte",
        )


def _check_link(process: ProcessModel, element: Element, found: Found) -> Iterator[Finding]:
    same = [
        e for e in process.elements.values() if e.parent_id == element.parent_id and e.link == element.link
    ]
    catches = [e for e in same if e.type == "intermediateCatchEvent"]
    throws = [e for e in same if e.type == "intermediateThrowEvent"]
    if not element.link:
        yield found(element, "NO_LINK", "dai un nome al collegamento, lo stesso da dove parte e dove arriva")
    elif element.type == "intermediateThrowEvent" and not catches:
        yield found(element, "NO_LINK", f"qui manca l'evento in cui arriva il collegamento «{element.link}»")
    elif element.type == "intermediateCatchEvent" and not throws:
        yield found(element, "NO_LINK", f"qui manca l'evento da cui parte il collegamento «{element.link}»")
    elif element in catches[1:]:
        yield found(
            element, "NO_LINK", f"il collegamento «{element.link}» arriva già in «{catches[0].label}»"
        )
    if element.type == "intermediateThrowEvent" and element.outgoing:
        yield found(element, "NO_LINK", "da un collegamento che parte non escono flussi: va dove arriva")
    if element.type == "intermediateCatchEvent" and element.incoming:
        yield found(
            element, "NO_LINK", "in un collegamento che arriva non entrano flussi: viene da dove parte"
        )


def check_flow(process: ProcessModel, flow: Flow, file: str) -> Iterator[Finding]:
    """One flow: its ends, and whether its condition means something."""

    def found(code: str, sentence: str, severity: str = "error") -> Finding:
        return Finding(code, sentence, file, flow.id, flow.name, flow.line, severity)

    source, target = process.elements.get(flow.source), process.elements.get(flow.target)
    if source is None or target is None:
        yield found("DANGLING_FLOW", "il flusso non collega due elementi: cancellalo e ridisegnalo")
        return
    if source.parent_id != target.parent_id:
        yield found(
            "CROSSING_FLOW", "il flusso attraversa il bordo di un sottoprocesso: ridisegnalo dentro o fuori"
        )
    choosing = source.type in CHOOSING
    if flow.condition and source.type.endswith("Gateway") and not choosing:
        sentence = f"«{source.label}» non guarda le condizioni: togli questa, o usa un gateway inclusivo"
        yield found("CONDITION_IGNORED", sentence, "warning")
    if choosing and not flow.condition and not flow.is_default and len(source.outgoing) > 1:
        sentence = (
            f"scrivi la condizione del flusso che esce da «{source.label}»: senza, si può sempre prendere"
        )
        yield found("NO_CONDITION", sentence, "warning")
