"""A parsed form: evaluates visibility, reads answers and validates them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any

from engine.clock import SystemClock
from engine.languages.forms.answers import (
    JsonAnswers,
    PostedAnswers,
    collect_inputs,
)
from engine.languages.forms.feel import ROME, Bindings, FormExpression, Template
from engine.languages.forms.model import (
    Choices,
    Component,
    DynamicList,
    Field,
    Rules,
    walk_components,
)
from engine.languages.forms.paths import PathPattern
from engine.languages.forms.submission import FormEvaluation, Submission
from engine.languages.forms.validation import ValidationContext

PostedFields = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Form:
    """One form file, parsed. Immutable; it is cached with the definition it belongs to."""

    id: str
    source: str
    components: tuple[Component, ...]

    def read(
        self,
        submitted: PostedFields,
        variables: Mapping[str, Any],
        *,
        today: date | None = None,
        bindings: Bindings | None = None,
        attachments: Collection[str] | None = None,
    ) -> Submission:
        """Validate what an HTML page posted: names such as `obiettivi[0].testo`, numbers and dates in Italian notation.

        `variables` are those of the process; `today` is the date in Europe/Rome (default: now); `bindings` are for
        FEEL functions; `attachments` are the ids a file field may name. Rows left blank are dropped.
        """
        evaluation = FormEvaluation(
            self.components, PostedAnswers(submitted, self.inputs), variables, bindings
        )
        return evaluation.submission(ValidationContext(today or _today(), attachments))

    def validate(
        self,
        values: Mapping[str, Any],
        variables: Mapping[str, Any],
        *,
        today: date | None = None,
        bindings: Bindings | None = None,
        attachments: Collection[str] | None = None,
    ) -> Submission:
        """Validate JSON or Python values: contexts and lists, ISO dates, numbers with decimal point. See `read`."""
        evaluation = FormEvaluation(self.components, JsonAnswers(values, self.inputs), variables, bindings)
        return evaluation.submission(ValidationContext(today or _today(), attachments))

    def evaluate(
        self,
        variables: Mapping[str, Any],
        *,
        raw: PostedFields | None = None,
        values: Mapping[str, Any] | None = None,
        bindings: Bindings | None = None,
    ) -> FormEvaluation:
        """The evaluated form for a page that shows it; `raw` (strings as typed) wins over `values`."""
        answers = (
            PostedAnswers(raw, self.inputs) if raw is not None else JsonAnswers(values or {}, self.inputs)
        )
        return FormEvaluation(self.components, answers, variables, bindings, for_display=True)

    def draft(self, submitted: PostedFields) -> dict[str, list[str]]:
        """The posted strings of the form's own fields, with rows renumbered from 0, to be stored as a draft."""
        return PostedAnswers(submitted, self.inputs).clean

    def fields(self) -> tuple[Field, ...]:
        """Every field, also in groups and lists."""
        return tuple(
            component for component in walk_components(self.components) if isinstance(component, Field)
        )

    @cached_property
    def inputs(self) -> Mapping[PathPattern, Field | DynamicList]:
        """Fields and lists by the pattern of their path."""
        return dict(collect_inputs(self.components))

    @cached_property
    def expressions(self) -> tuple[FormExpression, ...]:
        """Every FEEL expression of the form."""
        return tuple(found for component in walk_components(self.components) for found in _feel_in(component))

    @cached_property
    def variable_names(self) -> frozenset[str]:
        """The names of the variables that the form can show or use; other words may be among them."""
        paths = {pattern[0] for pattern in self.inputs if pattern}
        sources = {
            component.choices.variable.split(".")[0]
            for component in self.fields()
            if component.choices and component.choices.variable
        }
        return frozenset(paths | sources | self.expression_words)

    @cached_property
    def expression_words(self) -> frozenset[str]:
        """The words in the expressions: only a change of a field with such a name can change what the page shows."""
        return frozenset(word for feel in self.expressions for word in re.findall(r"\w+", feel.text))


def _today() -> date:
    return SystemClock().now().astimezone(ROME).date()


def _feel_in(thing: Any) -> list[FormExpression]:
    """The expressions in a component, its rules, choices and texts."""
    if isinstance(thing, FormExpression):
        return [thing]
    if isinstance(thing, Template):
        return [part for part in thing.parts if isinstance(part, FormExpression)]
    if isinstance(thing, Component | Rules | Choices):
        return [
            found
            for one in fields(thing)
            if one.name not in ("components", "default")
            for found in _feel_in(getattr(thing, one.name))
        ]
    return []
