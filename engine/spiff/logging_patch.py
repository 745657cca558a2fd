"""Keeps the library from working out what to tell its log about every state of every task, when nobody listens.

It builds the line, with the names of all states and the task's surroundings, before it asks whether the line is wanted:
a third of the CPU of a step. `docs/upstream` has the patch that would make this module needless.
"""

from __future__ import annotations

import logging

from SpiffWorkflow.task import Task, logger

_told = Task._set_state


def _set_state(task: Task, value: int) -> None:
    if logger.isEnabledFor(logging.INFO):
        _told(task, value)
    else:
        task._state = value


def install() -> None:
    """From now on states change in silence, unless the logger `spiff.task` lets INFO through."""
    Task._set_state = _set_state
