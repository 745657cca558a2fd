"""Keeps SpiffWorkflow from building log records that nobody reads.

For every change of state of every task the library builds the record, with the names of all states and data about the
task, before it asks whether the record is wanted: a third of the CPU time of a step. `docs/upstream` has the patch of
the library that would make this module unnecessary.
"""

from __future__ import annotations

import logging

from SpiffWorkflow.task import Task, logger

_original_set_state = Task._set_state


def _set_state(task: Task, value: int) -> None:
    if logger.isEnabledFor(logging.INFO):
        _original_set_state(task, value)
    else:
        task._state = value


def install() -> None:
    """Set the library's loggers to WARNING, and log changes of state only when `spiff.task` lets INFO through."""
    for name in ("spiff", "spiff.workflow", "spiff.task"):
        logging.getLogger(name).setLevel(logging.WARNING)
    Task._set_state = _set_state
