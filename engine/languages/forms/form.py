"""A form as the rest of the engine uses it: what shows, what an answer means, what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any

from engine.clock import SystemClock
from engine.languages.forms.answers import DATE_PART, TIME_PART, Strings, Values, shapes_of
from engine.languages.forms.conversion import to_strings
from engine.languages.forms.feel import ROME, Bindings, Feel, Template
from engine.languages.forms.layout import every
from engine.languages.forms.model import Choices, Component, Field, Kind, Moment, Rows, Rules, walk
from engine.languages.forms.paths import Path, Shape, name_of
from engine.languages.forms.submission import Reading, Submission
from engine.languages.forms.validation import Bench

Strs = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Form:
    """One form file, ready for use. Immutable: it is kept with the version of the definition it belongs to."""

    id: str
    source: str
    components: tuple[Component, ...]

    def read(
        self,
        submitted: Strs,
        variables: Mapping[str, Any],
        *,
        today: date | None = None,
        bindings: Bindings | None = None,
        attachments: Collection[str] | None = None,
    ) -> Submission:
        """What an HTML page sent: names like `obiettivi[0].testo`, numbers and dates as Italians type them.

        `variables` are those of the process; `today` is the day in Europe/Rome (now, when left out); `bindings` is
        handed to FEEL; `attachments` are the ids a file field may name. Wholly blank rows are left out.
        """
        reading = Reading(self.components, Strings(submitted, self.shapes), variables, bindings)
        return reading.submission(Bench(today or _today(), attachments))

    def validate(
        self,
        values: Mapping[str, Any],
        variables: Mapping[str, Any],
        *,
        today: date | None = None,
        bindings: Bindings | None = None,
        attachments: Collection[str] | None = None,
    ) -> Submission:
        """Values given as JSON or Python: contexts and lists, ISO dates, numbers with a point. Otherwise as `read`."""
        reading = Reading(self.components, Values(values, self.shapes), variables, bindings)
        return reading.submission(Bench(today or _today(), attachments))

    def visible(
        self,
        values: Mapping[str, Any],
        variables: Mapping[str, Any] | None = None,
        *,
        bindings: Bindings | None = None,
    ) -> set[str]:
        """The names of what shows with these values; texts and groups are named "#id", in a row "lista[0]#id"."""
        settled = Reading(
            self.components,
            Values(values, self.shapes),
            {} if variables is None else variables,
            bindings,
            showing=True,
        ).settled
        return {place.name for place in every(settled.places) if settled.shows(place)}

    def reading(
        self,
        variables: Mapping[str, Any],
        *,
        raw: Strs | None = None,
        values: Mapping[str, Any] | None = None,
        bindings: Bindings | None = None,
    ) -> Reading:
        """The form with its answers in place, for a page that shows it: strings as typed win over values."""
        answers = Strings(raw, self.shapes) if raw is not None else Values(values or {}, self.shapes)
        return Reading(self.components, answers, variables, bindings, showing=True)

    def draft(self, submitted: Strs) -> dict[str, list[str]]:
        """What is worth keeping of a page half filled in: the form's own fields, as typed, rows numbered from 0."""
        return Strings(submitted, self.shapes).clean

    def to_json(self, values: Mapping[str, Any]) -> dict[str, list[str]]:
        """Values as the page would post them: the form of a draft."""
        settled = Reading(self.components, Values(values, self.shapes), {}, showing=True).settled
        draft: dict[str, list[str]] = {}
        for place in every(settled.places):
            component = place.component
            if isinstance(component, Rows):
                draft[place.name] = [""]
                draft.update({f"{place.name}[{number}]": [""] for number in range(len(place.rows))})
            elif isinstance(component, Field) and component.kind is not Kind.EXPRESSION:
                draft.update(_as_posted(component, place.path, settled.values.get(place.path)))
        return draft

    def fields(self) -> tuple[Field, ...]:
        """Every field, also those inside groups and lists."""
        return tuple(component for component in walk(self.components) if isinstance(component, Field))

    @cached_property
    def shapes(self) -> Mapping[Shape, Field | Rows]:
        """Fields and lists by the shape of their path."""
        return dict(shapes_of(self.components))

    @cached_property
    def expressions(self) -> tuple[Feel, ...]:
        """Every FEEL expression of the form."""
        return tuple(found for component in walk(self.components) for found in _feel_in(component))

    @cached_property
    def watched(self) -> frozenset[str]:
        """Words that occur in the expressions: only a change in a field so named can change what the page shows."""
        return frozenset(word for feel in self.expressions for word in re.findall(r"\w+", feel.text))


def _today() -> date:
    return SystemClock().now().astimezone(ROME).date()


def _as_posted(field: Field, path: Path, value: Any) -> dict[str, list[str]]:
    strings = to_strings(field, value) or [""]
    if field.kind is Kind.DATETIME and field.moment is Moment.DATETIME:
        day, _, hour = strings[0].partition("T")
        return {name_of(path) + DATE_PART: [day], name_of(path) + TIME_PART: [hour]}
    return {name_of(path): strings}


def _feel_in(thing: Any) -> list[Feel]:
    """The expressions held by a component, its rules, choices and texts."""
    if isinstance(thing, Feel):
        return [thing]
    if isinstance(thing, Template):
        return [part for part in thing.parts if isinstance(part, Feel)]
    if isinstance(thing, Component | Rules | Choices):
        return [
            found
            for one in fields(thing)
            if one.name not in ("components", "default")
            for found in _feel_in(getattr(thing, one.name))
        ]
    return []
