"""Fills in a form of the pages as a person does: field after field, the questions that appear on the way included."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from playwright.sync_api import Locator, Page, expect

FORM = "form[data-modulo]"
PROOF = b"%PDF-1.4 prova"


def fill_form(page: Page, values: Mapping[str, Any]) -> None:
    """Give these answers in the page's form. Keys are those of the form; a list of contexts is a list of rows.

    A question that is not there yet is left for the end: by then what it depends on has been answered.
    """
    form = page.locator(FORM)
    later = [pair for pair in _answers(form, values) if not _fill(form, *pair, wait=False)]
    for name, value in later:
        _fill(form, name, value, wait=True)
    form.evaluate("form => form.contains(document.activeElement) && document.activeElement.blur()")
    _follow(form)


def _answers(form: Locator, values: Mapping[str, Any], inside: str = "") -> Iterator[tuple[str, Any]]:
    """Each field's name with its answer; rows are made on the way."""
    for key, value in values.items():
        name = f"{inside}{key}"
        if isinstance(value, Mapping):
            yield from _answers(form, value, f"{name}.")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            _make_rows(form, name, len(value))
            for number, row in enumerate(value):
                yield from _answers(form, row, f"{name}[{number}].")
        else:
            yield name, value


def _make_rows(form: Locator, name: str, wanted: int) -> None:
    rows = form.locator(f'[data-campo="{name}"] .riga')
    expect(form.locator(f'[data-campo="{name}"]')).to_be_visible()
    for number in range(rows.count(), wanted):
        form.locator(f'button[name="_aggiungi"][value="{name}"]').click()
        expect(rows).to_have_count(number + 1)
    for number in range(rows.count(), wanted, -1):
        form.locator(f'button[name="_togli"][value="{name}[{number - 1}]"]').click()
        expect(rows).to_have_count(number - 1)


def _fill(form: Locator, name: str, value: Any, *, wait: bool) -> bool:
    """Answer one field; False when it is not on the page and nobody wants to wait for it."""
    fields = form.locator(f'[name="{name}"]:not([type="hidden"])')
    if wait:
        expect(fields.first, f"the field {name}").to_be_visible()
    elif not fields.count():
        return _is_written_already(form, name, value)
    _give(form, fields, name, value)
    _follow(form)
    return True


def _follow(form: Locator) -> None:
    """Wait until the questions have followed the answers."""
    expect(form).not_to_have_attribute("aria-busy", "true")


def _give(form: Locator, fields: Locator, name: str, value: Any) -> None:
    field = fields.first
    tag, kind = field.evaluate("field => [field.tagName, field.type]")
    if isinstance(value, list):
        for choice in fields.all():
            _set(form, choice, choice.get_attribute("value") in {str(one) for one in value})
    elif kind == "radio":
        _set(form, form.locator(f'[name="{name}"][value="{value}"]'), True)
    elif kind == "checkbox":
        _set(form, field, bool(value))
    elif kind == "file":
        field.set_input_files({"name": value, "mimeType": "application/pdf", "buffer": PROOF})
    elif tag == "SELECT":
        field.select_option(str(value))
    else:
        field.fill(_typed(value))


def _is_written_already(form: Locator, name: str, value: Any) -> bool:
    """Whether the form shows the answer for reading only: then it has to be the one expected."""
    field = form.locator(f'[data-campo="{name}"]:has(.campo-lettura)')
    if not field.count():
        return False
    expect(field).to_contain_text(re.compile(re.escape(_typed(value))))
    return True


def _set(form: Locator, field: Locator, wanted: bool) -> None:
    """Tick or clear a choice by its words, on which people press."""
    if field.is_checked() != wanted:
        form.locator(f'label[for="{field.get_attribute("id")}"]').click()
    expect(field).to_be_checked(checked=wanted)


def _typed(value: Any) -> str:
    """A value as one types it in Italian; a day as the browser's own date field takes it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value).replace(".", ",")
    return str(value)
