"""What a form shows for some values, and the answers a page would post for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.languages.forms import DateTimeSubtype, DynamicList, Field, Form, Kind
from engine.languages.forms.answers import DATE_SUFFIX, TIME_SUFFIX
from engine.languages.forms.conversion import to_strings
from engine.languages.forms.feel import Bindings
from engine.languages.forms.layout import walk_slots
from engine.languages.forms.paths import Path, input_name


def visible(
    form: Form,
    values: Mapping[str, Any],
    variables: Mapping[str, Any] | None = None,
    *,
    bindings: Bindings | None = None,
) -> set[str]:
    """The names of the components visible with these values; a text or group is "#id", in a row "lista[0]#id"."""
    state = form.evaluate({} if variables is None else variables, values=values, bindings=bindings).state
    return {slot.name for slot in walk_slots(state.slots) if state.shows(slot)}


def posted(form: Form, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """The strings that a page would post for these values."""
    state = form.evaluate({}, values=values).state
    answers: dict[str, list[str]] = {}
    for slot in walk_slots(state.slots):
        component = slot.component
        if isinstance(component, DynamicList):
            answers[slot.name] = [""]
            answers.update({f"{slot.name}[{number}]": [""] for number in range(len(slot.rows))})
        elif isinstance(component, Field) and component.kind is not Kind.EXPRESSION:
            answers.update(_field(component, slot.path, state.values.get(slot.path)))
    return answers


def _field(field: Field, path: Path, value: Any) -> dict[str, list[str]]:
    strings = to_strings(field, value) or [""]
    if field.kind is Kind.DATETIME and field.subtype is DateTimeSubtype.DATETIME:
        day, _, hour = strings[0].partition("T")
        return {input_name(path) + DATE_SUFFIX: [day], input_name(path) + TIME_SUFFIX: [hour]}
    return {input_name(path): strings}
