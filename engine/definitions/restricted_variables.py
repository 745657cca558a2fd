"""Restricted variables: those that only holders of the permission `case.restricted` may read.

A user task with the property `riservato` in the diagram restricts all that its form writes; a field with the same
property in a form restricts that field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.definitions.compilation import CompiledDefinition
from engine.languages.forms.model import Component, DynamicList, Field, Group

PROPERTY = "riservato"


def restricted_variable_names(compiled: CompiledDefinition) -> frozenset[str]:
    """The names of the restricted variables of a process and of all processes it calls."""
    found: set[str] = set()
    for bundle in compiled.bundles.values():
        for form in bundle.forms.values():
            found.update(_marked(form.components))
    for model in compiled.executable.models.values():
        for element in model.elements.values():
            if element.properties.get(PROPERTY) == "true" and element.form_id:
                form_of = compiled.form(element.process_id, element.form_id)
                found.update(_written(form_of.components) if form_of else ())
    return frozenset(found)


def remove_variables(value: Any, names: frozenset[str]) -> Any:
    """A copy of a value without the entries of these names, at any depth (a reopened instance holds the old one's)."""
    if isinstance(value, Mapping):
        return {key: remove_variables(inner, names) for key, inner in value.items() if key not in names}
    if isinstance(value, list):
        return [remove_variables(inner, names) for inner in value]
    return value


def _written(components: Iterable[Component]) -> Iterator[str]:
    """The variables that components write: the first name in the path of each field or list."""
    for component in components:
        if isinstance(component, Group):
            yield from [component.path.split(".")[0]] if component.path else _written(component.components)
        elif isinstance(component, DynamicList):
            yield component.path.split(".")[0]
        elif isinstance(component, Field):
            yield component.key.split(".")[0]


def _marked(components: Iterable[Component]) -> Iterator[str]:
    """The variables of single fields and lists that have the property, at any depth."""
    for component in components:
        if component.properties.get(PROPERTY) == "true":
            yield from _written([component])
        elif isinstance(component, Group | DynamicList):
            yield from _marked(component.components)
