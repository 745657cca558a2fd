"""What a run needs from outside itself: expressions, operations, decisions, other runs, the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from engine.languages.bpmn.model import Element


class Host(Protocol):
    """What a run needs from outside itself."""

    def evaluate(self, text: str, variables: Mapping[str, Any]) -> Any:
        """The value of a FEEL text."""

    def call(
        self, element: Element, inputs: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Call the operation of a service task, all or nothing. Raises BusinessError; anything else is a failure."""

    def decide(self, element: Element, variables: Mapping[str, Any]) -> Any:
        """The outcome of a business rule task's decision."""

    def send(
        self,
        kind: str,
        element: Element,
        name: str,
        variables: Mapping[str, Any],
        values: Mapping[str, Any],
    ) -> None:
        """A signal (`kind` ``signal``) for all other runs, or a message (``message``) for those that wait for it."""

    @property
    def attempts(self) -> int:
        """How often an operation is tried before its failure is final."""

    def note(self, kind: str, element: Element | None = None, data: Mapping[str, Any] | None = None) -> None:
        """Something worth a line in the log: ``element.passed`` for each drawn element a token has gone through."""
