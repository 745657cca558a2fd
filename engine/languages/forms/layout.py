"""The slots of a form: one for each component, and for each component of each row of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine.languages.forms.model import Component, DynamicList, Field, Group
from engine.languages.forms.paths import Path, input_name, split_key

RowCount = Callable[[DynamicList, Path], int]


@dataclass(frozen=True)
class FormSlot:
    """A component at one position: `path` of its value, `row` path of the row that contains it (empty at the top)."""

    component: Component
    path: Path
    row: Path
    children: tuple[FormSlot, ...] = ()
    rows: tuple[tuple[FormSlot, ...], ...] = ()

    @property
    def name(self) -> str:
        """The name of its input; for a component without value the name of the row, "#" and the id of the component."""
        if isinstance(self.component, Field | DynamicList):
            return input_name(self.path)
        return f"{input_name(self.row)}#{self.component.id}"


def build_slots(
    components: tuple[Component, ...], count: RowCount, base: Path = (), row: Path = ()
) -> tuple[FormSlot, ...]:
    """The slots of components; `count` gives the number of rows of a list."""
    return tuple(_slot(component, count, base, row) for component in components)


def _slot(component: Component, count: RowCount, base: Path, row: Path) -> FormSlot:
    if isinstance(component, Group):
        inside = base + split_key(component.path)
        return FormSlot(
            component, inside, row, children=build_slots(component.components, count, inside, row)
        )
    if isinstance(component, DynamicList):
        path = base + split_key(component.path)
        numbers = range(count(component, path))
        rows = tuple(build_slots(component.components, count, (*path, n), (*path, n)) for n in numbers)
        return FormSlot(component, path, row, rows=rows)
    path = base + split_key(component.key) if isinstance(component, Field) else base
    return FormSlot(component, path, row)


def walk_slots(slots: tuple[FormSlot, ...]) -> Iterator[FormSlot]:
    """All slots, containers before their content."""
    for slot in slots:
        yield slot
        yield from walk_slots(slot.children)
        for row in slot.rows:
            yield from walk_slots(row)
