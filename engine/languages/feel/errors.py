"""The errors of FEEL expressions, with their position in the text."""

from __future__ import annotations

from typing import Any, Self

from engine.localization import LocalizedError, Message, message

MAX_EXCERPT = 80


class FeelError(LocalizedError):
    """An expression that cannot be read or evaluated.

    `FeelSyntaxError("FEEL_UNKNOWN_FUNCTION", name="coutn")`: the sentence is in the catalogue
    (`engine.localization`) and is rendered only when it is asked for. `code` is the stable code of the class;
    `line` and `column` (both from 1) point into `text`, the whole expression, where the error is at the
    character `offset`.
    """

    code = "feel.error"

    def __init__(self, message_code: str, /, *, text: str = "", offset: int = 0, **parameters: Any) -> None:
        super().__init__(message_code, parameters)
        self.text = text
        before = text[: max(0, min(offset, len(text)))]
        self.line = before.count("\n") + 1
        self.column = len(before) - (before.rfind("\n") + 1) + 1

    @property
    def located_message(self) -> Message:
        """The sentence with the position, where that is known."""
        if not self.text:
            return self.message
        return message(
            "FEEL_ERROR_AT",
            problem=self.message,
            line=self.line,
            column=self.column,
            expression=excerpt(self.text),
        )

    def with_location(self, text: str, offset: int) -> Self:
        """The same error located in `text`, unless it already has a location."""
        return (
            self if self.text else type(self)(self.message_code, text=text, offset=offset, **self.parameters)
        )

    def __str__(self) -> str:
        return self.located_message


class FeelSyntaxError(FeelError):
    """The text is not FEEL. Found when the definition is deployed."""

    code = "feel.syntax"


class FeelEvaluationError(FeelError):
    """A registered function failed, or a variable has a type that FEEL does not have."""

    code = "feel.evaluation"


class FeelLimitExceeded(FeelError):
    """The expression needs more steps, nesting or memory than one evaluation may use."""

    code = "feel.limit"


def excerpt(text: str) -> str:
    """A text, cut to a length that fits a sentence."""
    return text if len(text) <= MAX_EXCERPT else text[: MAX_EXCERPT - 3] + "…"
