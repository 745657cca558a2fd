"""Whether what happened is one of the orders that a case allows, and if not, where they part.

A trace is a list of element ids in order. A list inside it holds what may happen in any order; a list inside that one
is a branch whose own parts keep their order: ``[Split, [[A, B], C], Join]`` lets C come before, between or after A, B.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Node:
    """One pass of an element, and the numbers of the passes that must have come before it."""

    element: str
    after: frozenset[int]


def difference(expected: Sequence[Any], found: Sequence[str]) -> str:
    """A readable account of the first difference; empty when `found` is one of the orders allowed."""
    nodes: list[Node] = []
    _sequence(expected, frozenset(), nodes)
    reached, allowed = followed(nodes, found)
    if reached == len(found) and not allowed:
        return ""
    lines = [f"  {'=' if number < reached else '≠'} {element}" for number, element in enumerate(found)]
    wanted = " or ".join(sorted(allowed)) or "nothing more"
    if reached == len(found):
        lines.append(f"  ≠ (nothing more; expected {wanted})")
    else:
        lines[reached] += f"   (expected {wanted})"
    return "the trace differs:\n" + "\n".join(lines) + f"\n  expected: {list(expected)}"


def _sequence(parts: Sequence[Any], before: frozenset[int], nodes: list[Node]) -> frozenset[int]:
    for part in parts:
        before = _group(part, before, nodes) if isinstance(part, list) else _one(part, before, nodes)
    return before


def _group(parts: Sequence[Any], before: frozenset[int], nodes: list[Node]) -> frozenset[int]:
    ends: frozenset[int] = frozenset()
    for part in parts:
        ends |= _sequence(part, before, nodes) if isinstance(part, list) else _one(part, before, nodes)
    return ends or before


def _one(element: Any, before: frozenset[int], nodes: list[Node]) -> frozenset[int]:
    nodes.append(Node(str(element), before))
    return frozenset({len(nodes) - 1})


def followed(nodes: Sequence[Node], found: Sequence[str]) -> tuple[int, set[str]]:
    """How much of `found` fits, and what could have come next: every way of naming equal elements is followed."""
    states: set[frozenset[int]] = {frozenset()}
    for number, element in enumerate(found):
        following = {
            done | {index}
            for done in states
            for index, node in enumerate(nodes)
            if node.element == element and index not in done and node.after <= done
        }
        if not following:
            return number, _next(nodes, states)
        states = following
    return len(found), _next(nodes, states)


def _next(nodes: Sequence[Node], states: set[frozenset[int]]) -> set[str]:
    return {
        node.element
        for done in states
        for index, node in enumerate(nodes)
        if index not in done and node.after <= done
    }
