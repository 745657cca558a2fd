"""The instructions of a process instance modification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import InvalidInput

KINDS = ("cancel", "before", "after", "set")


@dataclass(frozen=True)
class Instruction:
    """One change. `kind`: cancel, before (start in front of an element), after (start behind it), set (variables).

    `element` is needed except for `set`. `process` names the (called) process whose variables are set, or that holds
    the element when its id is not unique. `token` restricts a cancel to one token of the element, `item` to one
    iteration of a multi-instance activity, counted from 1.
    """

    kind: str
    element: str = ""
    process: str = ""
    token: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    item: int = 0

    def as_values(self) -> dict[str, Any]:
        """As plain values for storage."""
        return {
            "kind": self.kind,
            "element": self.element,
            "process": self.process,
            "token": self.token,
            "values": dict(self.values),
            "item": self.item,
        }

    @classmethod
    def of_values(cls, values: Mapping[str, Any]) -> Instruction:
        """The instruction of what `as_values` returned."""
        return cls(**values)

    @classmethod
    def parse(cls, kind: str, text: str) -> Instruction:
        """From ``element``, ``process:element`` or, to cancel one iteration of a multi-instance element, ``element#2``.

        Raises InvalidInput when the iteration is not a number, or the instruction is not a cancel.
        """
        process, _, named = text.strip().rpartition(":")
        element, mark, item = named.partition("#")
        if not mark:
            return cls(kind, element, process=process)
        if kind != "cancel" or not (item.isascii() and item.isdigit() and int(item)):
            raise InvalidInput("ITERATION_TEXT_INVALID", text=text.strip(), element=element)
        return cls(kind, element, process=process, item=int(item))
