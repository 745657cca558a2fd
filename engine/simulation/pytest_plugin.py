"""pytest plugin that collects scenario files: one test for each scenario and each database.

The tests use the fixture `database_url` through `scenario_database`, which can be overridden where the processes are
already deployed.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from engine.errors import InvalidInput
from engine.localization import message
from engine.simulation.runner import ScenarioFailure, run_scenario
from engine.simulation.scenario_parser import SUFFIX, Scenario, read_scenarios


@pytest.fixture
def scenario_database(database_url: str) -> str:
    """URL of the empty database of a scenario."""
    return database_url


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect every ``*.scenarios.yaml`` as a file of tests."""
    if file_path.name.endswith(SUFFIX):
        collected: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path)
        return collected
    return None


class ScenarioFile(pytest.Module):
    """The scenarios of one file as the test functions of a module made in memory."""

    def _getobj(self) -> ModuleType:
        module = ModuleType(self.path.name)
        module.__file__ = str(self.path)
        try:
            scenarios = read_scenarios(self.path)
        except InvalidInput as problem:
            raise self.CollectError(problem.message) from problem
        for scenario in scenarios:
            name = f"test_{scenario.name}"
            if name in module.__dict__:
                raise self.CollectError(
                    message("SCENARIO_NAME_TWICE", file=self.path, line=scenario.line, name=scenario.name)
                )
            setattr(module, name, _test(scenario))
        return module


def _test(scenario: Scenario) -> Any:
    def test(scenario_database: str) -> None:
        problem = ""
        try:
            run_scenario(scenario, database_url=scenario_database)
        except ScenarioFailure as failure:
            problem = str(failure)
        if problem:
            pytest.fail(problem, pytrace=False)

    test.__doc__ = scenario.description or scenario.name
    return test
