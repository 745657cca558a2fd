"""What a plan would do to every running case of its sources, grouped by where they stand. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from engine.definitions.repository import Repository
from engine.instances.migration.plan import MigrationPlan, complete
from engine.spiff import ElementMap, Program, Transfer, transfer
from engine.storage.tables import instance

RUNNING = ("active", "suspended")
PAGE = 500
EXAMPLES = 5

READY, NEEDS_MAPPING, IMPOSSIBLE = "ready", "needs_mapping", "impossible"


@dataclass(frozen=True)
class Group:
    """Cases that stand at the same elements, as (id, label), and fare the same.

    `outcome`: ``ready``, ``needs_mapping`` or ``impossible``; `reasons` say why not, `notes` what will begin anew.
    `examples` are numbers of cases, the lowest first.
    """

    source: str
    elements: tuple[tuple[str, str], ...]
    outcome: str
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    count: int
    suspended: int
    examples: tuple[int, ...]


@dataclass(frozen=True)
class Preview:
    """All groups, those that cannot move first, then the largest."""

    groups: tuple[Group, ...]

    def count(self, outcome: str = "") -> int:
        """How many cases fare so; all of them without an outcome."""
        return sum(group.count for group in self.groups if outcome in ("", group.outcome))


@dataclass(frozen=True)
class _Fate:
    elements: tuple[tuple[str, str], ...]
    outcome: str
    reasons: tuple[str, ...]
    notes: tuple[str, ...]


def preview(
    connection: Connection, repository: Repository, plan: MigrationPlan, visible: ColumnElement[bool]
) -> Preview:
    """Look at every running case of the plan's sources that `visible` lets through."""
    target = repository.compiled(plan.target)
    counted: dict[tuple[str, _Fate], list[Any]] = {}
    for definition_id in plan.sources:
        source = repository.compiled(definition_id)
        fate_of = _fates(source.program, target.program, complete(plan, source, target))
        for row in _running(connection, definition_id, visible):
            known = counted.setdefault((definition_id, fate_of(row)), [0, 0, []])
            known[0] += 1
            known[1] += row.state == "suspended"
            if len(known[2]) < EXAMPLES:
                known[2].append(row.number)
    groups = [
        Group(
            source, fate.elements, fate.outcome, fate.reasons, fate.notes, count, suspended, tuple(examples)
        )
        for (source, fate), (count, suspended, examples) in counted.items()
    ]
    order = (NEEDS_MAPPING, IMPOSSIBLE, READY)
    return Preview(tuple(sorted(groups, key=lambda group: (order.index(group.outcome), -group.count))))


def _running(connection: Connection, definition_id: str, visible: ColumnElement[bool]) -> Iterator[Any]:
    last = -1
    while rows := connection.execute(
        select(instance.c.number, instance.c.state, instance.c.run_state)
        .where(instance.c.definition_id == definition_id, instance.c.state.in_(RUNNING))
        .where(instance.c.number > last, visible)
        .order_by(instance.c.number)
        .limit(PAGE)
    ).all():
        yield from rows
        last = rows[-1].number


def _fates(source: Program, target: Program, elements: ElementMap) -> Callable[[Row[Any]], _Fate]:
    def fate_of(row: Row[Any]) -> _Fate:
        try:
            found = transfer(source, target, elements, bytes(row.run_state))
        except Exception as problem:  # one case that cannot be read must not hide the others
            return _Fate((), IMPOSSIBLE, (f"La pratica non si riapre: {problem}",), ())
        outcome, reasons = obstacles(found, row.state == "suspended")
        notes = [f"«{before.label}»: si ricomincia da «{after.label}»" for before, after in found.begun]
        return _Fate(found.standing, outcome, reasons, tuple(dict.fromkeys(notes)))

    return fate_of


def obstacles(found: Transfer, suspended: bool) -> tuple[str, tuple[str, ...]]:
    """How a case fares, and why when it cannot move."""
    reasons = tuple(dict.fromkeys(one.sentence for one in found.obstacles))
    if not reasons and suspended and found.begun:
        return IMPOSSIBLE, ("È sospesa, e passare la farebbe andare avanti: va ripresa prima",)
    if not reasons:
        return READY, ()
    mendable = all(one.needs_mapping for one in found.obstacles)
    return (NEEDS_MAPPING if mendable else IMPOSSIBLE), reasons
