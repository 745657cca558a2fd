"""Finds the line of a component in the text of a .form file."""

from __future__ import annotations

import json
import re


def line_of(source: str, element: str, text: str = "") -> int:
    """The line, from 1, of a component by its id, or of a text nearest to it; 0 when it is not found."""
    component = re.search(rf'"id"\s*:\s*{re.escape(json.dumps(element))}', source) if element else None
    if component is None:
        return 0
    positions = [
        found.start()
        for shown in ({json.dumps(text), json.dumps(text, ensure_ascii=False)} if text else ())
        for found in re.finditer(re.escape(shown), source)
    ]
    nearest = min(
        positions, key=lambda position: abs(position - component.start()), default=component.start()
    )
    return source.count("\n", 0, nearest) + 1
