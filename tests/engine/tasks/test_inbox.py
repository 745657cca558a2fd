"""The inbox gives exactly what its rules say, however the tasks came to be as they are."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any, cast

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, text

from engine import storage
from engine.clock import VirtualClock
from engine.instances.queries import InstanceFilter, InstanceQueries
from engine.storage import Database, migrate
from engine.storage.text_search import words
from engine.storage.triggers.task_lists import POSTGRESQL_TRIGGERS, SQLITE_TRIGGERS, fill_listing
from engine.tasks.inbox import Inbox
from engine.tasks.models import COUNTED_UP_TO, InboxFilter
from tests.engine.tasks.inbox_reference import (
    ACTORS,
    MATRIX,
    NOW,
    PROCESSES,
    SCOPES,
    TEXTS,
    ByHand,
    change,
    fill,
)

MIGRATIONS = Path(storage.__file__).with_name("migrations")
BOXES = ("todo", "mine", "groups", "all")
SORTS = ("due", "created", "priority")


def _inbox(database: Database) -> Inbox:
    return Inbox(database, VirtualClock(NOW), cast(Any, None), MATRIX)


def _asked(chance: random.Random) -> InboxFilter:
    def perhaps(values: tuple[str, ...]) -> Any:
        return chance.choice(values) if chance.random() < 0.3 else None

    return InboxFilter(
        cast(Any, chance.choice(BOXES)),
        perhaps(PROCESSES),
        perhaps(SCOPES),
        perhaps(("overdue", "today", "soon")),
        perhaps(TEXTS),
        perhaps(TEXTS),
        cast(Any, chance.choice(SORTS)),
    )


def _all_pages(inbox: Inbox, actor: Any, asked: InboxFilter, size: int) -> list[str]:
    seen, after = [], None
    while True:
        page = inbox.page(actor, asked, after, limit=size)
        seen += [row.id for row in page.items]
        after = page.next
        if after is None:
            return seen


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(seed=st.integers(0, 2**32))
@pytest.mark.parametrize("many", [0, 2000])
def test_pages_counts_and_searches_follow_the_rules(
    database_url: str, many: int, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """With `many` 0 every search walks the lists, with 2000 every search looks its hits up."""
    monkeypatch.setattr("engine.instances.queries.FEW_HITS", many)
    database, chance = Database(database_url), random.Random(seed)
    try:
        with database.begin() as work:
            fill(work.connection, chance)
        for _ in range(3):
            with database.begin() as work:
                for _ in range(chance.randint(0, 6)):
                    change(work.connection, chance)
            _compare(database, chance)
    finally:
        database.close()


def _compare(database: Database, chance: random.Random) -> None:
    inbox = _inbox(database)
    instances = InstanceQueries(database, MATRIX)
    with database.read() as connection:
        rules = ByHand(connection)
    for actor in ACTORS:
        for _ in range(4):
            asked = _asked(chance)
            wanted = rules.page(actor, asked)
            assert _all_pages(inbox, actor, asked, chance.choice((2, 50))) == wanted, (actor.id, asked)
        counts = inbox.counts(actor)
        assert counts.mine == len(rules.page(actor, InboxFilter("mine")))
        assert counts.groups == len(rules.page(actor, InboxFilter("groups")))
        assert counts.overdue == len(rules.page(actor, InboxFilter("todo", due="overdue")))
        named = chance.choice(TEXTS)
        assert [row.id for row in inbox.search_tasks(named, actor)] == rules.page(
            actor, InboxFilter("all", text=named)
        )[:20]
        numbers = rules.cases_named(actor, named)
        assert [hit.number for hit in instances.search(named, actor)] == numbers[:20]
        page = instances.list(actor, InstanceFilter(text=named))
        assert [view.number for view in page.items] == numbers[:25]


def test_lists_written_anew_are_the_ones_that_the_triggers_kept(database_url: str) -> None:
    database, chance = Database(database_url), random.Random(7)
    query = text("SELECT task_id, listing_id FROM listed ORDER BY task_id, listing_id")
    with database.begin() as work:
        fill(work.connection, chance)
        for _ in range(20):
            change(work.connection, chance)
        kept = work.connection.execute(query).all()
        fill_listing(work.connection)
        assert work.connection.execute(query).all() == kept
        assert kept
    database.close()


def test_tasks_that_were_there_before_the_lists_stand_in_them_after_the_migration(
    empty_database_url: str,
) -> None:
    """Tasks of a database without lists and words: after the upgrade every page and search finds them."""
    chance = random.Random(11)
    migrate(empty_database_url)
    database = Database(empty_database_url)
    with database.begin() as work:
        fill(work.connection, chance)
    _back_to(database, "0002")
    with database.read() as connection:
        assert not inspect(connection).has_table("listed")
    migrate(empty_database_url)
    _compare(database, chance)
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM listed")).scalar_one()
    with database.begin() as work:
        for _ in range(6):
            change(work.connection, chance)
    _compare(database, chance)
    database.close()


def _back_to(database: Database, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.begin() as work:
        config.attributes["connection"] = work.connection
        command.downgrade(config, revision)


def test_no_migration_has_lost_a_trigger(database_url: str) -> None:
    """SQLite drops the triggers of a table that a migration makes anew."""
    database = Database(database_url)
    names: tuple[str, ...] = SQLITE_TRIGGERS
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    if not database.is_sqlite:
        names, query = POSTGRESQL_TRIGGERS, "SELECT tgname FROM pg_trigger"
    with database.read() as connection:
        assert set(names) <= set(connection.execute(text(query)).scalars())
    database.close()


def test_beyond_a_thousand_the_count_says_more(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.tasks.inbox.COUNTED_UP_TO", 3)
    database = Database(database_url)
    with database.begin() as work:
        for seed in range(30):
            fill(work.connection, random.Random(seed))
            wanted = len(ByHand(work.connection).page(ACTORS[1], InboxFilter("groups")))
            if wanted > 4:
                break
    assert wanted > 4
    assert _inbox(database).counts(ACTORS[1]).groups == 4
    assert COUNTED_UP_TO == 1000
    database.close()


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("D’Angelò  María", "d angelo maria"),
        ("Straße 12/b", "strasse 12 b"),
        ("ÉCOLE", "ecole"),
        ("— !", ""),
    ],
)
def test_words_are_plain(written: str, wanted: str) -> None:
    assert words(written) == wanted
