"""A form being filled in on a page: what was typed, what it means, what is wrong, and how it is drawn."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from engine.forms import Form
from web import current
from web.forms import AttachmentInfo, FormView
from web.forms.item import Item

Raw = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Filling:
    """A form with the variables it may look at, the day and the functions its expressions may call."""

    form: Form
    variables: Mapping[str, Any]
    today: date
    bindings: Mapping[str, Any]
    files: Mapping[str, AttachmentInfo] = field(default_factory=dict)
    raw: Raw | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    focus: str = ""
    locked: bool = False

    def typed(self, raw: Raw | None, focus: str = "") -> Filling:
        """The same form with what somebody typed."""
        return replace(self, raw=raw, focus=focus)

    def wrong(self, errors: Mapping[str, str]) -> Filling:
        """The same answers with what is wrong about them."""
        return replace(self, errors=errors)

    def read(self) -> tuple[dict[str, Any], dict[str, str], bool]:
        """The values typed, a sentence for each that does not hold, and whether questions show that were not asked."""
        found = self.form.read(
            self.raw or {}, self.variables, today=self.today, bindings=self.bindings, attachments=self._attached()
        )
        return found.values, found.errors, bool(found.unseen)

    def view(self) -> FormView:
        """What the template draws."""
        return FormView.build(
            self.form, self.variables, raw=self.raw, errors=self.errors, bindings=self.bindings, attachments=self.files,
            max_megabytes=current.settings().max_upload_mb, focus=self.focus, locked=self.locked,
        )

    def lines(self) -> list[tuple[str, str]]:
        """What was typed as label and text, to be read, copied and kept."""
        return list(_lines(replace(self, locked=True, errors={}).view().items))

    def _attached(self) -> Collection[str]:
        return tuple(self.files)


def form_context(definition_id: str, scope: str) -> dict[str, Any]:
    """The day and the functions of FEEL that a form of a definition sees in a scope."""
    engine = current.engine()
    with engine.database.read() as connection:
        found = engine.stepper.form_context(connection, definition_id, scope)
        return {"today": found["today"], "bindings": found["bindings"]}


def _lines(items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    for item in items:
        if item.items:
            yield from _lines(item.items)
        elif item.heading and item.shown and item.name:
            yield item.heading, item.shown
