"""The only room that imports SpiffWorkflow: programs compiled from diagrams, and runs of them.

Nothing outside sees a library object: a `Program` goes in, tokens (texts) and bytes come out.
"""

from engine.spiff.awaited import Failure, Wait
from engine.spiff.counterpart import ElementMap, same_kind
from engine.spiff.host import Host
from engine.spiff.instructions import Instruction, instructions_of
from engine.spiff.migration import Carried, Obstacle, Transfer, transfer
from engine.spiff.program import Program, compile_program
from engine.spiff.run import ProcessRun

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
