"""Builds the items of a page from an evaluated form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from engine.languages.forms import (
    DateTimeSubtype,
    DynamicList,
    Field,
    Form,
    Format,
    Group,
    Kind,
    Separator,
    Table,
    Text,
    display,
    number_text,
)
from engine.languages.forms.answers import DATE_SUFFIX, TIME_SUFFIX, PostedAnswers
from engine.languages.forms.conversion import TICKED, from_strings, to_strings
from engine.languages.forms.feel import Bindings, Scope, evaluate_flag
from engine.languages.forms.layout import FormSlot, walk_slots
from engine.languages.forms.options import options_of
from engine.languages.forms.paths import Path, get_path, input_name
from engine.languages.forms.submission import FormEvaluation
from web.forms import rich
from web.forms.item import Choice, File, Item, element_id, signed
from web.forms.layout import spans
from web.forms.table import table_item
from web.forms.uploads import kinds_of, size_text


@dataclass(frozen=True)
class AttachmentInfo:
    """An attached document as shown on a page; `size` in bytes, `url` where it can be opened (may be empty)."""

    filename: str
    size: int = 0
    url: str = ""


class ItemBuilder:
    """Turns slots into items: a visible one becomes a field, a hidden one keeps its typed value."""

    def __init__(
        self,
        form: Form,
        evaluation: FormEvaluation,
        variables: Mapping[str, Any],
        errors: Mapping[str, str],
        attachments: Mapping[str, AttachmentInfo],
        max_megabytes: int,
        focus: str,
        locked: bool,
    ) -> None:
        self._form = form
        self._evaluation = evaluation
        self._form_state = evaluation.state
        self._variables = variables
        self._errors = errors
        self._attachments = attachments
        self._max_megabytes = max_megabytes
        self._focus = focus
        self._locked = locked

    def items(self, slots: Sequence[FormSlot]) -> tuple[Item, ...]:
        """The items of these slots, in order, with their widths."""
        shown = [
            slot
            for slot in slots
            if self._form_state.shows(slot) and slot.component.kind is not Kind.EXPRESSION
        ]
        widths = dict(zip([slot.name for slot in shown], spans(shown), strict=True))
        found: list[Item] = []
        for slot in slots:
            if slot.name in widths:
                span, starts = widths[slot.name]
                found.append(self._item(slot, {"span": span, "starts": starts, "name": slot.name}))
            elif not self._locked:
                found.extend(self._hidden_items(slot))
        return tuple(found)

    def _item(self, slot: FormSlot, base: dict[str, Any]) -> Item:
        component, scope = slot.component, self._form_state.scope(slot)
        base = {"id": element_id(slot.name), "kind": str(component.kind), **base}
        if isinstance(component, Field):
            return self._field(slot, component, scope, base)
        if isinstance(component, Group):
            label = component.label.plain(scope)
            return signed(
                **base,
                label=label,
                heading=label,
                outline=component.outline,
                items=self.items(slot.children),
            )
        if isinstance(component, DynamicList):
            return self._rows(slot, component, scope, base)
        if isinstance(component, Table):
            return table_item(component, scope, base)
        if isinstance(component, Text):
            pieces = component.text.pieces(scope)
            return signed(
                **base,
                html=rich.from_html(pieces) if component.kind is Kind.HTML else rich.from_markdown(pieces),
            )
        return signed(**base, height=component.height if isinstance(component, Separator) else 0)

    def _hidden_items(self, slot: FormSlot) -> list[Item]:
        """Hidden inputs with the typed values of a slot that a condition hides, for when it is visible again."""
        answers = self._evaluation.answers
        if not isinstance(answers, PostedAnswers):
            return []
        inside = {
            input_name(one.path)
            for one in walk_slots((slot,))
            if isinstance(one.component, Field | DynamicList)
        }
        return [
            Item(kind="hidden", name=name, strings=tuple(given), signature="hidden")
            for name, given in answers.clean.items()
            if any(name == known or name in (known + DATE_SUFFIX, known + TIME_SUFFIX) for known in inside)
            and any(text for text in given)
        ]

    def _field(self, slot: FormSlot, field: Field, scope: Scope, base: dict[str, Any]) -> Item:
        strings = self._strings(slot, field, scope)
        label = field.label.plain(scope) or field.date_label or field.time_label
        error = self._errors.get(slot.name, "")
        known: dict[str, Any] = {
            **base,
            "label": label,
            "heading": label,
            "hint": field.description.plain(scope),
            "error": error,
            "required": evaluate_flag(field.rules.required, scope),
            "state": self._state(field, scope),
            "strings": tuple(strings),
            "shown": self._shown_text(slot, field, scope, strings),
            "watched": bool(self._form.expression_words.intersection(field.key.split("."))),
            "focus": slot.name == self._focus or self._starts_row(slot),
            "autocomplete": field.autocomplete,
            "prefix": field.prefix.plain(scope),
            "suffix": field.suffix.plain(scope),
        }
        known.update(self._details(slot, field, scope, strings, base["id"]))
        return signed(**known)

    def _details(
        self, slot: FormSlot, field: Field, scope: Scope, strings: Sequence[str], element: str
    ) -> dict[str, Any]:
        """What only this kind of field needs."""
        if field.choices is not None:
            chosen = set(strings)
            options = options_of(field, scope)
            return {
                "choices": tuple(
                    Choice(f"{element}-{number}", option.value, option.label, option.value in chosen)
                    for number, option in enumerate(options)
                )
            }
        if field.kind is Kind.NUMBER:
            return {"input_mode": "numeric" if field.digits == 0 else "decimal"}
        if field.kind is Kind.DATETIME:
            return self._moment(slot, field, strings, element)
        if field.kind is Kind.FILEPICKER:
            kinds = ", ".join(kinds_of(field.accept))
            return {
                "multiple": field.multiple,
                "accept": kinds,
                "files": self._files(element, strings),
                "max_megabytes": self._max_megabytes,
            }
        if field.kind in (Kind.TEXTFIELD, Kind.TEXTAREA):
            kind = {"email": "email", "phone": "tel"}.get(field.rules.validation_type or "", "text")
            short = field.format is Format.CODICE_FISCALE or kind == "tel"
            return {"input_type": kind, "short": short}
        return {}

    def _moment(self, slot: FormSlot, field: Field, strings: Sequence[str], element: str) -> dict[str, Any]:
        step = field.time_interval * 60 if field.time_interval > 1 else None
        if field.subtype is not DateTimeSubtype.DATETIME:
            kind = "date" if field.subtype is DateTimeSubtype.DATE else "time"
            return {
                "input_type": kind if _native(kind, strings) else "text",
                "step": step if kind == "time" else None,
            }
        answers = self._evaluation.answers
        typed = (
            answers.clean
            if isinstance(answers, PostedAnswers) and self._evaluation.answers.has(slot.path)
            else None
        )
        day, _sep, hour = (strings[0] if strings else "").partition("T")
        parts = []
        for ending, kind, label, value in (
            (DATE_SUFFIX, "date", field.date_label or _("Data"), day),
            (TIME_SUFFIX, "time", field.time_label or _("Ora"), hour),
        ):
            value = (typed.get(slot.name + ending) or [value])[0] if typed is not None else value
            parts.append(
                Item(
                    kind=kind,
                    name=slot.name + ending,
                    id=element + ending,
                    label=label,
                    strings=(value,),
                    input_type=kind if _native(kind, [value]) else "text",
                    step=step if kind == "time" else None,
                )
            )
        return {"parts": tuple(parts)}

    def _starts_row(self, slot: FormSlot) -> bool:
        """Whether this is the first field of the row just added."""
        if not self._focus or input_name(slot.row) != self._focus:
            return False
        inside = (
            one
            for one in walk_slots(self._form_state.slots)
            if one.row == slot.row and isinstance(one.component, Field)
        )
        return next(inside, None) == slot

    def _state(self, field: Field, scope: Scope) -> str:
        if self._locked or evaluate_flag(field.readonly, scope):
            return "read"
        return "off" if field.disabled else "edit"

    def _strings(self, slot: FormSlot, field: Field, scope: Scope) -> list[str]:
        """The content of the field: as typed, otherwise the value formatted as one would type it."""
        answers = self._evaluation.answers
        if (
            isinstance(answers, PostedAnswers)
            and answers.has(slot.path)
            and self._state(field, scope) == "edit"
        ):
            typed = answers.strings(field, slot.path)
            if (
                field.kind is Kind.DATETIME
                and field.subtype is DateTimeSubtype.DATE
                and not from_strings(field, typed)[1]
            ):
                return to_strings(field, from_strings(field, typed)[0])
            return [text for text in typed if text != ""]
        value = self._form_state.values.get(slot.path)
        if value is None and slot.name in self._evaluation.problems:
            value = get_path(self._variables, slot.path)
        return to_strings(field, value)

    def _shown_text(self, slot: FormSlot, field: Field, scope: Scope, strings: Sequence[str]) -> str:
        """The value as text, for reading and for paper."""
        if field.choices is not None:
            labels = {option.value: option.label for option in options_of(field, scope)}
            return ", ".join(labels.get(text, text) for text in strings)
        if field.kind is Kind.CHECKBOX:
            return _("Sì") if strings and strings[-1] in TICKED else _("No")
        if field.kind is Kind.FILEPICKER:
            return ", ".join(
                self._attachments[one].filename if one in self._attachments else one for one in strings
            )
        value, problem = from_strings(field, strings)
        if problem or value is None:
            return "\n".join(strings)
        shown = (
            number_text(value, 2 if field.format is Format.EURO else None)
            if isinstance(value, Decimal)
            else display(value)
        )
        return " ".join(
            part for part in (field.prefix.plain(scope), shown, field.suffix.plain(scope)) if part
        )

    def _files(self, element: str, strings: Sequence[str]) -> tuple[File, ...]:
        found = []
        for number, one in enumerate(strings):
            about = self._attachments.get(one, AttachmentInfo(_("documento")))
            found.append(
                File(f"{element}-file-{number}", one, about.filename, size_text(about.size), about.url)
            )
        return tuple(found)

    def _rows(self, slot: FormSlot, rows: DynamicList, scope: Scope, base: dict[str, Any]) -> Item:
        label = rows.label.plain(scope)
        free = rows.allow_add_remove and not self._locked
        items = tuple(
            self._row(slot, number, row, label, free and len(slot.rows) > rows.min_rows)
            for number, row in enumerate(slot.rows)
        )
        return signed(
            **base,
            label=label,
            heading=label,
            error=self._errors.get(slot.name, ""),
            outline=rows.outline,
            can_add=free and len(slot.rows) < rows.max_rows,
            items=items,
            number=len(items),
            state="read" if self._locked else "edit",
            focus=slot.name == self._focus,
            watched=rows.path in self._form.expression_words,
        )

    def _row(
        self, slot: FormSlot, number: int, row: tuple[FormSlot, ...], label: str, can_remove: bool
    ) -> Item:
        path: Path = (*slot.path, number)
        name = input_name(path)
        items = tuple(
            replace(item, heading=f"{label}, {number + 1}: {item.label}") if item.label else item
            for item in self.items(row)
        )
        return signed(
            kind="row",
            name=name,
            id=element_id(name),
            label=label,
            number=number + 1,
            items=items,
            can_remove=can_remove,
            state="read" if self._locked else "edit",
        )


def _native(kind: str, strings: Sequence[str]) -> bool:
    """Whether the browser's own date or time field can show what is there; else it would show nothing at all."""
    text = strings[0] if strings else ""
    try:
        (date if kind == "date" else time).fromisoformat(
            text or ("2000-01-01" if kind == "date" else "00:00")
        )
    except ValueError:
        return False
    return True


__all__ = ["AttachmentInfo", "Bindings", "ItemBuilder"]
