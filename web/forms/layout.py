"""How wide each component is: rows of sixteenths, as the Modeler draws them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from engine.languages.forms import Field, Kind
from engine.languages.forms.layout import Place

FULL = 16
NARROW = {Kind.NUMBER: 8, Kind.DATETIME: 8}


def spans(places: Sequence[Place]) -> list[tuple[int, bool]]:
    """For each component its width in sixteenths and whether it starts a new line."""
    found: list[tuple[int, bool]] = []
    for row, group in groupby(enumerate(places), key=lambda one: one[1].component.row or f"#{one[0]}"):
        members = [place for _, place in group]
        alone = len(members) == 1 or row.startswith("#")
        fixed = sum(place.component.columns or 0 for place in members)
        free = sum(place.component.columns is None for place in members)
        share = max(2, (FULL - fixed) // free) if free else 0
        used = 0
        for place in members:
            width = place.component.columns or (_alone(place) if alone else share)
            starts = used == 0 or used + width > FULL
            used = width if starts else used + width
            found.append((width, starts))
    return found


def _alone(place: Place) -> int:
    """A field on its own line need not be wider than what goes in it."""
    component = place.component
    return NARROW.get(component.kind, FULL) if isinstance(component, Field) else FULL
