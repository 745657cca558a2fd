"""What can go wrong with a decision: in its file when it is deployed, or when it is taken."""

from __future__ import annotations


class DecisionError(Exception):
    """A decision model that cannot be read, or a decision that cannot be taken.

    `message` is an Italian sentence for the analyst; `source` the file, `element` the id (or name) of the
    element and `line` its line in the file, 0 when not known; `code` is stable and English.
    """

    def __init__(
        self, message: str, *, source: str, element: str = "", line: int = 0, code: str = "decision.invalid"
    ) -> None:
        super().__init__(message)
        self.message = message
        self.source = source
        self.element = element
        self.line = line
        self.code = code

    def __str__(self) -> str:
        place = self.source + (f", riga {self.line}" if self.line else "")
        return f"{place}{f', elemento «{self.element}»' if self.element else ''}: {self.message}"
