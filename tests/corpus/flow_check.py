"""Whether a walk can be right: the passes of an ended instance are held against the flows of its drawing.

This knows nothing of the runtime. A node can pass only as often as tokens can have come to it, and at least as often as
tokens must have come: from a node with one way out, or from one that opens all its ways.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from engine.languages.bpmn.model import Element, ProcessModel


def doubts(model: ProcessModel, passed: Sequence[str]) -> list[str]:
    """Sentences on what the flows do not explain; empty when they explain everything."""
    counts = Counter(passed)
    return list(_doubts(model, counts))


def _doubts(model: ProcessModel, counts: Counter[str]) -> Iterator[str]:
    calm = not any(_disturbs(model.elements[name]) for name in counts if name in model.elements)
    for element in model.elements.values():
        sources = [
            model.elements[flow.source]
            for flow in model.flows
            if flow.target == element.id and flow.source in model.elements
        ]
        if not sources or not all(_countable(model, one) for one in (element, *sources)):
            continue
        least, most = _bounds(model, element, sources, counts)
        if counts[element.id] > most:
            yield f"«{element.id}» passed {counts[element.id]} times, tokens came at most {most} times"
        if calm and counts[element.id] < least:
            yield f"«{element.id}» passed {counts[element.id]} times, tokens came at least {least} times"


def _bounds(
    model: ProcessModel, element: Element, sources: Sequence[Element], counts: Counter[str]
) -> tuple[int, int]:
    """How often a node must have passed and how often it can have, from the passes of those before it."""
    came = [counts[source.id] for source in sources]
    certain = [counts[source.id] for source in sources if _opens_all(model, source)]
    if element.type == "parallelGateway" and len(sources) > 1:
        return (min(certain) if len(certain) == len(sources) else 0), min(came)
    if element.type == "inclusiveGateway" and len(sources) > 1:
        return min(1, sum(certain)), sum(came)
    return sum(certain), sum(came)


def _disturbs(element: Element) -> bool:
    """Whether its pass may have taken tokens away somewhere."""
    return (
        element.type == "boundaryEvent"
        or element.triggered_by_event
        or bool({"terminate", "error", "cancel", "escalation", "compensate"} & set(element.events))
    )


def _countable(model: ProcessModel, element: Element) -> bool:
    """Whether one pass of it is one token through it."""
    parent = model.elements.get(element.parent_id)
    return (
        element.multi_instance is None
        and getattr(element, "loop", None) is None
        and element.type not in ("eventBasedGateway", "boundaryEvent")
        and not {"link", "compensate"} & set(element.events)
        and not (parent is not None and (parent.triggered_by_event or parent.multi_instance is not None))
    )


def _opens_all(model: ProcessModel, source: Element) -> bool:
    """Whether each pass sends a token along every flow that leaves."""
    leaving = sum(flow.source == source.id for flow in model.flows)
    return leaving == 1 or source.type == "parallelGateway"


def never_ends(model: ProcessModel, waiting: Sequence[str]) -> bool:
    """Whether a token that waits comes back to where it is by flows that it cannot but take: the drawing has no end."""
    return any(_comes_back(model, name) for name in waiting if name in model.elements)


def _comes_back(model: ProcessModel, name: str) -> bool:
    seen: set[str] = set()
    front = [name]
    while front:
        source = model.elements[front.pop()]
        leaving = [flow for flow in model.flows if flow.source == source.id and flow.target in model.elements]
        chooses = source.type in (
            "exclusiveGateway",
            "inclusiveGateway",
            "eventBasedGateway",
            "complexGateway",
        )
        if (chooses and len(leaving) > 1) or any(flow.condition for flow in leaving):
            continue
        for flow in leaving:
            if flow.target == name:
                return True
            if flow.target not in seen:
                seen.add(flow.target)
                front.append(flow.target)
    return False
