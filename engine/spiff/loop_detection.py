"""Stops a process that would loop for ever within one step. A loop of ten thousand turns may be meant and goes on."""

from __future__ import annotations

from SpiffWorkflow.task import Task

from engine.errors import ExecutionFailed
from engine.spiff.variable_scopes import VariableScopes
from engine.spiff.wait_states import drawn_element

MAX_PASSES_WITHOUT_CHANGE = 1_000
"""How often one element may be passed while no variable changes. The time is fixed within a step, so no condition could
have another value the next time."""
MAX_ELEMENTS_PASSED = 250_000
"""How many elements one step may pass in all."""


class LoopDetection:
    """Counts what one step passes; its expressions have limits of their own (`engine.execution.environment`)."""

    def __init__(self, scopes: VariableScopes) -> None:
        self._scopes = scopes
        self._elements_passed = 0
        self._passes: dict[int, int] = {}
        self._change_count = scopes.change_count

    def count(self, task: Task) -> None:
        """Count a task that is about to run. Raises ExecutionFailed when the process loops without an end."""
        if self._change_count != self._scopes.change_count:
            self._change_count = self._scopes.change_count
            self._passes.clear()
        key = id(task.task_spec)
        self._passes[key] = passes = self._passes.get(key, 0) + 1
        self._elements_passed += 1
        if passes > MAX_PASSES_WITHOUT_CHANGE or self._elements_passed > MAX_ELEMENTS_PASSED:
            raise ExecutionFailed(
                "ENDLESS_LOOP", steps=self._elements_passed, element=drawn_element(task).label
            )
