"""How the checks of the lint make their findings."""

from __future__ import annotations

from typing import Protocol

from engine.errors import Finding
from engine.languages.bpmn.model import Element
from engine.localization import Message


class FindingFactory(Protocol):
    """Makes the finding of one element: `code` is that of the finding, `sentence` says what is wrong."""

    def __call__(self, element: Element, code: str, sentence: Message, severity: str = "error") -> Finding:
        """The finding with the file, name and line of the element."""
        ...
