"""What a run needs from outside itself: expressions, operations, decisions, other instances and the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

from engine.languages.bpmn.model import Element


class ProcessEnvironment(Protocol):
    """What the engine offers to a run during one step."""

    def evaluate(self, text: str, variables: Mapping[str, Any]) -> Any:
        """The value of a FEEL expression. Raises ExecutionFailed."""

    def call_operation(
        self, element: Element, inputs: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Call the operation of a service task, all or nothing. Raises BusinessError; any other error is a failure."""

    def evaluate_decision(self, element: Element, variables: Mapping[str, Any]) -> Any:
        """The result of the decision of a business rule task."""

    def publish_event(
        self,
        kind: str,
        element: Element,
        name: str,
        variables: Mapping[str, Any],
        values: Mapping[str, Any],
    ) -> None:
        """Broadcast a signal (`kind` ``signal``) to the other instances, or send a message (``message``)."""

    @property
    def max_attempts(self) -> int:
        """How many times an operation is tried before it becomes an incident."""

    def record(
        self, kind: str, element: Element | None = None, data: Mapping[str, Any] | None = None
    ) -> None:
        """Add a line to the log. The run itself records ``element.passed`` for each element that a token has left."""


class _NoEnvironment:
    """The environment of a run that is only read."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"This run is open for inspection only: it has no environment for {name}()")


NO_ENVIRONMENT = cast(ProcessEnvironment, _NoEnvironment())
