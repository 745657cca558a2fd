"""The working days of a case are those of its ambito."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from engine.access import SYSTEM, ChangedBy
from engine.access.models import Ambito
from engine.execution.locking import lock_instance
from engine.scheduling.calendars.scopes import save_scope
from engine.simulation import World


def next_working_day(world: World, case: str, day: date) -> date:
    with world.engine.database.begin() as work:
        environment = world.engine.step_runner.environment(work, lock_instance(work.connection, case), SYSTEM)
        return environment.calendar.add_working_days(day, 1)


def test_the_patron_of_the_ambito_above_is_a_holiday(world: World, start: Callable[..., str]) -> None:
    case = start("bivio")
    thursday = date(2016, 6, 9)
    assert next_working_day(world, case, thursday) == date(2016, 6, 10)
    with world.engine.database.begin() as work:
        by = ChangedBy(SYSTEM.id, world.engine.clock.now())
        save_scope(work.connection, Ambito("cremasco", "Ambito Cremasco", "San Pantaleone", "06-10"), by=by)
    assert next_working_day(world, case, thursday) == date(2016, 6, 11)
