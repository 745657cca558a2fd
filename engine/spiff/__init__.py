"""The only room that imports SpiffWorkflow: programs compiled from diagrams, and runs of them.

Nothing outside sees a library object: a `Program` goes in, tokens (texts) and bytes come out.
"""

from engine.spiff.environment import Host
from engine.spiff.executable_process import Program, compile_program
from engine.spiff.migration import Carried, Obstacle, Transfer, transfer
from engine.spiff.migration_mapping import ElementMap, same_kind
from engine.spiff.modification_instructions import Instruction, instructions_of
from engine.spiff.process_run import ProcessRun
from engine.spiff.wait_states import Failure, Wait

__all__ = [
    "Carried",
    "ElementMap",
    "Failure",
    "Host",
    "Instruction",
    "Obstacle",
    "ProcessRun",
    "Program",
    "Transfer",
    "Wait",
    "compile_program",
    "instructions_of",
    "same_kind",
    "transfer",
]
