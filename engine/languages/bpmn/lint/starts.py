"""Checks of what starts instances: timer, message and signal start events, instantiating tasks and gateways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.errors import Finding
from engine.languages.bpmn.instantiating_elements import unconverted_elements
from engine.languages.bpmn.lint.finding_factory import FindingFactory
from engine.languages.bpmn.model import Element
from engine.languages.bpmn.parser import source_line
from engine.localization import message

SCOPE_PROPERTY = "ambito"
"""The property of a timer start event with the scope (ambito) of the instances it starts."""


def check_start(element: Element, found: FindingFactory) -> Iterator[Finding]:
    """The findings of a start event of the process itself; nothing for other elements."""
    if element.type != "startEvent" or element.parent_id:
        return
    if (element.message + element.signal)[:1] == "=":
        sentence = message("LINT_START_NAME_IS_EXPRESSION")
        yield found(element, "START_NAME", sentence)
    if "conditional" in element.events:
        sentence = message("LINT_START_BY_CONDITION")
        yield found(element, "START_CONDITION", sentence)
    if element.timer is None:
        return
    if element.timer.text.startswith("="):
        sentence = message("LINT_START_TIMER_IS_EXPRESSION")
        yield found(element, "START_TIMER", sentence)
    if not element.properties.get(SCOPE_PROPERTY, "").strip():
        sentence = message("LINT_START_TIMER_WITHOUT_SCOPE", property=SCOPE_PROPERTY)
        yield found(element, "START_SCOPE", sentence)


def check_instantiating_elements(root: Any, file: str) -> Iterator[Finding]:
    """The findings of tasks and gateways with ``instantiate`` that cannot start an instance."""
    for node, sentence in unconverted_elements(root):
        yield Finding(
            "INSTANTIATE", sentence, file, node.get("id") or "", node.get("name") or "", source_line(node)
        )
