"""What is wrong with how cases of a process begin by themselves: at a date, with a message or signal, by a task."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.errors import Finding
from engine.languages.bpmn.instantiating_elements import left_over
from engine.languages.bpmn.model import Element
from engine.languages.bpmn.parser import line_of

SCOPE = "ambito"
"""The property of a timer start that says in which ambito its cases begin."""

Found = Callable[[Element, str, str], Finding]


def check_start(element: Element, found: Found) -> Iterator[Finding]:
    """The findings of a start event of the process itself; nothing for other elements."""
    if element.type != "startEvent" or element.parent_id:
        return
    if (element.message + element.signal)[:1] == "=":
        sentence = "ciò che fa nascere una pratica ha un nome fisso: un'espressione non avrebbe ancora nulla da leggere"
        yield found(element, "START_NAME", sentence)
    if "conditional" in element.events:
        sentence = (
            "una condizione guarda le variabili di una pratica, e qui non ce n'è ancora nessuna: usa un messaggio, "
            "un segnale o un timer, oppure metti l'evento in un sottoprocesso a evento"
        )
        yield found(element, "START_CONDITION", sentence)
    if element.timer is None:
        return
    if element.timer.text.startswith("="):
        sentence = (
            "quando nasce la pratica si scrive per esteso (una data, una durata o una ripetizione): "
            "un'espressione non avrebbe ancora nulla da leggere"
        )
        yield found(element, "START_TIMER", sentence)
    if not element.properties.get(SCOPE, "").strip():
        sentence = (
            "di' in quale ambito nascono le pratiche che il timer avvia: aggiungi all'evento la proprietà "
            f"«{SCOPE}»"
        )
        yield found(element, "START_SCOPE", sentence)


def check_instantiating(root: Any, file: str) -> Iterator[Finding]:
    """What says that it begins a case and cannot."""
    for node, sentence in left_over(root):
        yield Finding(
            "INSTANTIATE", sentence, file, node.get("id") or "", node.get("name") or "", line_of(node)
        )
