"""A form with its answers and errors as the templates draw it: one item for each thing on the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.languages.forms import Form, Kind
from engine.languages.forms.feel import Bindings
from engine.languages.forms.layout import walk_slots
from web.forms.build import AttachmentInfo, ItemBuilder
from web.forms.item import Item, element_id
from web.language import in_page_language

__all__ = ["AttachmentInfo", "FormView", "Item"]


@dataclass(frozen=True)
class Fault:
    """One line of the summary: the sentence, and the element it is about (empty when it is about none)."""

    anchor: str
    label: str
    sentence: str


@dataclass(frozen=True)
class FormView:
    """What `render_form` draws."""

    id: str
    items: tuple[Item, ...]
    faults: tuple[Fault, ...]
    dynamic: bool
    has_files: bool
    locked: bool
    focus: str = ""

    @classmethod
    def build(
        cls,
        form: Form,
        variables: Mapping[str, Any],
        raw: Mapping[str, Sequence[str]] | None = None,
        values: Mapping[str, Any] | None = None,
        errors: Mapping[str, str] | None = None,
        *,
        bindings: Bindings | None = None,
        attachments: Mapping[str, AttachmentInfo] | None = None,
        max_megabytes: int = 10,
        focus: str = "",
        locked: bool = False,
    ) -> FormView:
        """The view of a form: `raw` (strings as typed: a post or a draft) has precedence over `values`, and these over
        `variables`.

        `errors` maps field names to sentences, as `Form.read` gives them; `attachments` are the files by id; `focus` is
        the name of the field or row that gets the focus; `locked` shows everything as text.
        """
        evaluation = form.evaluate(variables, raw=raw, values=values, bindings=bindings)
        given = {name: in_page_language(sentence) for name, sentence in (errors or {}).items()}
        builder = ItemBuilder(
            form, evaluation, variables, given, attachments or {}, max_megabytes, focus, locked
        )
        items = builder.items(evaluation.state.slots)
        asked = [
            slot for slot in walk_slots(evaluation.state.slots) if slot.component.kind is Kind.FILEPICKER
        ]
        return cls(
            id=f"modulo-{element_id(form.id)[2:]}",
            items=items,
            faults=tuple(_faults(items, given)),
            dynamic=bool(form.expressions) and not locked,
            has_files=bool(asked) and not locked,
            locked=locked,
            focus="" if given else focus,
        )


def _faults(items: Sequence[Item], errors: Mapping[str, str]) -> Iterator[Fault]:
    """The summary in the order of the page; errors of fields that are not on it come last."""
    shown = set()
    for item in _all(items):
        if item.name in errors and item.kind != "hidden" and item.name not in shown:
            shown.add(item.name)
            yield Fault(item.anchor, item.heading, errors[item.name])
    for name, sentence in errors.items():
        if name not in shown:
            yield Fault("", "", sentence)


def _all(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _all(item.items)
