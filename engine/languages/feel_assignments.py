"""Variables as an administrator writes them: a line for each, ``nome = valore`` with the value in FEEL."""

from __future__ import annotations

import re
from typing import Any

from engine.errors import ExecutionFailed, InvalidInput
from engine.languages.feel_environment import check_feel, evaluate

_LINE = re.compile(r"\s*([^\W\d]\w*)\s*=\s*(.+?)\s*", re.DOTALL)


def variables_of(text: str) -> dict[str, Any]:
    """The variables of a text; empty lines do not count. Raises InvalidInput, with the field `variabili`, for a line
    that does not hold."""
    found: dict[str, Any] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise _wrong(number, f"«{line.strip():.80}» non è «nome = valore»")
        name, feel = match.groups()
        problem = check_feel(feel)
        if problem is not None:
            raise _wrong(number, problem)
        try:
            value = evaluate(feel, {}, {})
        except ExecutionFailed as failed:
            raise _wrong(number, failed.message) from failed
        if value is None and feel != "null":
            raise _wrong(
                number, f'«{feel:.80}» non ha valore: un testo va fra virgolette, per esempio "{feel:.20}"'
            )
        found[name] = value
    return found


def _wrong(number: int, problem: str) -> InvalidInput:
    sentence = f"Riga {number}: {problem}"
    return InvalidInput(sentence, fields={"variabili": sentence})
