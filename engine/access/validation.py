"""Validation of e-mail addresses."""

from __future__ import annotations

import re

from engine.errors import InvalidInput
from engine.localization import message

_EMAIL = re.compile(r"[^@\s;,<>\"]+@[^@\s;,<>\"]+\.[^@\s;,<>\".]+")


def check_email(address: str) -> str:
    """The address without surrounding spaces; empty is allowed. Raises InvalidInput on the field ``email``."""
    stripped = address.strip()
    if stripped and (len(stripped) > 254 or _EMAIL.fullmatch(stripped) is None):
        raise InvalidInput.for_field("email", message("EMAIL_INVALID", address=stripped[:60]))
    return stripped
