"""The errors of decision models, found when the file is deployed or when a decision is evaluated."""

from __future__ import annotations

from typing import Any

from engine.localization import LocalizedError, Message, message


class DecisionError(LocalizedError):
    """A decision model that cannot be read, or a decision that cannot be evaluated.

    `DecisionError("DMN_NO_OUTPUTS", source="requisiti.dmn")`: the sentence is in the catalogue (`engine.localization`).
    `source` is the file, `element` the id (or name) of the element, `line` its line in the file (0 when unknown),
    `code` the stable code for programs.
    """

    def __init__(
        self,
        message_code: str,
        /,
        *,
        source: str,
        element: str = "",
        line: int = 0,
        code: str = "decision.invalid",
        **parameters: Any,
    ) -> None:
        super().__init__(message_code, parameters)
        self.source = source
        self.element = element
        self.line = line
        self.code = code

    @property
    def located_message(self) -> Message:
        """The sentence with the file and, where they are known, the line and the element."""
        location: dict[str, Any] = {"source": self.source, "problem": self.message}
        if self.line and self.element:
            return message("DMN_ERROR_AT_LINE_AND_ELEMENT", line=self.line, element=self.element, **location)
        if self.line:
            return message("DMN_ERROR_AT_LINE", line=self.line, **location)
        if self.element:
            return message("DMN_ERROR_AT_ELEMENT", element=self.element, **location)
        return message("DMN_ERROR", **location)

    def __str__(self) -> str:
        return self.located_message
