"""Where in a .form file something is written: JSON, once read, does not remember its lines."""

from __future__ import annotations

import json
import re


def line_of(written: str, element: str, text: str = "") -> int:
    """The line, from 1, of a component by its id, or of a text nearest to it; 0 when it is not found."""
    component = re.search(rf'"id"\s*:\s*{re.escape(json.dumps(element))}', written) if element else None
    if component is None:
        return 0
    places = [
        found.start()
        for shown in ({json.dumps(text), json.dumps(text, ensure_ascii=False)} if text else ())
        for found in re.finditer(re.escape(shown), written)
    ]
    nearest = min(places, key=lambda place: abs(place - component.start()), default=component.start())
    return written.count("\n", 0, nearest) + 1
