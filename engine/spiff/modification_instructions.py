"""How a person says what is to change in a running instance: one instruction for each change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import InvalidInput

KINDS = ("cancel", "before", "after", "set")


@dataclass(frozen=True)
class Instruction:
    """One change. `kind`: cancel, before (start in front of an element), after (start behind it), set (variables).

    `element` is needed but for `set`; `process` names the (called) process when the element's id is not enough, and
    whose variables are set; `token` narrows a cancel to one token of the element, `item` to one run of an element that
    repeats, counted from 1.
    """

    kind: str
    element: str = ""
    process: str = ""
    token: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    item: int = 0

    def as_values(self) -> dict[str, Any]:
        """As plain values, to keep."""
        return {
            "kind": self.kind,
            "element": self.element,
            "process": self.process,
            "token": self.token,
            "values": dict(self.values),
            "item": self.item,
        }

    @classmethod
    def named(cls, kind: str, text: str) -> Instruction:
        """From ``element``, ``process:element`` or, to cancel one run of what repeats, ``element#2``.

        Raises InvalidInput for a run that is no number, or named where no run can be.
        """
        process, _, place = text.strip().rpartition(":")
        element, mark, item = place.partition("#")
        if not mark:
            return cls(kind, element, process=process)
        if kind != "cancel" or not (item.isascii() and item.isdigit() and int(item)):
            raise InvalidInput(
                f"«{text.strip()}»: dopo «#» sta il numero della ripetizione da togliere, per esempio {element}#2"
            )
        return cls(kind, element, process=process, item=int(item))


def instructions_of(values: Sequence[Mapping[str, Any]]) -> Iterator[Instruction]:
    """Back from `Instruction.as_values`."""
    for one in values:
        yield Instruction(**one)
