"""Stops a process that would turn for ever within one step, and no other: ten thousand turns of a loop may be meant."""

from __future__ import annotations

from SpiffWorkflow.task import Task

from engine.errors import ExecutionFailed
from engine.spiff.variable_scopes import Scopes
from engine.spiff.wait_states import drawn

MOST_IDLE = 1_000
"""How often one element may be passed while no variable changes: time stands still within a step, so no condition could
turn out otherwise the next time."""
MOST_STEPS = 250_000
"""How many elements one step may pass in all."""


class Guard:
    """Counts what one step passes; its expressions have limits of their own (`engine.execution.environment`)."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes = scopes
        self._steps = 0
        self._idle: dict[int, int] = {}
        self._changes = scopes.changes

    def passing(self, task: Task) -> None:
        """A task is about to run. Raises ExecutionFailed when the process turns without an end."""
        if self._changes != self._scopes.changes:
            self._changes = self._scopes.changes
            self._idle.clear()
        key = id(task.task_spec)
        self._idle[key] = idle = self._idle.get(key, 0) + 1
        self._steps += 1
        if idle > MOST_IDLE or self._steps > MOST_STEPS:
            raise ExecutionFailed(
                f"Il processo gira senza fermarsi ({self._steps} passi automatici, fra cui «{drawn(task).label}»): "
                "serve un compito, un timer o una condizione d'uscita nel ciclo"
            )
