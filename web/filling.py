"""A form bound to its typed answers and errors, while somebody fills it in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from engine.access import accounts
from engine.languages.forms import Component, DynamicList, Field, Form, Group, Kind, Option
from engine.languages.forms.model import Choices
from web import current
from web.formatting import today
from web.forms import AttachmentInfo, FormView
from web.forms.item import Item

Raw = Mapping[str, Sequence[str]]
USERS = "utenti"


@dataclass(frozen=True)
class Filling:
    """A form with its variables, the day, and the functions of its expressions."""

    form: Form
    variables: Mapping[str, Any]
    today: date
    bindings: Mapping[str, Any]
    files: Mapping[str, AttachmentInfo] = field(default_factory=dict)
    raw: Raw | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    focus: str = ""
    locked: bool = False
    values: Mapping[str, Any] | None = None
    """Answers that were sent before, for a page that shows them again."""

    def typed(self, raw: Raw | None, focus: str = "") -> Filling:
        """The same form with typed answers."""
        return replace(self, raw=raw, focus=focus)

    def wrong(self, errors: Mapping[str, str]) -> Filling:
        """The same answers with errors."""
        return replace(self, errors=errors)

    def read(self) -> tuple[dict[str, Any], dict[str, str], bool]:
        """The values, a sentence for each invalid one, and whether fields have appeared that were not on the page."""
        found = self.form.read(
            self.raw or {},
            self.variables,
            today=self.today,
            bindings=self.bindings,
            attachments=self._attached(),
        )
        return found.values, found.errors, bool(found.unasked)

    def view(self) -> FormView:
        """What the template draws."""
        return FormView.build(
            self.form,
            self.variables,
            raw=self.raw,
            values=self.values,
            errors=self.errors,
            bindings=self.bindings,
            attachments=self.files,
            max_megabytes=current.settings().max_upload_mb,
            focus=self.focus,
            locked=self.locked,
        )

    def lines(self) -> list[tuple[str, str]]:
        """The typed answers as pairs of label and text."""
        return list(_lines(replace(self, locked=True, errors={}).view().items))

    def _attached(self) -> Collection[str]:
        return tuple(self.files)


def with_colleagues(form: Form, scope: str, also: Mapping[str, str] | None = None) -> Form:
    """The form with each field that asks for a user (property `utenti`: a role) as a choice of that role's users.

    `also` are the names of other users who were chosen earlier.
    """
    if not any(USERS in found.properties for found in form.fields()):
        return form
    with current.engine().database.read() as connection:

        def named(role: str) -> Choices:
            found = accounts.eligible_users(connection, [role], scope, today=today())
            named_users = {**(also or {}), **dict(found)}
            return Choices(fixed=tuple(Option(username, name) for username, name in named_users.items()))

        return Form(form.id, form.source, _choosing(form.components, named))


def _choosing(components: tuple[Component, ...], named: Callable[[str], Choices]) -> tuple[Component, ...]:
    changed: list[Component] = []
    for one in components:
        if isinstance(one, Group | DynamicList):
            changed.append(replace(one, components=_choosing(one.components, named)))
        elif isinstance(one, Field) and one.kind is Kind.TEXTFIELD and USERS in one.properties:
            changed.append(replace(one, kind=Kind.SELECT, choices=named(one.properties[USERS])))
        else:
            changed.append(one)
    return tuple(changed)


def form_context(
    definition_id: str, scope: str, at: datetime | None = None, configuration_version: int | None = None
) -> dict[str, Any]:
    """The day and the functions of FEEL that a form of a definition sees in a scope, now or at another moment.

    With `configuration_version` the parameters come from memory, for a page of several forms.
    """
    engine = current.engine()
    with engine.database.read() as connection:
        found = engine.step_runner.form_context(
            connection, definition_id, scope, configuration_version, at=at
        )
        return {"today": found["today"], "bindings": found["bindings"]}


def _lines(items: Sequence[Item]) -> Iterator[tuple[str, str]]:
    for item in items:
        if item.items:
            yield from _lines(item.items)
        elif item.heading and item.shown and item.name:
            yield item.heading, item.shown
