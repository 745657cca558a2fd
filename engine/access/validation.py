"""What is written about a person, checked and tidied before it is stored; each fault is told on its own field."""

from __future__ import annotations

import re

from engine.errors import InvalidInput

_EMAIL = re.compile(r"[^@\s;,<>\"]+@[^@\s;,<>\"]+\.[^@\s;,<>\".]+")


def check_email(address: str) -> str:
    """The address tidied, or a sentence as InvalidInput on ``email``. Empty is allowed."""
    tidy = address.strip()
    if tidy and (len(tidy) > 254 or _EMAIL.fullmatch(tidy) is None):
        sentence = f"«{tidy:.60}» non è un indirizzo e-mail"
        raise InvalidInput(sentence, fields={"email": sentence})
    return tidy
