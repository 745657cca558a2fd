"""Conditional visibility and computed fields of a form, given its answers.

The value of a hidden field is not seen by conditions, so they are evaluated again until nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.languages.forms.feel import Bindings, Scope, evaluate_flag
from engine.languages.forms.layout import FormSlot, walk_slots
from engine.languages.forms.model import DynamicList, Field
from engine.languages.forms.paths import Path, overlay, set_path

MAX_ROUNDS = 12


@dataclass
class FormState:
    """A form with its answers: the hidden names, the tree of visible values, the scopes of expressions."""

    slots: tuple[FormSlot, ...]
    values: dict[Path, Any]
    variables: Mapping[str, Any]
    bindings: Bindings | None = None
    blank_rows: frozenset[Path] = frozenset()
    hidden: frozenset[str] = frozenset()
    tree: dict[str, Any] = field(default_factory=dict)
    _scopes: dict[Path, Scope] = field(default_factory=dict)
    _rows: dict[Path, dict[str, Any]] = field(default_factory=dict)

    def shows(self, slot: FormSlot) -> bool:
        """Whether the component of the slot is visible."""
        return slot.name not in self.hidden

    def scope(self, slot: FormSlot) -> Scope:
        """What expressions of the slot see: variables, answers, its own row; `this`, `parent` and `i`."""
        return self.row_scope(slot.row)

    def row_scope(self, row: Path) -> Scope:
        """The scope of a row, or of the whole form for the empty path."""
        if row not in self._scopes:
            self._scopes[row] = Scope(self._variables_of(row), self.bindings)
        return self._scopes[row]

    def _variables_of(self, row: Path) -> Mapping[str, Any]:
        if not row:
            top = {**self.tree, "this": self.tree, "parent": None, "i": []}
            return overlay(top, self.variables)
        outer = self.row_scope(_parent_row(row)).variables
        own = self._rows.get(row, {})
        number = row[-1]
        index = [*outer["i"], number + 1 if isinstance(number, int) else 0]
        return overlay({**own, "this": own, "parent": outer["this"], "i": index}, outer)

    def rebuild(self) -> None:
        """Build the tree of visible values again after values or hidden names have changed."""
        self._scopes.clear()
        self._rows.clear()
        self.tree = self._collect(self.slots, ())

    def _collect(self, slots: tuple[FormSlot, ...], base: Path) -> dict[str, Any]:
        tree: dict[str, Any] = {}
        for slot in slots:
            inner = slot.path[len(base) :]
            if not self.shows(slot):
                continue
            if isinstance(slot.component, Field):
                set_path(tree, inner, self.values.get(slot.path))
            elif isinstance(slot.component, DynamicList):
                set_path(tree, inner, self._collect_rows(slot))
            else:
                merge(tree, self._collect(slot.children, base))
        return tree

    def _collect_rows(self, slot: FormSlot) -> list[dict[str, Any]]:
        found = []
        for number, row in enumerate(slot.rows):
            path = (*slot.path, number)
            self._rows[path] = self._collect(row, path)
            if path not in self.blank_rows:
                found.append(self._rows[path])
        return found


def evaluate_conditions(state: FormState) -> FormState:
    """Evaluate computed fields and conditions until nothing changes; after MAX_ROUNDS what still changes is hidden."""
    all_slots = tuple(walk_slots(state.slots))
    own = {str(slot.path[0]) for slot in all_slots if slot.path}
    state.variables = overlay(dict.fromkeys(own), state.variables)
    computed = [(slot, slot.component.expression) for slot in all_slots if isinstance(slot.component, Field)]
    computed = [(slot, expression) for slot, expression in computed if expression is not None]
    conditional = any(slot.component.hide is not False for slot in all_slots)
    before = state.hidden
    for _ in range(MAX_ROUNDS):
        state.rebuild()
        for slot, expression in computed:
            state.values[slot.path] = expression.value(state.scope(slot)) if expression else None
        if computed:
            state.rebuild()
        before, state.hidden = (
            state.hidden,
            frozenset(_hidden(state, state.slots)) if conditional else frozenset(),
        )
        if state.hidden == before:
            return state
    state.hidden |= before
    state.rebuild()
    return state


def _hidden(state: FormState, slots: tuple[FormSlot, ...]) -> Iterator[str]:
    """The hidden names; the components of a hidden container are hidden with it."""
    for slot in slots:
        if evaluate_flag(slot.component.hide, state.scope(slot)):
            yield from (inner.name for inner in walk_slots((slot,)))
        else:
            yield from _hidden(state, slot.children)
            for row in slot.rows:
                yield from _hidden(state, row)


def merge(tree: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Merge one tree of contexts into another."""
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(tree.get(name), dict):
            merge(tree[name], value)
        else:
            tree[name] = value


def _parent_row(row: Path) -> Path:
    """The path of the row that contains the list of this row, or the empty path."""
    for end in range(len(row) - 1, 0, -1):
        if isinstance(row[end - 1], int):
            return row[:end]
    return ()
