"""Converts expressions of a diagram to FEEL: JUEL of Camunda 7 (``${…}``) and simple Python of SpiffWorkflow.

An expression that cannot be converted stays as it is; `lint` refuses it with the FEEL to write instead.
"""

from __future__ import annotations

import json
from typing import Any

from lxml import etree

from engine.languages.feel import FeelError, contains_juel, is_juel, juel_to_feel, translate_if_python
from engine.languages.feel_environment import compile_feel

CAMUNDA = "http://camunda.org/schema/1.0/bpmn"


def to_feel(text: str | None) -> str:
    """Convert a text that is a literal unless it begins with ``=``: ``${…}``, whole or as parts, becomes FEEL."""
    text = (text or "").strip()
    if not contains_juel(text):
        return text
    try:
        return "=" + juel_to_feel(text)
    except FeelError:
        return text


def condition_to_feel(text: str | None) -> str:
    """Convert a text that is always an expression: ``${…}`` or a Python comparison becomes ``=`` and FEEL."""
    text = (text or "").strip()
    if is_juel(text):
        return to_feel(text)
    bare = text.removeprefix("=").strip()
    if not bare:
        return text
    try:
        names = compile_feel(bare).names
    except FeelError:
        names = None
    feel = translate_if_python(bare, names)
    return text if feel == bare else "=" + feel


def parameter_to_feel(node: etree._Element) -> str:
    """Convert an input or output parameter: a text, or a Camunda list, map or FEEL script."""
    inner = next((child for child in node if _tag(child)), None)
    return to_feel(node.text) if inner is None else _value(inner)


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
    return to_feel(node.text)


def _entry(node: etree._Element) -> str:
    inner = next((child for child in node if _tag(child)), None)
    return to_feel(node.text) if inner is None else _value(inner)


def _part(text: str) -> str:
    return text[1:] if text.startswith("=") else _literal(text)


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _tag(node: etree._Element) -> str:
    tag: Any = node.tag  # a function for comments
    return tag.rpartition("}")[2] if isinstance(tag, str) and tag.startswith(f"{{{CAMUNDA}}}") else ""
