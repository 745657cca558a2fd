"""Random walks through the real processes: whatever people do, nothing breaks, nothing hangs, no cent is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.simulation import World
from tests.acceptance.random_walker import Wanderer
from tests.acceptance.stages import Album
from tests.acceptance.test_invariants_endings import assert_a_year_changes_nothing_for_the_worse

PROCESSES = ("patto_autonomia", "patto_inclusione")


@pytest.mark.parametrize("process", PROCESSES)
@pytest.mark.parametrize(("seed", "steps"), [(1, 40), (3, 20), (4, 8)])
def test_a_random_walk_and_a_year_of_silence(
    album: Album, process: str, seed: int, steps: int, tmp_path: Path
) -> None:
    with album.copy("sqlite", "inizio", tmp_path) as world:
        if seed == 1:
            _keep_runs(world)
        wanderer = Wanderer(world, process, seed)
        wanderer.walk(steps)
        assert wanderer.done >= steps // 4, wanderer.trace
        assert_a_year_changes_nothing_for_the_worse(world)
        wanderer.check()


def _keep_runs(world: World) -> None:
    """Let runs stay in memory between two steps, as they do in a process that serves."""
    world.settings = world.settings.with_(live_instances=50)
    world.restart()


def test_random_walks_through_an_active_patto(album: Album, database_kind: str, tmp_path: Path) -> None:
    """From the first day of the patto, where the branches run together and the money is spent."""
    for seed, steps in ((11, 30), (12, 30)) if database_kind == "sqlite" else ((13, 15),):
        with album.copy(database_kind, "attivo", tmp_path) as world:
            if seed != 11:
                _keep_runs(world)
            wanderer = Wanderer(world, "patto_autonomia", seed)
            wanderer.walk(steps)
            assert_a_year_changes_nothing_for_the_worse(world)
            wanderer.check()
