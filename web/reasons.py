"""The reason that a page asks for before something is done: read from what was posted, never empty."""

from __future__ import annotations

from flask import request

from engine.errors import InvalidInput


def reason_given(otherwise: str) -> str:
    """The reason of the posted form. Raises InvalidInput, on its field, with the sentence `otherwise` without one."""
    reason = request.form.get("motivo", "").strip()
    if not reason:
        raise InvalidInput(otherwise, fields={"motivo": otherwise})
    return reason
