"""Every scenario of both patti, the case moved to an equal version before each step: nobody can tell the difference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from engine.access import SYSTEM
from engine.instances.migration import MigrationPlan
from engine.simulation import World, read_scenarios, run_scenario
from engine.simulation.scenario_parser import Scenario, Step
from engine.simulation.trace import PrintedTrace
from engine.storage.tables import definition, event, incident, instance, subscription, task, timer
from tests.databases import Databases
from tests.engine.definition_versions import redeploy

FILES = sorted(Path("processes").rglob("*.scenarios.yaml"))
SCENARIOS = [scenario for file in FILES for scenario in read_scenarios(file)]
QUICK = ("annullato", "contatto_mancato", "firma_in_proroga", "senza_consenso")
"""The others take longer."""
CHANGING = {"definition_id", "run_state", "revision"}


class Moving(PrintedTrace):
    """The printed trace; before each step every open case is moved, by `move`, which says how many times."""

    def __init__(self, move: Callable[[World, str], int]) -> None:
        self.lines: list[str] = []
        self.moves = 0
        self._move = move
        super().__init__(self.lines.append)

    def step(self, world: World, step: Step) -> None:
        """Move, then tell of the step."""
        for case in world.instance_ids:
            self.moves += self._move(world, case)
        super().step(world, step)


def _move(world: World, case: str) -> int:
    before = _rows(world, case)
    mine = before["instance"][0]
    if mine["state"] not in ("active", "suspended"):
        return 0
    key = mine["definition_key"]
    here = _definition(world, case)
    there = _other_version(world, key, here)
    plan = MigrationPlan((here,), there)
    assert [g.outcome for g in world.engine.migrations.preview(plan, SYSTEM).groups] == ["ready"]
    world.engine.migrations.migrate(case, plan, "prova", SYSTEM)
    assert _definition(world, case) == there
    assert _rows(world, case) == before, "a row changed by the move"
    return 1


def _other_version(world: World, key: str, here: str) -> str:
    found = [d.id for d in world.engine.repository.list() if d.key == key and d.id != here]
    return found[0] if found else redeploy(world.engine, Path("processes") / f"{key}.bpmn", mark="uguale")


def _definition(world: World, case: str) -> str:
    with world.engine.database.read() as connection:
        return str(
            connection.execute(select(instance.c.definition_id).where(instance.c.id == case)).scalar_one()
        )


def _rows(world: World, case: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of a case, without what only says in which version it is."""
    found = {}
    with world.engine.database.read() as connection:
        for table in (instance, task, timer, subscription, incident, event):
            key = table.c.id if table is instance else table.c.instance_id
            rows = connection.execute(select(table).where(key == case).order_by(table.c.id)).mappings()
            found[table.name] = [
                {name: value for name, value in row.items() if name not in CHANGING}
                for row in rows
                if row.get("kind") != "instance.migrated"
            ]
        assert connection.execute(select(definition.c.id)).first()
    return found


def by_step(lines: list[str]) -> list[list[str]]:
    """The lines under each step, in any order: what happens at one moment has no order of its own."""
    steps: list[list[str]] = []
    for line in lines:
        if not line.startswith(" "):
            steps.append([])
        steps[-1].append(line)
    return [sorted(step) for step in steps]


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(one, id=one.name, marks=[] if one.file.stem.split(".")[0] in QUICK else pytest.mark.slow)
        for one in SCENARIOS
    ],
)
def test_a_scenario_goes_the_same_way(scenario: Scenario, databases: Databases, tmp_path: Path) -> None:
    plain: list[str] = []
    with databases.published("sqlite", tmp_path) as url:
        run_scenario(scenario, database_url=url, trace=PrintedTrace(plain.append))
    moving = Moving(_move)
    with databases.published("sqlite", tmp_path) as url:
        run_scenario(scenario, database_url=url, trace=moving)
    assert by_step(moving.lines) == by_step(plain)
    assert moving.moves > 0
