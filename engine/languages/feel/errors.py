"""What can go wrong with an expression, told in a sentence with its place."""

from __future__ import annotations


class FeelError(Exception):
    """An expression that cannot be read or evaluated.

    `message` is an Italian sentence for the analyst; `code` is stable and English; `line` and `column`
    (both from 1) point into `text`, the whole expression.
    """

    code = "feel.error"

    def __init__(self, message: str, *, text: str = "", offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        before = text[: max(0, min(offset, len(text)))]
        self.line = before.count("\n") + 1
        self.column = len(before) - (before.rfind("\n") + 1) + 1

    def placed(self, text: str, offset: int) -> FeelError:
        """The same error with the place where it happened, unless it already has one."""
        return self if self.text else type(self)(self.message, text=text, offset=offset)

    def __str__(self) -> str:
        if not self.text:
            return self.message
        shown = self.text if len(self.text) <= 80 else self.text[:77] + "…"
        return f"{self.message} (riga {self.line}, colonna {self.column} di «{shown}»)"


class FeelSyntaxError(FeelError):
    """The text is not FEEL: found when the definition is deployed."""

    code = "feel.syntax"


class FeelEvaluationError(FeelError):
    """A registered function failed, or a value handed in is not one FEEL knows."""

    code = "feel.evaluation"


class FeelLimitExceeded(FeelError):
    """The expression asked for more steps, depth or memory than one evaluation may use."""

    code = "feel.limit"
