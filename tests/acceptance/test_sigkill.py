"""The server is killed at fifty random moments while people work: nothing is lost and nothing is done twice."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.acceptance.crash_recovery.server_run import crash_run

KILLS = 50


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fifty_kills_lose_nothing_and_repeat_nothing(database_url: str, tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    folder = tmp_path / "crash_run"
    folder.mkdir()
    with crash_run(database_url, folder) as playing:
        playing.rage(KILLS, random.Random(seed))
        playing.settle()
        faults = playing.faults()
        assert not faults, f"seed {seed}, {playing.told()}:\n" + "\n".join(faults[:20])
        assert len(playing.confirmed.payments) > 10, playing.told()
