"""What the task specs call on the run that a task belongs to.

A spec is shared by all instances of its definition and keeps nothing of a run. It reaches the run through the task:
`callbacks(my_task)`. `engine.spiff.run_callbacks` implements the protocol.
"""

from __future__ import annotations

from typing import Any, Protocol

from SpiffWorkflow.task import Task


class SpecCallbacks(Protocol):
    """The methods take the task that the spec is working on."""

    def evaluate(self, text: str, task: Task) -> Any:
        """The value of a FEEL expression with the variables that the task sees."""

    def enter(self, task: Task) -> None:
        """A token has reached a drawn element."""

    def execute(self, task: Task) -> bool:
        """Do an automatic task. False when it has failed or thrown an error: the task stays STARTED."""

    def throw(self, task: Task) -> bool:
        """Do what a throwing event does. False when the token stays there."""

    def enter_call(self, task: Task) -> bool:
        """Open the variables of a called process. False when that has failed: the task stays WAITING."""

    def leave_call(self, task: Task) -> None:
        """Close the variables of a called process and copy back what the diagram says."""

    def evaluate_loop(self, task: Task) -> bool:
        """Decide whether a standard loop has another turn. False when that has failed: the task stays WAITING."""

    def evaluate_items(self, task: Task) -> bool:
        """Find the items of a multi-instance activity. False when that has failed: the task stays WAITING."""

    def open_iteration(self, task: Task, child: Task, index: int) -> None:
        """Open the variables of one iteration of a multi-instance activity."""

    def collect_result(self, task: Task, child: Task) -> None:
        """Close the variables of an iteration and add what it wrote to the results."""

    def discard_iteration(self, child: Task) -> None:
        """Close the variables of an iteration without a result."""

    def completion_condition(self, task: Task) -> bool | None:
        """Whether a multi-instance activity may end early; None when its condition cannot be evaluated."""

    def begin_compensation(self, task: Task) -> bool:
        """A token has reached an event that compensates. True when it may go on at once."""

    def activity_completed(self, task: Task) -> None:
        """An activity that can be compensated, or that may contain one, has been completed."""

    def handler_completed(self, task: Task) -> None:
        """A compensation handler has been completed."""


def callbacks(task: Task) -> SpecCallbacks:
    """The callbacks of the run that a task belongs to."""
    found: SpecCallbacks = task.workflow.top_workflow.callbacks
    return found
