"""Evaluates a form with its answers, and validates them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.languages.forms.answers import Answers, PostedAnswers, initial_value
from engine.languages.forms.conditions import MAX_ROUNDS, FormState, evaluate_conditions
from engine.languages.forms.conversion import Converted, from_json
from engine.languages.forms.feel import Bindings, FormExpression, Scope, evaluate_flag
from engine.languages.forms.layout import FormSlot, build_slots, walk_slots
from engine.languages.forms.model import Component, DynamicList, Field, Kind
from engine.languages.forms.paths import Path, get_path
from engine.languages.forms.validation import ValidationContext, check_value, is_empty, with_custom_message
from engine.localization import message


@dataclass(frozen=True)
class Submission:
    """The outcome of a validation: the values of the visible fields, and what is wrong by the name of the field.

    `unasked` names fields that are visible with these answers but were not in the posted page.
    """

    values: dict[str, Any]
    errors: dict[str, str]
    unasked: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there are no errors."""
        return not self.errors


class FormEvaluation:
    """One evaluation of a form; the page that shows the form again uses its state and problems."""

    def __init__(
        self,
        components: tuple[Component, ...],
        answers: Answers,
        variables: Mapping[str, Any],
        bindings: Bindings | None = None,
        *,
        for_display: bool = False,
    ) -> None:
        self.answers = answers
        self._variables = variables
        self._bindings = bindings
        self._for_display = for_display
        self.problems: dict[str, str] = {}
        slots = build_slots(components, self._count)
        self._fixed_lists = frozenset(
            slot.path
            for slot in walk_slots(slots)
            if isinstance(slot.component, DynamicList) and not slot.component.allow_add_remove
        )
        values = {
            slot.path: self._value(slot, slot.component)
            for slot in walk_slots(slots)
            if isinstance(slot.component, Field) and slot.component.kind is not Kind.EXPRESSION
        }
        self.state = FormState(
            slots,
            values,
            variables,
            bindings,
            frozenset() if for_display else self._blank_rows(slots, values),
        )
        evaluate_conditions(self.state)
        for _ in range(MAX_ROUNDS):
            if not self._restore_readonly():
                break
            evaluate_conditions(self.state)

    def _count(self, rows: DynamicList, path: Path) -> int:
        """The number of rows of a list: those answered, else of the variable, else (for display) the form's default."""
        answered = self.answers.rows(path) if rows.allow_add_remove or self.answers.rows(path) else None
        if answered is None:
            current = get_path(self._variables, path)
            answered = len(current) if isinstance(current, list | tuple) else 0
            if not answered and (self._for_display or not rows.allow_add_remove):
                answered = max(rows.default_repetitions, rows.min_rows)
        return min(answered, rows.max_rows + 1)

    def _value(self, slot: FormSlot, field: Field) -> Any:
        unchanged = field.disabled or (field.readonly is True and not self._renumbered(slot))
        if unchanged or not self.answers.has(slot.path):
            value, problem = self._initial(slot, field)
        else:
            value, problem = self.answers.value(field, slot.path)
        if problem and not field.disabled:
            self.problems[slot.name] = with_custom_message(field, problem)
        return value

    def _initial(self, slot: FormSlot, field: Field) -> Converted:
        renumbered = self._renumbered(slot) and self.answers.rows(_list_of(slot.row)) is not None
        initial = None if renumbered else initial_value(slot, self._variables)
        if initial is None:
            default = field.default
            initial = (
                default.value(Scope(self._variables, self._bindings))
                if isinstance(default, FormExpression)
                else default
            )
        value, problem = from_json(field, initial)
        if value is None and problem is None and field.kind is Kind.CHECKBOX:
            value = False
        return value, problem

    def _restore_readonly(self) -> bool:
        """Give read-only fields their initial value again, whatever was posted; whether anything changed."""
        changed = False
        for slot in walk_slots(self.state.slots):
            field = slot.component
            if (
                not isinstance(field, Field)
                or isinstance(field.readonly, bool)
                or not self.answers.has(slot.path)
            ):
                continue
            if self._renumbered(slot):
                continue
            if evaluate_flag(field.readonly, self.state.scope(slot)):
                value, _ = self._initial(slot, field)
                self.problems.pop(slot.name, None)
                changed = changed or value != self.state.values[slot.path]
                self.state.values[slot.path] = value
        return changed

    def _renumbered(self, slot: FormSlot) -> bool:
        """Whether rows can have moved since the page was shown, so that the variable's row may be another one."""
        return bool(slot.row) and _list_of(slot.row) not in self._fixed_lists

    def _blank_rows(self, slots: tuple[FormSlot, ...], values: dict[Path, Any]) -> frozenset[Path]:
        """The rows of a posted page that were left blank; they are dropped."""
        if not isinstance(self.answers, PostedAnswers):
            return frozenset()
        return frozenset(
            (*slot.path, number)
            for slot in walk_slots(slots)
            if isinstance(slot.component, DynamicList) and slot.component.allow_add_remove
            for number, row in enumerate(slot.rows)
            if all(
                is_empty(values.get(inner.path)) or values.get(inner.path) is False
                for inner in walk_slots(row)
                if isinstance(inner.component, Field)
            )
            and not any(inner.name in self.problems for inner in walk_slots(row))
        )

    def submission(self, context: ValidationContext) -> Submission:
        """Validate the visible values."""
        state = self.state
        errors: dict[str, str] = dict(self.answers.problems)
        unasked: list[str] = []
        for slot in walk_slots(state.slots):
            if not state.shows(slot) or any(
                slot.path[: len(row)] == row for row in self._blank_rows_around(slot)
            ):
                continue
            if isinstance(slot.component, DynamicList):
                problem = self._rows_problem(slot, slot.component)
            elif isinstance(slot.component, Field) and slot.component.kind is not Kind.EXPRESSION:
                problem = self._field_problem(slot, slot.component, context)
                if self._is_editable(slot, slot.component) and not self.answers.has(slot.path):
                    unasked.append(slot.name)
            else:
                continue
            if problem:
                errors.setdefault(slot.name, problem)
        self._hide_disabled()
        return Submission(state.tree, errors, tuple(unasked))

    def _is_editable(self, slot: FormSlot, field: Field) -> bool:
        """Whether the field can be answered."""
        return not field.disabled and not evaluate_flag(field.readonly, self.state.scope(slot))

    def _blank_rows_around(self, slot: FormSlot) -> list[Path]:
        return [
            slot.path[: end + 1]
            for end, step in enumerate(slot.path)
            if isinstance(step, int) and slot.path[: end + 1] in self.state.blank_rows
        ]

    def _field_problem(self, slot: FormSlot, field: Field, context: ValidationContext) -> str | None:
        if field.disabled:
            return None
        if slot.name in self.problems:
            return self.problems[slot.name]
        return check_value(field, self.state.values.get(slot.path), self.state.scope(slot), context)

    def _rows_problem(self, slot: FormSlot, rows: DynamicList) -> str | None:
        count = sum((*slot.path, number) not in self.state.blank_rows for number in range(len(slot.rows)))
        if count > rows.max_rows:
            return message("FORM_TOO_MANY_ROWS", most=rows.max_rows)
        if count < rows.min_rows:
            return message("FORM_TOO_FEW_ROWS", least=rows.min_rows)
        return None

    def _hide_disabled(self) -> None:
        hidden = {
            p.name
            for p in walk_slots(self.state.slots)
            if isinstance(p.component, Field) and p.component.disabled
        }
        if hidden:
            self.state.hidden |= hidden
            self.state.rebuild()


def _list_of(row: Path) -> Path:
    return row[:-1]
