"""What of a case only the holders of `case.restricted` read: all that the forms of restricted tasks write.

A user task is restricted by the property `riservato` in the diagram, a single field by the same property in its form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.definitions.compilation import Compiled
from engine.languages.forms.model import Component, Field, Group, Rows

PROPERTY = "riservato"


def restricted_names(compiled: Compiled) -> frozenset[str]:
    """The names of the variables that only those holders read, in a process and in all that it calls."""
    found: set[str] = set()
    for parts in compiled.parts.values():
        for form in parts.forms.values():
            found.update(_marked(form.components))
    for model in compiled.program.models.values():
        for element in model.elements.values():
            if element.properties.get(PROPERTY) == "true" and element.form_id:
                form_of = compiled.form(element.process_id, element.form_id)
                found.update(_written(form_of.components) if form_of else ())
    return frozenset(found)


def without(value: Any, names: frozenset[str]) -> Any:
    """A value without the entries of these names, however deep they lie (a reopened case keeps the old one's data)."""
    if isinstance(value, Mapping):
        return {key: without(inner, names) for key, inner in value.items() if key not in names}
    if isinstance(value, list):
        return [without(inner, names) for inner in value]
    return value


def _written(components: Iterable[Component]) -> Iterator[str]:
    """The variables that components write: the first part of each field's or list's path."""
    for component in components:
        if isinstance(component, Group):
            yield from [component.path.split(".")[0]] if component.path else _written(component.components)
        elif isinstance(component, Rows):
            yield component.path.split(".")[0]
        elif isinstance(component, Field):
            yield component.key.split(".")[0]


def _marked(components: Iterable[Component]) -> Iterator[str]:
    """The names of single fields and lists that are marked, wherever they lie."""
    for component in components:
        if component.properties.get(PROPERTY) == "true":
            yield from _written([component])
        elif isinstance(component, Group | Rows):
            yield from _marked(component.components)
