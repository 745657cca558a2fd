"""Every construct once more with its run kept in memory between the steps, as a server does: it goes the same way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bpmn.case_runner import CaseRunner
from tests.bpmn.constructs import constructs
from tests.databases import Databases


class CachingCaseRunner(CaseRunner):
    """A runner that keeps one engine, and counts how often an instance was still in the cache."""

    lived = 0

    def forget(self) -> None:
        """Nothing is forgotten: the engine of the beginning stays."""
        if hasattr(self, "engine"):
            return
        super().forget()
        take = self.engine.step_runner.cache.take

        def counted(*arguments: Any) -> Any:
            found = take(*arguments)
            self.lived += found is not None
            return found

        self.engine.step_runner.cache.take = counted  # type: ignore[assignment, method-assign]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_each_construct_goes_the_same_way_in_memory(databases: Databases, tmp_path: Path) -> None:
    wrong: list[str] = []
    lived = 0
    for construct in constructs():
        if not construct.cases:
            continue
        with databases.sqlite(tmp_path) as url:
            runner = CachingCaseRunner(url)
            wrong += runner.faults(construct)
            lived += runner.lived
    assert lived > len(constructs())
    assert not wrong, "\n".join(wrong)
