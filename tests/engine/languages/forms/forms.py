"""Forms written in a line, for the tests of this folder."""

from __future__ import annotations

import json
from typing import Any

from engine.languages.forms import Form, parse_form


def component(kind: str, key: str = "campo", **more: Any) -> dict[str, Any]:
    """One component with a label; `key` becomes the path of a container."""
    named = {"path": key} if kind in ("group", "dynamiclist") else {"key": key}
    return {"type": kind, "id": f"Id_{key}", "label": key.capitalize(), **named, **more}


def text_of(*components: dict[str, Any], **more: Any) -> str:
    """The file of a form with these components."""
    return json.dumps(
        {"type": "default", "id": "prova", "schemaVersion": 16, "components": components, **more}
    )


def form_of(*components: dict[str, Any]) -> Form:
    """The form with these components."""
    return parse_form(text_of(*components), "prova.form")
