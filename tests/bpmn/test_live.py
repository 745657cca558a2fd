"""Every construct once more with its run kept in memory between the steps, as a server does: it goes the same way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bpmn.constructs import constructs
from tests.bpmn.stage import Stage
from tests.databases import Databases


class LiveStage(Stage):
    """A stage that goes on with one engine, and counts how often a run was still in memory."""

    lived = 0

    def forget(self) -> None:
        """Nothing is forgotten: the engine of the beginning stays."""
        if hasattr(self, "engine"):
            return
        super().forget()
        take = self.engine.stepper.live.take

        def counted(*arguments: Any) -> Any:
            found = take(*arguments)
            self.lived += found is not None
            return found

        self.engine.stepper.live.take = counted  # type: ignore[assignment, method-assign]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_each_construct_goes_the_same_way_in_memory(databases: Databases, tmp_path: Path) -> None:
    wrong: list[str] = []
    lived = 0
    for construct in constructs():
        if not construct.cases:
            continue
        with databases.sqlite(tmp_path) as url:
            stage = LiveStage(url)
            wrong += stage.faults(construct)
            lived += stage.lived
    assert lived > len(constructs())
    assert not wrong, "\n".join(wrong)
