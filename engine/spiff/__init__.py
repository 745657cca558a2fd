"""Runs processes with SpiffWorkflow, which is imported in this package only.

An `ExecutableProcess` is compiled from diagrams; a `ProcessRun` is one run of it. No object of the library leaves the
package: outside, a token is a text, a wait state a `WaitState`, and the state of a run bytes.
"""

from engine.spiff.environment import ProcessEnvironment
from engine.spiff.executable_process import ExecutableProcess, compile_process
from engine.spiff.migration import MigratedToken, Obstacle, RunMigration, migrate_run
from engine.spiff.migration_mapping import ElementMap, same_kind
from engine.spiff.modification_instructions import Instruction
from engine.spiff.process_run import ProcessRun, stored_variables
from engine.spiff.variable_scopes import PROCESS_SCOPE
from engine.spiff.wait_states import StepFailure, WaitState

__all__ = [
    "PROCESS_SCOPE",
    "ElementMap",
    "ExecutableProcess",
    "Instruction",
    "MigratedToken",
    "Obstacle",
    "ProcessEnvironment",
    "ProcessRun",
    "RunMigration",
    "StepFailure",
    "WaitState",
    "compile_process",
    "migrate_run",
    "same_kind",
    "stored_variables",
]
