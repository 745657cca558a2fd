"""How wide each component is: rows of sixteenths, as the Modeler draws them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from engine.languages.forms import Field, Kind
from engine.languages.forms.layout import FormSlot

FULL = 16
NARROW = {Kind.NUMBER: 8, Kind.DATETIME: 8}


def spans(slots: Sequence[FormSlot]) -> list[tuple[int, bool]]:
    """For each component its width in sixteenths and whether it starts a new line."""
    found: list[tuple[int, bool]] = []
    for row, group in groupby(enumerate(slots), key=lambda one: one[1].component.row or f"#{one[0]}"):
        members = [slot for _, slot in group]
        alone = len(members) == 1 or row.startswith("#")
        fixed = sum(slot.component.columns or 0 for slot in members)
        free = sum(slot.component.columns is None for slot in members)
        share = max(2, (FULL - fixed) // free) if free else 0
        used = 0
        for slot in members:
            width = slot.component.columns or (_alone(slot) if alone else share)
            starts = used == 0 or used + width > FULL
            used = width if starts else used + width
            found.append((width, starts))
    return found


def _alone(slot: FormSlot) -> int:
    """The width of a field on its own line, by its kind."""
    component = slot.component
    return NARROW.get(component.kind, FULL) if isinstance(component, Field) else FULL
