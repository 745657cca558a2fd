"""The reason that a page asks for before something is done: read from what was posted, never empty."""

from __future__ import annotations

from flask import request

from engine.errors import InvalidInput
from engine.messages import message


def required_reason(code: str) -> str:
    """The reason of the posted form. Raises InvalidInput, on its field, with the message of this code without one."""
    reason = request.form.get("motivo", "").strip()
    if not reason:
        raise InvalidInput(code, fields={"motivo": message(code)})
    return reason
