"""Builds the items of a page from a reading of the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from engine.languages.forms import (
    Field,
    Form,
    Format,
    Group,
    Kind,
    Line,
    Moment,
    Rows,
    Table,
    Text,
    display,
    number_text,
)
from engine.languages.forms.answers import DATE_PART, TIME_PART, Strings
from engine.languages.forms.conversion import TICKED, from_strings, to_strings
from engine.languages.forms.feel import Bindings, Scope, flag
from engine.languages.forms.layout import Place, every
from engine.languages.forms.options import options_of
from engine.languages.forms.paths import Path, dig, name_of
from engine.languages.forms.submission import Reading
from web.forms import rich
from web.forms.item import Choice, File, Item, element_id, signed
from web.forms.layout import spans
from web.forms.table import table_item
from web.forms.uploads import kinds_of, size_text


@dataclass(frozen=True)
class AttachmentInfo:
    """What a page tells of an attached document; `size` in bytes, `url` where it can be opened (may be empty)."""

    filename: str
    size: int = 0
    url: str = ""


class ItemBuilder:
    """Turns places into items: what shows becomes a field, what is hidden keeps only what was typed in it."""

    def __init__(
        self,
        form: Form,
        reading: Reading,
        variables: Mapping[str, Any],
        errors: Mapping[str, str],
        attachments: Mapping[str, AttachmentInfo],
        max_megabytes: int,
        focus: str,
        locked: bool,
    ) -> None:
        self._form = form
        self._reading = reading
        self._settled = reading.settled
        self._variables = variables
        self._errors = errors
        self._attachments = attachments
        self._max_megabytes = max_megabytes
        self._focus = focus
        self._locked = locked

    def items(self, places: Sequence[Place]) -> tuple[Item, ...]:
        """The items of these places, in order, with their widths."""
        shown = [
            place
            for place in places
            if self._settled.shows(place) and place.component.kind is not Kind.EXPRESSION
        ]
        widths = dict(zip([place.name for place in shown], spans(shown), strict=True))
        found: list[Item] = []
        for place in places:
            if place.name in widths:
                span, starts = widths[place.name]
                found.append(self._item(place, {"span": span, "starts": starts, "name": place.name}))
            elif not self._locked:
                found.extend(self._kept(place))
        return tuple(found)

    def _item(self, place: Place, base: dict[str, Any]) -> Item:
        component, scope = place.component, self._settled.scope(place)
        base = {"id": element_id(place.name), "kind": str(component.kind), **base}
        if isinstance(component, Field):
            return self._field(place, component, scope, base)
        if isinstance(component, Group):
            label = component.label.plain(scope)
            return signed(
                **base,
                label=label,
                heading=label,
                outline=component.outline,
                items=self.items(place.children),
            )
        if isinstance(component, Rows):
            return self._rows(place, component, scope, base)
        if isinstance(component, Table):
            return table_item(component, scope, base)
        if isinstance(component, Text):
            pieces = component.text.pieces(scope)
            return signed(
                **base,
                html=rich.from_html(pieces) if component.kind is Kind.HTML else rich.from_markdown(pieces),
            )
        return signed(**base, height=component.height if isinstance(component, Line) else 0)

    def _kept(self, place: Place) -> list[Item]:
        """Hidden by a condition: what was typed travels along unseen and comes back when it shows again."""
        answers = self._reading.answers
        if not isinstance(answers, Strings):
            return []
        inside = {name_of(one.path) for one in every((place,)) if isinstance(one.component, Field | Rows)}
        return [
            Item(kind="hidden", name=name, strings=tuple(given), signature="hidden")
            for name, given in answers.clean.items()
            if any(name == known or name in (known + DATE_PART, known + TIME_PART) for known in inside)
            and any(text for text in given)
        ]

    def _field(self, place: Place, field: Field, scope: Scope, base: dict[str, Any]) -> Item:
        strings = self._strings(place, field, scope)
        label = field.label.plain(scope) or field.date_label or field.time_label
        error = self._errors.get(place.name, "")
        known: dict[str, Any] = {
            **base,
            "label": label,
            "heading": label,
            "hint": field.description.plain(scope),
            "error": error,
            "required": flag(field.rules.required, scope),
            "state": self._state(field, scope),
            "strings": tuple(strings),
            "shown": self._shown(place, field, scope, strings),
            "watched": bool(self._form.watched.intersection(field.key.split("."))),
            "focus": place.name == self._focus or self._starts_row(place),
            "autocomplete": field.autocomplete,
            "prefix": field.prefix.plain(scope),
            "suffix": field.suffix.plain(scope),
        }
        known.update(self._details(place, field, scope, strings, base["id"]))
        return signed(**known)

    def _details(
        self, place: Place, field: Field, scope: Scope, strings: Sequence[str], element: str
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
            return self._moment(place, field, strings, element)
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

    def _moment(self, place: Place, field: Field, strings: Sequence[str], element: str) -> dict[str, Any]:
        step = field.minutes * 60 if field.minutes > 1 else None
        if field.moment is not Moment.DATETIME:
            kind = "date" if field.moment is Moment.DATE else "time"
            return {
                "input_type": kind if _native(kind, strings) else "text",
                "step": step if kind == "time" else None,
            }
        answers = self._reading.answers
        typed = (
            answers.clean if isinstance(answers, Strings) and self._reading.answers.has(place.path) else None
        )
        day, _sep, hour = (strings[0] if strings else "").partition("T")
        parts = []
        for ending, kind, label, value in (
            (DATE_PART, "date", field.date_label or _("Data"), day),
            (TIME_PART, "time", field.time_label or _("Ora"), hour),
        ):
            value = (typed.get(place.name + ending) or [value])[0] if typed is not None else value
            parts.append(
                Item(
                    kind=kind,
                    name=place.name + ending,
                    id=element + ending,
                    label=label,
                    strings=(value,),
                    input_type=kind if _native(kind, [value]) else "text",
                    step=step if kind == "time" else None,
                )
            )
        return {"parts": tuple(parts)}

    def _starts_row(self, place: Place) -> bool:
        """Whether this is the first field of the row just added."""
        if not self._focus or name_of(place.row) != self._focus:
            return False
        inside = (
            one
            for one in every(self._settled.places)
            if one.row == place.row and isinstance(one.component, Field)
        )
        return next(inside, None) == place

    def _state(self, field: Field, scope: Scope) -> str:
        if self._locked or flag(field.readonly, scope):
            return "read"
        return "off" if field.disabled else "edit"

    def _strings(self, place: Place, field: Field, scope: Scope) -> list[str]:
        """What stands in the field: as typed when it was typed, else the value as one would type it."""
        answers = self._reading.answers
        if isinstance(answers, Strings) and answers.has(place.path) and self._state(field, scope) == "edit":
            typed = answers.strings(field, place.path)
            if (
                field.kind is Kind.DATETIME
                and field.moment is Moment.DATE
                and not from_strings(field, typed)[1]
            ):
                return to_strings(field, from_strings(field, typed)[0])
            return [text for text in typed if text != ""]
        value = self._settled.values.get(place.path)
        if value is None and place.name in self._reading.problems:
            value = dig(self._variables, place.path)
        return to_strings(field, value)

    def _shown(self, place: Place, field: Field, scope: Scope, strings: Sequence[str]) -> str:
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

    def _rows(self, place: Place, rows: Rows, scope: Scope, base: dict[str, Any]) -> Item:
        label = rows.label.plain(scope)
        free = rows.can_change and not self._locked
        items = tuple(
            self._row(place, number, row, label, free and len(place.rows) > rows.least)
            for number, row in enumerate(place.rows)
        )
        return signed(
            **base,
            label=label,
            heading=label,
            error=self._errors.get(place.name, ""),
            outline=rows.outline,
            can_add=free and len(place.rows) < rows.most,
            items=items,
            number=len(items),
            state="read" if self._locked else "edit",
            focus=place.name == self._focus,
            watched=rows.path in self._form.watched,
        )

    def _row(self, place: Place, number: int, row: tuple[Place, ...], label: str, can_remove: bool) -> Item:
        path: Path = (*place.path, number)
        name = name_of(path)
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
