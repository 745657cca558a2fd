"""Answers → values that hold, or a sentence for each that does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.languages.forms.answers import Answers, Strings, initial
from engine.languages.forms.conditions import MAX_ROUNDS, Settled, settle
from engine.languages.forms.conversion import Converted, from_json
from engine.languages.forms.feel import Bindings, Feel, Scope, flag
from engine.languages.forms.layout import Place, every, lay_out
from engine.languages.forms.messages import Sentence, sentence
from engine.languages.forms.model import Component, Field, Kind, Rows
from engine.languages.forms.paths import Path, dig
from engine.languages.forms.validation import Bench, check, is_empty, own_words


@dataclass(frozen=True)
class Submission:
    """The outcome of reading a form: the values of what shows, and what is wrong, by the name of the field.

    `unseen` names fields that show with these answers but were not in the page that was sent.
    """

    values: dict[str, Any]
    errors: dict[str, str]
    unseen: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.errors


class Reading:
    """One reading of one form; the page that shows the form again uses what it worked out."""

    def __init__(
        self,
        components: tuple[Component, ...],
        answers: Answers,
        variables: Mapping[str, Any],
        bindings: Bindings | None = None,
        *,
        showing: bool = False,
    ) -> None:
        self.answers = answers
        self._given = variables
        self._bindings = bindings
        self._showing = showing
        self.problems: dict[str, Sentence] = {}
        places = lay_out(components, self._count)
        self._fixed = frozenset(
            place.path
            for place in every(places)
            if isinstance(place.component, Rows) and not place.component.can_change
        )
        values = {
            place.path: self._value(place, place.component)
            for place in every(places)
            if isinstance(place.component, Field) and place.component.kind is not Kind.EXPRESSION
        }
        self.settled = Settled(
            places, values, variables, bindings, frozenset() if showing else self._blank(places, values)
        )
        settle(self.settled)
        for _ in range(MAX_ROUNDS):
            if not self._hold_back():
                break
            settle(self.settled)

    def _count(self, rows: Rows, path: Path) -> int:
        """How many rows to lay out: those answered, else the variable's, else (on a page) the form's own number."""
        answered = self.answers.rows(path) if rows.can_change or self.answers.rows(path) else None
        if answered is None:
            known = dig(self._given, path)
            answered = len(known) if isinstance(known, list | tuple) else 0
            if not answered and (self._showing or not rows.can_change):
                answered = max(rows.default_rows, rows.least)
        return min(answered, rows.most + 1)

    def _value(self, place: Place, field: Field) -> Any:
        kept = field.disabled or (field.readonly is True and not self._renumbered(place))
        if kept or not self.answers.has(place.path):
            value, problem = self._initial(place, field)
        else:
            value, problem = self.answers.value(field, place.path)
        if problem and not field.disabled:
            self.problems[place.name] = own_words(field, problem)
        return value

    def _initial(self, place: Place, field: Field) -> Converted:
        renumbered = self._renumbered(place) and self.answers.rows(_list_of(place.row)) is not None
        before = None if renumbered else initial(place, self._given)
        if before is None:
            default = field.default
            before = (
                default.value(Scope(self._given, self._bindings)) if isinstance(default, Feel) else default
            )
        value, problem = from_json(field, before)
        if value is None and problem is None and field.kind is Kind.CHECKBOX:
            value = False
        return value, problem

    def _hold_back(self) -> bool:
        """Put back what may only be read: it keeps the value it had, whatever the page sent."""
        changed = False
        for place in every(self.settled.places):
            field = place.component
            if (
                not isinstance(field, Field)
                or isinstance(field.readonly, bool)
                or not self.answers.has(place.path)
            ):
                continue
            if self._renumbered(place):
                continue
            if flag(field.readonly, self.settled.scope(place)):
                value, _ = self._initial(place, field)
                self.problems.pop(place.name, None)
                changed = changed or value != self.settled.values[place.path]
                self.settled.values[place.path] = value
        return changed

    def _renumbered(self, place: Place) -> bool:
        """Whether the row may have moved since the page was drawn: the variable's row need not be this one."""
        return bool(place.row) and _list_of(place.row) not in self._fixed

    def _blank(self, places: tuple[Place, ...], values: dict[Path, Any]) -> frozenset[Path]:
        """The rows of a page that were left wholly blank: they are no rows at all."""
        if not isinstance(self.answers, Strings):
            return frozenset()
        return frozenset(
            (*place.path, number)
            for place in every(places)
            if isinstance(place.component, Rows) and place.component.can_change
            for number, row in enumerate(place.rows)
            if all(
                is_empty(values.get(inner.path)) or values.get(inner.path) is False
                for inner in every(row)
                if isinstance(inner.component, Field)
            )
            and not any(inner.name in self.problems for inner in every(row))
        )

    def submission(self, bench: Bench) -> Submission:
        """The values of what shows, held against the rules."""
        settled = self.settled
        errors: dict[str, str] = dict(self.answers.faults)
        unseen: list[str] = []
        for place in every(settled.places):
            if not settled.shows(place) or any(
                place.path[: len(row)] == row for row in self._dropped_around(place)
            ):
                continue
            if isinstance(place.component, Rows):
                problem = self._rows_problem(place, place.component)
            elif isinstance(place.component, Field) and place.component.kind is not Kind.EXPRESSION:
                problem = self._field_problem(place, place.component, bench)
                if self._asks(place, place.component) and not self.answers.has(place.path):
                    unseen.append(place.name)
            else:
                continue
            if problem:
                errors.setdefault(place.name, problem)
        self._leave_out_disabled()
        return Submission(settled.tree, errors, tuple(unseen))

    def _asks(self, place: Place, field: Field) -> bool:
        """Whether the field can be answered at all."""
        return not field.disabled and not flag(field.readonly, self.settled.scope(place))

    def _dropped_around(self, place: Place) -> list[Path]:
        return [
            place.path[: end + 1]
            for end, step in enumerate(place.path)
            if isinstance(step, int) and place.path[: end + 1] in self.settled.dropped
        ]

    def _field_problem(self, place: Place, field: Field, bench: Bench) -> Sentence | None:
        if field.disabled:
            return None
        if place.name in self.problems:
            return self.problems[place.name]
        return check(field, self.settled.values.get(place.path), self.settled.scope(place), bench)

    def _rows_problem(self, place: Place, rows: Rows) -> Sentence | None:
        count = sum((*place.path, number) not in self.settled.dropped for number in range(len(place.rows)))
        if count > rows.most:
            return sentence("Le righe sono troppe: al massimo %(most)s", most=rows.most)
        if count < rows.least:
            return sentence("Le righe sono troppo poche: compilane almeno %(least)s", least=rows.least)
        return None

    def _leave_out_disabled(self) -> None:
        hidden = {
            p.name
            for p in every(self.settled.places)
            if isinstance(p.component, Field) and p.component.disabled
        }
        if hidden:
            self.settled.hidden |= hidden
            self.settled.rebuild()


def _list_of(row: Path) -> Path:
    return row[:-1]
