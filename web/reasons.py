"""The reason that an action requires: read from the posted form, never empty."""

from __future__ import annotations

from flask import request

from engine.errors import InvalidInput
from engine.localization import message


def required_reason(code: str) -> str:
    """The reason in the posted form. Without one raises InvalidInput on the field, with the message of this code."""
    reason = request.form.get("motivo", "").strip()
    if not reason:
        raise InvalidInput.for_field("motivo", message(code))
    return reason
