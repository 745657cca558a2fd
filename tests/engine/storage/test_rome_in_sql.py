"""Days of Europe/Rome in SQL are those of the calendar, on both databases, across both clock changes and far away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import literal, select

from engine.simulation import World
from engine.storage.sql.functions import RomeDay
from engine.storage.types import UtcDateTime
from engine.temporal import day_in_rome

CHANGES = (datetime(2016, 3, 27, tzinfo=UTC), datetime(2016, 10, 30, tzinfo=UTC))


def _in_sql(world: World, moments: list[datetime]) -> list[object]:
    columns = [RomeDay(literal(one, UtcDateTime())).label(f"day{n}") for n, one in enumerate(moments)]
    with world.engine.database.read() as connection:
        return list(connection.execute(select(*columns)).one())


def test_every_half_hour_around_the_clock_changes(world: World) -> None:
    moments = [start + timedelta(minutes=30 * n) for start in CHANGES for n in range(-60, 60)]
    assert _in_sql(world, moments) == [day_in_rome(one) for one in moments]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moment=st.datetimes(
        min_value=datetime(1900, 1, 2), max_value=datetime(2199, 1, 1), timezones=st.just(UTC)
    )
)
def test_any_moment(world: World, moment: datetime) -> None:
    assert _in_sql(world, [moment]) == [day_in_rome(moment)]
