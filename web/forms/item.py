"""One element of a form as the templates draw it."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any
from zlib import crc32

from markupsafe import Markup

CHANGING = frozenset({"error", "strings", "shown", "items", "signature", "focus", "parts", "files"})
"""Attributes whose change does not require the element to be drawn again: the browser keeps its typed value."""


NOTHING = Markup("")


@dataclass(frozen=True)
class Choice:
    """One option of a choice on the page."""

    id: str
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class File:
    """A document already attached."""

    id: str
    value: str
    filename: str
    size: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """One component, row or hidden value. `state` is "edit", "read" or "off" (disabled)."""

    kind: str
    name: str
    id: str = ""
    label: str = ""
    heading: str = ""
    hint: str = ""
    error: str = ""
    required: bool = False
    state: str = "edit"
    span: int = 16
    starts: bool = True
    watched: bool = False
    focus: bool = False
    strings: tuple[str, ...] = ()
    shown: str = ""
    choices: tuple[Choice, ...] = ()
    html: Markup = NOTHING
    input_type: str = "text"
    input_mode: str = ""
    autocomplete: str = "off"
    short: bool = False
    step: int | None = None
    prefix: str = ""
    suffix: str = ""
    parts: tuple[Item, ...] = ()
    items: tuple[Item, ...] = ()
    can_add: bool = False
    can_remove: bool = False
    number: int = 0
    columns: tuple[str, ...] = ()
    cells: tuple[tuple[str, ...], ...] = ()
    more: int = 0
    multiple: bool = False
    accept: str = ""
    files: tuple[File, ...] = ()
    max_megabytes: int = 10
    outline: bool = False
    height: int = 0
    signature: str = ""

    @property
    def value(self) -> str:
        """The one string of a simple field."""
        return self.strings[0] if self.strings else ""

    @property
    def anchor(self) -> str:
        """The id of the element that a link from the summary leads to."""
        if self.state == "read":
            return self.id
        if self.choices and self.kind in ("radio", "checklist", "taglist"):
            return self.choices[0].id
        return self.parts[0].id if self.parts else self.id

    @property
    def described(self) -> str:
        """The ids of what describes the field: the hint, then the error."""
        ids = [f"{self.id}-aiuto"] if self.hint or self.kind == "filepicker" else []
        return " ".join([*ids, f"{self.id}-errore"] if self.error else ids)


def signed(**known: Any) -> Item:
    """An item with the signature of its fields; a script redraws the item when the signature changes."""
    item = Item(**known)
    lasting = [(one.name, getattr(item, one.name)) for one in fields(item) if one.name not in CHANGING]
    options = [(choice.value, choice.label) for choice in item.choices]
    text = repr([(name, options if name == "choices" else value) for name, value in lasting])
    return Item(**{**known, "signature": f"{crc32(text.encode()):08x}"})


def element_id(name: str) -> str:
    """The HTML id for a field's name."""
    return "f-" + re.sub(r"\W+", "-", name).strip("-")
