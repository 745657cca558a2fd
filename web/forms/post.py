"""The intent of a posted form: send, refresh, add a row, remove a row, save a draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.languages.forms import DynamicList, Form
from engine.languages.forms.paths import ROW, Path, input_name, parse_input_name, path_pattern


class Intent(StrEnum):
    """What the pressed button asks for."""

    SUBMIT = "submit"
    REFRESH = "refresh"
    ADD = "add"
    REMOVE = "remove"
    DRAFT = "draft"


@dataclass(frozen=True)
class Post:
    """A posted form: the intent, the answers as typed (rows already added or removed), the field with the focus."""

    intent: Intent
    raw: dict[str, list[str]]
    focus: str = ""

    @property
    def shows_again(self) -> bool:
        """Whether the page is only drawn again with these answers: nothing is sent or saved."""
        return self.intent in (Intent.REFRESH, Intent.ADD, Intent.REMOVE)


def read_post(form: Form, submitted: Any) -> Post:
    """The post of a page; `submitted` is the request's form (a MultiDict) or a mapping of name → strings."""
    strings: dict[str, list[str]] = (
        submitted.to_dict(flat=False)
        if hasattr(submitted, "to_dict")
        else {k: list(v) for k, v in submitted.items()}
    )
    raw = form.draft(strings)
    for name, act in (("_aggiungi", _add), ("_togli", _remove)):
        if strings.get(name):
            return act(form, raw, strings[name][0])
    if "_aggiorna" in strings:
        return Post(Intent.REFRESH, raw)
    return Post(Intent.DRAFT if "_bozza" in strings else Intent.SUBMIT, raw)


def _add(form: Form, raw: dict[str, list[str]], name: str) -> Post:
    path = parse_input_name(name)
    rows = form.inputs.get(path_pattern(path)) if path else None
    if path is None or not isinstance(rows, DynamicList) or not rows.allow_add_remove:
        return Post(Intent.REFRESH, raw)
    count = _count(raw, path)
    if count >= rows.max_rows:
        return Post(Intent.ADD, raw, name)
    new = f"{input_name(path)}[{count}]"
    return Post(Intent.ADD, {**raw, new: [""]}, new)


def _remove(form: Form, raw: dict[str, list[str]], name: str) -> Post:
    path = parse_input_name(name)
    shape = path_pattern(path) if path else ()
    rows = form.inputs.get(shape[:-1]) if shape and shape[-1] == ROW else None
    if path is None or not isinstance(rows, DynamicList) or not rows.allow_add_remove:
        return Post(Intent.REFRESH, raw)
    removed = input_name(path)
    kept: Mapping[str, list[str]] = {
        key: given
        for key, given in raw.items()
        if key != removed and not key.startswith((f"{removed}.", f"{removed}["))
    }
    whole = input_name(path[:-1])
    return Post(Intent.REMOVE, form.draft({**kept, whole: [""]}), whole)


def _count(raw: Mapping[str, Any], path: Path) -> int:
    paths = (parse_input_name(name) for name in raw)
    numbers = [one[len(path)] for one in paths if one and one[: len(path)] == path and len(one) > len(path)]
    return max((number + 1 for number in numbers if isinstance(number, int)), default=0)
