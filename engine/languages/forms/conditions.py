"""Which components show, given the answers: conditions, computed fields, and what expressions see.

A hidden field counts as not answered, so conditions are looked at again until nothing changes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.languages.forms.feel import Bindings, Scope, flag
from engine.languages.forms.layout import Place, every
from engine.languages.forms.model import Field, Rows
from engine.languages.forms.paths import Path, in_front, put

MAX_ROUNDS = 12


@dataclass
class Settled:
    """The form with its answers in place: the names hidden, the tree of visible values, the scopes of expressions."""

    places: tuple[Place, ...]
    values: dict[Path, Any]
    variables: Mapping[str, Any]
    bindings: Bindings | None = None
    dropped: frozenset[Path] = frozenset()
    hidden: frozenset[str] = frozenset()
    tree: dict[str, Any] = field(default_factory=dict)
    _scopes: dict[Path, Scope] = field(default_factory=dict)
    _rows: dict[Path, dict[str, Any]] = field(default_factory=dict)

    def shows(self, place: Place) -> bool:
        """Whether the component shows at this place."""
        return place.name not in self.hidden

    def scope(self, place: Place) -> Scope:
        """What the expressions of a component see: variables, answers, its own row; `this`, `parent` and `i`."""
        return self.row_scope(place.row)

    def row_scope(self, row: Path) -> Scope:
        """The scope of a row, or of the whole form for the empty path."""
        if row not in self._scopes:
            self._scopes[row] = Scope(self._seen(row), self.bindings)
        return self._scopes[row]

    def _seen(self, row: Path) -> Mapping[str, Any]:
        if not row:
            top = {**self.tree, "this": self.tree, "parent": None, "i": []}
            return in_front(top, self.variables)
        outer = _row_around(row)
        around = self.row_scope(outer).variables
        here = self._rows.get(row, {})
        number = row[-1]
        index = [*around["i"], number + 1 if isinstance(number, int) else 0]
        return in_front({**here, "this": here, "parent": around["this"], "i": index}, around)

    def rebuild(self) -> None:
        """Make the tree of visible values again, after values or hidden names changed."""
        self._scopes.clear()
        self._rows.clear()
        self.tree = self._collect(self.places, ())

    def _collect(self, places: tuple[Place, ...], base: Path) -> dict[str, Any]:
        tree: dict[str, Any] = {}
        for place in places:
            inner = place.path[len(base) :]
            if not self.shows(place):
                continue
            if isinstance(place.component, Field):
                put(tree, inner, self.values.get(place.path))
            elif isinstance(place.component, Rows):
                put(tree, inner, self._collect_rows(place))
            else:
                merge(tree, self._collect(place.children, base))
        return tree

    def _collect_rows(self, place: Place) -> list[dict[str, Any]]:
        found = []
        for number, row in enumerate(place.rows):
            path = (*place.path, number)
            self._rows[path] = self._collect(row, path)
            if path not in self.dropped:
                found.append(self._rows[path])
        return found


def settle(form: Settled) -> Settled:
    """Work out computed fields and conditions until they agree (or a bound is met: then what wavers stays hidden)."""
    everything = tuple(every(form.places))
    own = {str(place.path[0]) for place in everything if place.path}
    form.variables = in_front(dict.fromkeys(own), form.variables)
    computed = [
        (place, place.component.expression) for place in everything if isinstance(place.component, Field)
    ]
    computed = [(place, expression) for place, expression in computed if expression is not None]
    conditional = any(place.component.hide is not False for place in everything)
    before = form.hidden
    for _ in range(MAX_ROUNDS):
        form.rebuild()
        for place, expression in computed:
            form.values[place.path] = expression.value(form.scope(place)) if expression else None
        if computed:
            form.rebuild()
        before, form.hidden = (
            form.hidden,
            frozenset(_hidden(form, form.places)) if conditional else frozenset(),
        )
        if form.hidden == before:
            return form
    form.hidden |= before
    form.rebuild()
    return form


def _hidden(form: Settled, places: tuple[Place, ...]) -> Iterator[str]:
    """The names that do not show; what a hidden container holds is hidden with it."""
    for place in places:
        if flag(place.component.hide, form.scope(place)):
            yield from (inner.name for inner in every((place,)))
        else:
            yield from _hidden(form, place.children)
            for row in place.rows:
                yield from _hidden(form, row)


def merge(tree: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add contexts into contexts, keeping what both hold."""
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(tree.get(name), dict):
            merge(tree[name], value)
        else:
            tree[name] = value


def _row_around(row: Path) -> Path:
    """The path of the row that holds this row's list, or the empty path."""
    for end in range(len(row) - 1, 0, -1):
        if isinstance(row[end - 1], int):
            return row[:end]
    return ()
