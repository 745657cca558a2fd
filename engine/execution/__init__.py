"""One step of an instance: lock it, run it, write the difference.

A service opens a `Step` with the `StepRunner`, acts on its run and writes it with `write_step`. The package also opens
incidents (`open_incident`) and has the outbox (`enqueue`, `Outbox`).
"""

from engine.execution.environment import StepEnvironment
from engine.execution.incident_creation import open_incident, open_timer_incident
from engine.execution.instance_number import next_instance_number
from engine.execution.locking import LockedInstance, LockedTask, TaskAccess, lock_instance, lock_task
from engine.execution.outbox import Outbox, enqueue
from engine.execution.parameter_trial import ParameterTrial
from engine.execution.preconditions import require_active, require_reason
from engine.execution.step import Step
from engine.execution.step_runner import StepRunner
from engine.execution.step_writer import write_step
from engine.execution.submissions import SubmittedForm

__all__ = [
    "LockedInstance",
    "LockedTask",
    "Outbox",
    "ParameterTrial",
    "Step",
    "StepEnvironment",
    "StepRunner",
    "SubmittedForm",
    "TaskAccess",
    "enqueue",
    "lock_instance",
    "lock_task",
    "next_instance_number",
    "open_incident",
    "open_timer_incident",
    "require_active",
    "require_reason",
    "write_step",
]
