"""A form laid out for the rows at hand: one place for each component of each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.languages.forms.model import Component, Field, Group, Rows
from engine.languages.forms.paths import Path, keys, name_of

RowCount = Callable[[Rows, Path], int]


@dataclass(frozen=True)
class Place:
    """A component where it stands: `path` of its value, `row` = path of the row around it (empty at the top)."""

    component: Component
    path: Path
    row: Path
    children: tuple[Place, ...] = ()
    rows: tuple[tuple[Place, ...], ...] = ()

    @property
    def name(self) -> str:
        """The input's name; for what holds no value of its own, the row's name, "#" and the component's id."""
        if isinstance(self.component, Field | Rows):
            return name_of(self.path)
        return f"{name_of(self.row)}#{self.component.id}"


def lay_out(
    components: tuple[Component, ...], count: RowCount, base: Path = (), row: Path = ()
) -> tuple[Place, ...]:
    """The places of these components; `count` says how many rows a list has."""
    return tuple(_place(component, count, base, row) for component in components)


def _place(component: Component, count: RowCount, base: Path, row: Path) -> Place:
    if isinstance(component, Group):
        inside = base + keys(component.path)
        return Place(component, inside, row, children=lay_out(component.components, count, inside, row))
    if isinstance(component, Rows):
        path = base + keys(component.path)
        numbers = range(count(component, path))
        rows = tuple(lay_out(component.components, count, (*path, n), (*path, n)) for n in numbers)
        return Place(component, path, row, rows=rows)
    path = base + keys(component.key) if isinstance(component, Field) else base
    return Place(component, path, row)


def every(places: tuple[Place, ...]) -> Iterator[Place]:
    """All the places, containers before what they hold."""
    for place in places:
        yield place
        yield from every(place.children)
        for row in place.rows:
            yield from every(row)
