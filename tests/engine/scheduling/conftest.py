"""Scopes for the tests of calendars."""

from __future__ import annotations

import pytest

from engine.access import SYSTEM, ChangedBy
from engine.access.models import Ambito
from engine.scheduling.calendars.scopes import save_scope
from engine.simulation import World


@pytest.fixture
def area(world: World) -> World:
    """A world with an ambito, one below it and one beside it."""
    with world.engine.database.begin() as work:
        by = ChangedBy(SYSTEM.id, world.engine.clock.now())
        for path in ("cremasco", "cremasco/crema", "casalasco"):
            save_scope(work.connection, Ambito(path, path.title()), by=by)
    return world
