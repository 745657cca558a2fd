"""pytest collects the scenario files that lie next to the processes: one test for each scenario and each database.

The tests ask for the fixture `database_url` of whoever runs them, by way of `scenario_database`, which may be
overridden where the processes are published already.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from engine.errors import InvalidInput
from engine.simulation.runner import ScenarioFailure, run_scenario
from engine.simulation.scenario_parser import SUFFIX, Scenario, read_scenarios


@pytest.fixture
def scenario_database(database_url: str) -> str:
    """Address of the database in which a scenario is played; nobody else uses it."""
    return database_url


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Every ``*.scenarios.yaml`` is a file of tests."""
    if file_path.name.endswith(SUFFIX):
        collected: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path)
        return collected
    return None


class ScenarioFile(pytest.Module):
    """The scenarios of one file, as test functions of a module that exists only here."""

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
                    f"{self.path}:{scenario.line}: due scenari si chiamano «{scenario.name}»"
                )
            setattr(module, name, _test(scenario))
        return module


def _test(scenario: Scenario) -> Any:
    def test(scenario_database: str) -> None:
        told = ""
        try:
            run_scenario(scenario, database_url=scenario_database)
        except ScenarioFailure as failure:
            told = str(failure)
        if told:
            pytest.fail(told, pytrace=False)

    test.__doc__ = scenario.description or scenario.name
    return test
