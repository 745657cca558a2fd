"""Every construct once more, the case moved to an equal version before each step: it goes the same way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.access import SYSTEM
from engine.instances.migration import MigrationPlan
from tests.bpmn.case_runner import CaseRunner
from tests.bpmn.constructs import Case, Construct, constructs
from tests.databases import Databases

ABOUT_VERSIONS = ("subprocesses/call_pinned",)
"""What is called there changes with the version of the caller, as it should."""
BUSY = "annulla"
"""Part of the sentence for a case in which something is being undone just now: it may wait."""


class MigratingCaseRunner(CaseRunner):
    """A runner that migrates the instance to an equal version before every step."""

    diagram: Path | None = None
    moves = 0

    def play(self, construct: Construct, case: Case) -> None:
        """As CaseRunner does, for this diagram."""
        self.diagram = construct.diagram
        super().play(construct, case)

    def _step(self, key: str, step: Mapping[str, Any]) -> None:
        if self._id:
            self._move()
        super()._step(key, step)

    def _move(self) -> None:
        found = self.engine.instances.get(self._id, SYSTEM)
        if found.state not in ("active", "suspended"):
            return
        assert self.diagram is not None
        self.deploy(self.diagram)
        plan = MigrationPlan((found.definition_id,), self.engine.repository.latest(found.definition_key).id)
        (group,) = self.engine.migrations.preview(plan, SYSTEM).groups
        if group.outcome != "ready":
            assert group.reasons
            assert all(BUSY in reason for reason in group.reasons), group.reasons
            return
        assert not group.notes
        self.engine.migrations.migrate(self._id, plan, "prova", SYSTEM)
        self.moves += 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.timeout(600)
def test_each_construct_goes_the_same_way(kind: str, databases: Databases, tmp_path: Path) -> None:
    """All in one database of each kind: what one construct leaves behind is ended before the next."""
    wrong: list[str] = []
    moves = 0
    for construct in constructs():
        made = databases.sqlite(tmp_path) if kind == "sqlite" else databases.postgresql()
        if not construct.cases or construct.id in ABOUT_VERSIONS:
            continue
        with made as url:
            runner = MigratingCaseRunner(url)
            wrong += runner.faults(construct)
            moves += runner.moves
    assert not wrong, "\n".join(wrong)
    assert moves > 100
