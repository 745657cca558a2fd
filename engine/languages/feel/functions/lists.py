"""Built-ins on lists: membership, positions, concatenation, sorting."""

from __future__ import annotations

from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from engine.languages.feel.comparison import equal, less
from engine.languages.feel.functions.declaration import (
    MISSING,
    FunctionGroup,
    items,
    list_index,
    whole_number,
)
from engine.languages.feel.limits import Evaluation
from engine.languages.feel.values import FunctionValue

FUNCTIONS = FunctionGroup()


@FUNCTIONS.add(
    "list contains", ("list", "element"), bounded=True, description="Vero se la lista contiene il valore"
)
def list_contains(evaluation: Evaluation, values: Any, element: Any) -> bool:
    """Whether an item equals the element."""
    return any(equal(item, element, evaluation) is True for item in items(values))


@FUNCTIONS.add("count", ("list",), description="Quanti elementi ha la lista")
def count(values: Any) -> Decimal:
    """Number of items."""
    return Decimal(len(items(values)))


@FUNCTIONS.add(
    "sublist",
    ("list", "start position"),
    ("list", "start position", "length"),
    description="La parte di una lista da una posizione, lunga tanto",
)
def sublist(values: Any, start: Any, length: Any = MISSING) -> list[Any] | None:
    """Part of a list; null when it goes beyond the end."""
    whole_list = items(values)
    first = list_index(start, len(whole_list))
    if length is MISSING:
        return whole_list[first:]
    last = first + whole_number(length)
    return whole_list[first:last] if first <= last <= len(whole_list) else None


@FUNCTIONS.add(
    "append",
    ("list", "item"),
    variadic=True,
    bounded=True,
    description="La lista con altri elementi in fondo",
)
def append(evaluation: Evaluation, values: Any, *added: Any) -> list[Any]:
    """A new list with the items added."""
    return _charged(evaluation, [*([None] if values is None else items(values)), *added])


@FUNCTIONS.add(
    "concatenate", ("list",), variadic=True, bounded=True, description="Più liste una dopo l'altra"
)
def concatenate(evaluation: Evaluation, *lists: Any) -> list[Any]:
    """A new list of the items of all."""
    return _charged(evaluation, [item for values in lists for item in items(values)])


def _charged(evaluation: Evaluation, values: list[Any]) -> list[Any]:
    evaluation.spend_items(len(values))
    return values


@FUNCTIONS.add(
    "insert before", ("list", "position", "newItem"), description="La lista con un elemento inserito"
)
def insert_before(values: Any, position: Any, item: Any) -> list[Any]:
    """A new list with the item at that position."""
    made = list(items(values))
    made.insert(list_index(position, len(made)), item)
    return made


@FUNCTIONS.add("remove", ("list", "position"), description="La lista senza l'elemento a quella posizione")
def remove(values: Any, position: Any) -> list[Any]:
    """A new list without the item at that position."""
    made = list(items(values))
    del made[list_index(position, len(made))]
    return made


@FUNCTIONS.add(
    "list replace",
    ("list", "position", "newItem"),
    ("list", "match", "newItem"),
    description="La lista con un elemento cambiato: quello a una posizione, o quelli scelti da una funzione",
)
def list_replace(values: Any, chosen: Any, item: Any) -> list[Any] | None:
    """A new list with items replaced, by position or by function(item, newItem)."""
    made = list(items(values))
    if type(chosen) is not FunctionValue:
        made[list_index(chosen, len(made))] = item
        return made
    answers = [chosen.call([old, item]) for old in made]
    if any(type(answer) is not bool for answer in answers):
        return None
    return [item if answer else old for old, answer in zip(made, answers, strict=True)]


@FUNCTIONS.add("reverse", ("list",), description="La lista a rovescio")
def reverse(values: Any) -> list[Any]:
    """A new list in the other order."""
    return items(values)[::-1]


@FUNCTIONS.add(
    "index of", ("list", "match"), bounded=True, description="Le posizioni degli elementi uguali al valore"
)
def index_of(evaluation: Evaluation, values: Any, match: Any) -> list[Decimal]:
    """Positions, from 1, of the items that equal the match."""
    return [
        Decimal(position)
        for position, item in enumerate(items(values), 1)
        if equal(item, match, evaluation) is True
    ]


def _distinct(evaluation: Evaluation, values: list[Any]) -> list[Any]:
    """Items not equal to an earlier one; texts and numbers by hash, others one by one."""
    distinct: list[Any] = []
    seen: set[Any] = set()
    others: list[Any] = []
    for item in values:
        if type(item) in (str, int, Decimal):
            key = (type(item) is str, item)
            if key not in seen:
                seen.add(key)
                distinct.append(item)
            continue
        evaluation.spend(len(others))
        if not any(equal(item, other, evaluation) is True for other in others):
            others.append(item)
            distinct.append(item)
    return distinct


@FUNCTIONS.add(
    "union", ("list",), variadic=True, bounded=True, description="Più liste insieme, senza doppioni"
)
def union(evaluation: Evaluation, *lists: Any) -> list[Any]:
    """Concatenated, duplicates removed."""
    return _distinct(evaluation, concatenate(evaluation, *lists))


@FUNCTIONS.add("distinct values", ("list",), bounded=True, description="La lista senza doppioni")
def distinct_values(evaluation: Evaluation, values: Any) -> list[Any]:
    """Duplicates removed."""
    return _distinct(evaluation, items(values))


@FUNCTIONS.add("flatten", ("list",), bounded=True, description="Le liste dentro la lista, tutte su un piano")
def flatten(evaluation: Evaluation, values: Any) -> list[Any]:
    """Nested lists as one."""
    made: list[Any] = []
    _flatten_into(made, items(values), evaluation)
    return made


def _flatten_into(made: list[Any], values: list[Any], evaluation: Evaluation) -> None:
    evaluation.spend(len(values) + 1)
    for item in values:
        if type(item) is list:
            _flatten_into(made, item, evaluation)
        else:
            made.append(item)


@FUNCTIONS.add(
    "sort",
    ("list",),
    ("list", "precedes"),
    bounded=True,
    description="La lista ordinata, con una funzione che dice quale elemento viene prima",
)
def sort(evaluation: Evaluation, values: Any, precedes: Any = None) -> list[Any]:
    """Sorted, stable; by function(x, y) when one is given."""

    def order(one: Any, other: Any) -> int:
        evaluation.spend(2)
        if precedes is None:
            before, after = less(one, other), less(other, one)
            if before is None:
                raise TypeError("items that cannot be ordered")
        else:
            before, after = precedes.call([one, other]), None
            if before is not True:
                after = precedes.call([other, one])
        return -1 if before is True else 1 if after is True else 0

    return sorted(items(values), key=cmp_to_key(order))
