"""Built-ins on contexts: reading, adding and merging entries."""

from __future__ import annotations

from typing import Any

from engine.languages.feel.functions.declaration import FunctionGroup, items, text
from engine.languages.feel.limits import Evaluation

FUNCTIONS = FunctionGroup()


def _context(value: Any) -> dict[str, Any]:
    if type(value) is not dict:
        raise TypeError("not a context")
    return value


@FUNCTIONS.add(
    "get value", ("m", "key"), ("context", "keys"), description="Il valore di una chiave di un contesto"
)
def get_value(context: Any, key: Any) -> Any:
    """The value of a key, or of a path of keys."""
    if type(key) is not list:
        return _context(context).get(text(key))
    found = context
    for step in key:
        found = found.get(step) if type(found) is dict else None
    return found


@FUNCTIONS.add(
    "get entries", ("m",), bounded=True, description="Le voci di un contesto, ciascuna con key e value"
)
def get_entries(evaluation: Evaluation, context: Any) -> list[Any]:
    """Entries as contexts of key and value."""
    evaluation.spend_items(3 * len(_context(context)))
    return [{"key": key, "value": value} for key, value in context.items()]


@FUNCTIONS.add("context", ("entries",), description="Un contesto fatto di voci, ciascuna con key e value")
def context(entries: Any) -> dict[str, Any] | None:
    """The context of these entries; null when one has no key or value, or a key is repeated."""
    made: dict[str, Any] = {}
    for entry in items(entries):
        if type(entry) is not dict or "key" not in entry or "value" not in entry or entry["key"] in made:
            return None
        made[text(entry["key"])] = entry["value"]
    return made


@FUNCTIONS.add(
    "context put",
    ("context", "key", "value"),
    ("context", "keys", "value"),
    bounded=True,
    singles=("key",),
    description="Il contesto con una voce aggiunta o cambiata",
)
def context_put(evaluation: Evaluation, into: Any, key: Any, value: Any) -> dict[str, Any] | None:
    """A new context with the entry, or the entry at a path of keys."""
    keys = key if type(key) is list else [key]
    if not keys:
        return None
    return _put(evaluation, _context(into), [text(step) for step in keys], 0, value)


def _put(
    evaluation: Evaluation, into: dict[str, Any], keys: list[str], depth: int, value: Any
) -> dict[str, Any]:
    evaluation.spend_items(len(into) + 1)
    if depth == len(keys) - 1:
        return {**into, keys[depth]: value}
    return {**into, keys[depth]: _put(evaluation, _context(into.get(keys[depth])), keys, depth + 1, value)}


@FUNCTIONS.add(
    "context merge",
    ("contexts",),
    bounded=True,
    description="Più contesti in uno; vince l'ultimo che ha la chiave",
)
def context_merge(evaluation: Evaluation, contexts: Any) -> dict[str, Any]:
    """One context with all the entries; later entries replace earlier ones."""
    made: dict[str, Any] = {}
    for one in items(contexts):
        evaluation.spend_items(len(_context(one)))
        made.update(one)
    return made
