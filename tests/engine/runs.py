"""Runs of small processes in memory, without a database: for what a run does by itself, over many turns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.languages.bpmn import read_diagram
from engine.languages.bpmn.model import Element
from engine.languages.feel_environment import evaluate_feel
from engine.spiff import ExecutableProcess, ProcessRun, compile_process

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:c="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" targetNamespace="prova">'
    '<process id="prova" isExecutable="true">'
)


def flow(source: str, target: str, condition: str = "") -> str:
    """A sequence flow."""
    inner = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def executable(body: str) -> ExecutableProcess:
    """An executable process with these elements."""
    diagram = read_diagram(f"{HEAD}{body}</process></definitions>".encode(), "prova.bpmn")
    return compile_process("prova", [diagram])


class Alone:
    """A host that evaluates and remembers the trace."""

    def __init__(self) -> None:
        self.passed: list[str] = []

    max_attempts = 1

    def publish_event(self, kind: str, element: Element, name: str, variables: Any, values: Any) -> None:
        """There are no others."""

    def evaluate(self, text: str, variables: Mapping[str, Any]) -> Any:
        """The value of a FEEL text."""
        return evaluate_feel(text, variables, {})

    def call_operation(
        self, element: Element, inputs: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """The inputs, given back."""
        return inputs

    def evaluate_decision(self, element: Element, variables: Mapping[str, Any]) -> Any:
        """No tables here."""
        raise AssertionError(element.id)

    def record(
        self, kind: str, element: Element | None = None, data: Mapping[str, Any] | None = None
    ) -> None:
        """Remember the elements passed."""
        if kind == "element.passed" and element is not None:
            self.passed.append(element.id)


def begin(what: ExecutableProcess, host: Alone, **variables: Any) -> ProcessRun:
    """Start a run."""
    return ProcessRun.start(what, host, variables)


def complete(run: ProcessRun, element: str, **values: Any) -> None:
    """Complete the first open task of an element."""
    token = next(w.token for w in run.wait_states() if w.kind == "task" and w.element.id == element)
    run.complete_task(token, values)


def again(run: ProcessRun) -> ProcessRun:
    """Save and restore."""
    return ProcessRun.restore(run.executable, run.environment, run.dump())
