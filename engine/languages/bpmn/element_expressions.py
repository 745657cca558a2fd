"""The FEEL texts of an element, with the words an analyst knows their places by."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

from engine.languages.bpmn.model import Element
from engine.languages.feel import has_camunda


def expressions(element: Element) -> Iterator[tuple[str, str]]:
    """(place, text) of every expression of the element except its timer, without the leading ``=``."""
    assigned = element.assignment
    mixed = [
        ("assegnatario", assigned.assignee),
        ("gruppi candidati", assigned.candidate_groups),
        ("utenti candidati", assigned.candidate_users),
        ("scadenza", assigned.due),
        ("promemoria", assigned.follow_up),
        ("priorità", assigned.priority),
        *((f"parametro «{name}»", text) for name, text in element.inputs),
        *((f"risultato «{name}»", text) for name, text in element.outputs),
        ("nome del messaggio", element.message),
        ("nome del segnale", element.signal),
    ]
    yield from (
        (place, text.removeprefix("=")) for place, text in mixed if text.startswith("=") or has_camunda(text)
    )
    if element.properties.get("chiave"):
        yield "chiave del messaggio", element.properties["chiave"].removeprefix("=")
    if element.condition:
        yield "condizione dell'evento", element.condition.removeprefix("=")
    if element.script:
        yield "script", element.script.removeprefix("=")
    for mapping in (*element.ins, *element.outs):
        if mapping.is_expression:
            yield "passaggio di variabili", mapping.source.removeprefix("=")
    if element.loop is not None and element.loop.condition:
        yield "condizione del ciclo", element.loop.condition.removeprefix("=")
    loop = element.multi_instance
    if loop is not None:
        for place, text in (
            ("collezione", loop.collection),
            ("numero di volte", loop.cardinality),
            ("condizione di fine", loop.condition),
        ):
            if text:
                yield place, text.removeprefix("=")


def closest(word: str, choices: Collection[str]) -> str | None:
    """The choice most like a mistyped word, if any is."""
    found = difflib.get_close_matches(word, list(choices), n=1)
    return found[0] if found else None
