"""The texts of a diagram as this engine writes them: FEEL, also where Camunda 7 or SpiffWorkflow was meant.

What has no simple equal is left as it is, for `lint` to refuse with the FEEL to write instead.
"""

from __future__ import annotations

import json
from typing import Any

from lxml import etree

from engine.languages.feel import FeelError, from_camunda, has_camunda, is_camunda, understood
from engine.languages.feel_environment import compiled

CAMUNDA = "http://camunda.org/schema/1.0/bpmn"


def in_feel(text: str | None) -> str:
    """A text that is a literal unless it begins with ``=``: Camunda 7's ``${…}``, whole or as gaps, becomes FEEL."""
    text = (text or "").strip()
    if not has_camunda(text):
        return text
    try:
        return "=" + from_camunda(text)
    except FeelError:
        return text


def condition_in_feel(text: str | None) -> str:
    """A text that is always an expression: Camunda's ``${…}`` or a plain Python comparison becomes ``=`` and FEEL."""
    text = (text or "").strip()
    if is_camunda(text):
        return in_feel(text)
    bare = text.removeprefix("=").strip()
    if not bare:
        return text
    try:
        names = compiled(bare).names
    except FeelError:
        names = None
    feel = understood(bare, names)
    return text if feel == bare else "=" + feel


def parameter_in_feel(node: etree._Element) -> str:
    """An input or output parameter: a text, or Camunda's list, map or FEEL script of texts."""
    inner = next((child for child in node if _tag(child)), None)
    return in_feel(node.text) if inner is None else _value(inner)


def _value(node: etree._Element) -> str:
    match _tag(node):
        case "list":
            return f"=[{', '.join(_part(_value(child)) for child in node if _tag(child))}]"
        case "map":
            entries = [child for child in node if _tag(child)]
            pairs = (f"{_literal(e.get('key') or '')}: {_part(_entry(e))}" for e in entries)
            return "={" + ", ".join(pairs) + "}"
        case "script" if (node.get("scriptFormat") or "").lower() == "feel":
            return "=" + (node.text or "").strip().removeprefix("=")
        case "script":
            return f"${{script {node.get('scriptFormat') or ''}}}"
    return in_feel(node.text)


def _entry(node: etree._Element) -> str:
    inner = next((child for child in node if _tag(child)), None)
    return in_feel(node.text) if inner is None else _value(inner)


def _part(text: str) -> str:
    return text[1:] if text.startswith("=") else _literal(text)


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _tag(node: etree._Element) -> str:
    tag: Any = node.tag  # a function for comments
    return tag.rpartition("}")[2] if isinstance(tag, str) and tag.startswith(f"{{{CAMUNDA}}}") else ""
