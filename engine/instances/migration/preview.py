"""The preview of a migration: what would happen to every running instance of the sources, grouped. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from engine.definitions.repository import Repository
from engine.instances.migration.plan import MigrationPlan, complete_mapping
from engine.instances.selection import RUNNING
from engine.localization import message
from engine.spiff import ElementMap, ExecutableProcess, RunMigration, migrate_run
from engine.storage.tables import instance

ROWS_PER_QUERY = 500
MAX_EXAMPLES = 5

READY, NEEDS_MAPPING, IMPOSSIBLE = "ready", "needs_mapping", "impossible"


@dataclass(frozen=True)
class PreviewGroup:
    """Running instances of a source with the same active elements, as (id, label), and the same outcome.

    `outcome` is ``ready``, ``needs_mapping`` or ``impossible``; `reasons` say why they cannot migrate, `notes` what
    starts again. `suspended` is how many are suspended, `examples` the lowest numbers.
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
class MigrationPreview:
    """All groups: first those that cannot migrate, then the largest."""

    groups: tuple[PreviewGroup, ...]

    def count(self, outcome: str = "") -> int:
        """How many instances have this outcome; all of them without one."""
        return sum(group.count for group in self.groups if outcome in ("", group.outcome))


@dataclass(frozen=True)
class _Result:
    """What would happen to one instance."""

    elements: tuple[tuple[str, str], ...]
    outcome: str
    reasons: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass
class _Counts:
    """How many instances have the same result."""

    instances: int = 0
    suspended: int = 0
    examples: list[int] = field(default_factory=list)

    def add(self, row: Row[Any]) -> None:
        self.instances += 1
        self.suspended += row.state == "suspended"
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(row.number)


def preview_migration(
    connection: Connection, repository: Repository, plan: MigrationPlan, visible: ColumnElement[bool]
) -> MigrationPreview:
    """Preview every running instance of the plan's sources that fulfils the condition `visible`."""
    target = repository.compiled(plan.target)
    counted: dict[tuple[str, _Result], _Counts] = {}
    for definition_id in plan.sources:
        source = repository.compiled(definition_id)
        result_of = _previewer(source.executable, target.executable, complete_mapping(plan, source, target))
        for row in _running(connection, definition_id, visible):
            counted.setdefault((definition_id, result_of(row)), _Counts()).add(row)
    groups = [
        PreviewGroup(
            source,
            result.elements,
            result.outcome,
            result.reasons,
            result.notes,
            counts.instances,
            counts.suspended,
            tuple(counts.examples),
        )
        for (source, result), counts in counted.items()
    ]
    order = (NEEDS_MAPPING, IMPOSSIBLE, READY)
    return MigrationPreview(
        tuple(sorted(groups, key=lambda group: (order.index(group.outcome), -group.count)))
    )


def _running(connection: Connection, definition_id: str, visible: ColumnElement[bool]) -> Iterator[Any]:
    last = -1
    while rows := connection.execute(
        select(instance.c.number, instance.c.state, instance.c.run_state)
        .where(instance.c.definition_id == definition_id, instance.c.state.in_(RUNNING))
        .where(instance.c.number > last, visible)
        .order_by(instance.c.number)
        .limit(ROWS_PER_QUERY)
    ).all():
        yield from rows
        last = rows[-1].number


def _previewer(
    source: ExecutableProcess, target: ExecutableProcess, elements: ElementMap
) -> Callable[[Row[Any]], _Result]:
    def result_of(row: Row[Any]) -> _Result:
        try:
            migration = migrate_run(source, target, elements, bytes(row.run_state))
        except Exception as problem:  # one instance that cannot be read must not hide the others
            return _Result((), IMPOSSIBLE, (message("MIGRATION_STATE_UNREADABLE", problem=str(problem)),), ())
        outcome, reasons = outcome_of(migration, row.state == "suspended")
        notes = [
            message("MIGRATION_RESTARTS", element=before.label, target=after.label)
            for before, after in migration.restarted
        ]
        return _Result(migration.active_elements, outcome, reasons, tuple(dict.fromkeys(notes)))

    return result_of


def outcome_of(migration: RunMigration, suspended: bool) -> tuple[str, tuple[str, ...]]:
    """The outcome for an instance, and the reasons when it cannot migrate."""
    reasons = tuple(dict.fromkeys(obstacle.sentence for obstacle in migration.obstacles))
    if not reasons and suspended and migration.restarted:
        return IMPOSSIBLE, (message("MIGRATION_OF_SUSPENDED_INSTANCE"),)
    if not reasons:
        return READY, ()
    needs_mapping = all(obstacle.needs_mapping for obstacle in migration.obstacles)
    return (NEEDS_MAPPING if needs_mapping else IMPOSSIBLE), reasons
