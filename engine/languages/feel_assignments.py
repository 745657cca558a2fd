"""Parses variables as an administrator writes them: one per line, ``nome = valore`` with the value in FEEL."""

from __future__ import annotations

import re
from typing import Any

from engine.errors import ExecutionFailed, InvalidInput
from engine.languages.feel_environment import check_feel, evaluate_feel
from engine.localization import message

_LINE = re.compile(r"\s*([^\W\d]\w*)\s*=\s*(.+?)\s*", re.DOTALL)


def parse_assignments(text: str) -> dict[str, Any]:
    """The variables of a text; empty lines are ignored.

    Raises InvalidInput, with the field `variabili`, for a line that is not valid.
    """
    found: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise _line_error(number, message("ASSIGNMENT_NOT_NAME_AND_VALUE", line=line.strip()[:80]))
        name, feel = match.groups()
        problem = check_feel(feel)
        if problem is not None:
            raise _line_error(number, problem)
        try:
            value = evaluate_feel(feel, {}, {})
        except ExecutionFailed as failed:
            raise _line_error(number, failed.message) from failed
        if value is None and feel != "null":
            raise _line_error(
                number, message("ASSIGNMENT_WITHOUT_VALUE", expression=feel[:80], example=feel[:20])
            )
        found[name] = value
    return found


def _line_error(number: int, problem: str) -> InvalidInput:
    return InvalidInput.for_field("variabili", message("ASSIGNMENT_ERROR", number=number, problem=problem))
