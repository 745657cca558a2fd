"""Runs without a database: a host that computes FEEL, does what a test tells it and remembers what passed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from engine.languages.bpmn import read_diagram
from engine.languages.bpmn.model import Element
from engine.languages.feel_environment import evaluate_feel, function_bindings
from engine.spiff import ProcessRun
from engine.spiff.executable_process import ExecutableProcess, compile_process
from engine.temporal import WorkingCalendar

NOON = datetime(2016, 3, 1, 11, tzinfo=UTC)
BINDINGS = function_bindings(NOON, lambda: WorkingCalendar(), lambda name: None)
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:c="http://camunda.org/schema/1.0/bpmn" id="D" targetNamespace="prova">'
    '<process id="prova" isExecutable="true">'
)
Operation = Callable[[Element, Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]


class BareHost:
    """The surroundings of a run. `passed` are the elements that tokens went through, in order."""

    max_attempts = 1

    def __init__(self, operation: Operation = lambda element, inputs, variables: {}) -> None:
        self.passed: list[str] = []
        self._operation = operation

    def evaluate(self, text: str, variables: Mapping[str, Any]) -> Any:
        """FEEL."""
        return evaluate_feel(text, variables, BINDINGS)

    def call_operation(
        self, element: Element, inputs: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """What the test says."""
        return self._operation(element, inputs, variables)

    def evaluate_decision(self, element: Element, variables: Mapping[str, Any]) -> Any:
        """Nothing is decided here."""

    def publish_event(self, *_: Any) -> None:
        """Nobody listens."""

    def record(
        self, kind: str, element: Element | None = None, data: Mapping[str, Any] | None = None
    ) -> None:
        """Remember what passed."""
        if kind == "element.passed" and element is not None:
            self.passed.append(element.id)


def executable(body: str) -> ExecutableProcess:
    """An executable process with these elements."""
    content = f"{HEAD}{body}</process></definitions>".encode()
    return compile_process("prova", [read_diagram(content, "prova.bpmn")])


def complete(run: ProcessRun, element_id: str, **values: Any) -> None:
    """Do the one open task of an element."""
    (token,) = [
        wait.token for wait in run.wait_states() if wait.kind == "task" and wait.element.id == element_id
    ]
    run.complete_task(token, values)
