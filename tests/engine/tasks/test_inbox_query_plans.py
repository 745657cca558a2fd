"""However many tasks wait, a page of the inbox reads no table from end to end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection

from benchmarks._service import NOW, furnish, load, service
from engine.access import Actor, accounts
from engine.clock import VirtualClock
from engine.engine import Engine
from engine.settings import Settings
from engine.tasks.models import InboxFilter
from tests.engine.statement_log import RecordedStatement, recorded_statements

PROCESSES = Path(__file__).resolve().parents[3] / "processes"
TASKS = 6000
LARGE = ("task", "instance", "listed", "task_candidate", "participant")

QUESTIONS: dict[str, Callable[[Engine, Actor, str], object]] = {
    "counts": lambda engine, actor, after: engine.inbox.counts(actor),
    **{
        f"box {box}": lambda engine, actor, after, box=box: engine.inbox.page(actor, InboxFilter(box))  # type: ignore[misc]
        for box in ("todo", "mine", "groups", "all")
    },
    **{
        f"sort {sort}": lambda engine, actor, after, sort=sort: engine.inbox.page(
            actor, InboxFilter("todo", sort=sort)
        )  # type: ignore[misc]
        for sort in ("created", "priority")
    },
    "next page": lambda engine, actor, after: engine.inbox.page(actor, InboxFilter("todo"), after),
    "overdue": lambda engine, actor, after: engine.inbox.page(actor, InboxFilter("todo", due="overdue")),
    "one process": lambda engine, actor, after: engine.inbox.page(
        actor, InboxFilter("all", process="patto_autonomia")
    ),
    "an unknown person": lambda engine, actor, after: engine.inbox.page(
        actor, InboxFilter("all", person="qqqq")
    ),
    "an unknown text": lambda engine, actor, after: engine.inbox.page(actor, InboxFilter("all", text="qqqq")),
    "tasks of a case": lambda engine, actor, after: engine.inbox.search_tasks("4321", actor),
    "an unknown case": lambda engine, actor, after: engine.instances.search("qqqq", actor),
}


def _scans(plan: Any) -> list[str]:
    found = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
    return found + [name for inner in plan.get("Plans", ()) for name in _scans(inner)]


def test_no_question_of_the_inbox_reads_a_large_table_whole(postgresql_url: str) -> None:
    settings = Settings(database_url=postgresql_url, processes_folder=str(PROCESSES), embedded_jobs=False)
    engine = Engine.open(settings, clock=VirtualClock(NOW), upgrade=False)
    try:
        load(engine, service(TASKS, 300, furnish(engine, PROCESSES)))
        with engine.database.read() as connection:
            actor = accounts.actor_for(connection, "operatrice", date(2026, 3, 2))
        assert actor is not None
        after = engine.inbox.page(actor, InboxFilter("todo")).next or ""
        for what, ask in QUESTIONS.items():
            with recorded_statements(engine) as statements:
                ask(engine, actor, after)
            _check(engine, what, statements)
        secret = engine.calendar_feeds.open(actor)
        with recorded_statements(engine) as statements:
            feed = engine.calendar_feeds.read(secret)
        assert feed is not None
        assert feed.entries
        _check(engine, "calendar of deadlines", statements)
    finally:
        engine.close()


def _check(engine: Engine, what: str, statements: list[RecordedStatement]) -> None:
    assert statements
    with engine.database.read() as connection:
        for statement in statements:
            (plan,) = _explained(connection, statement, statement.values)
            scans = [name for name in _scans(plan["Plan"]) if name in LARGE]
            assert not scans, f"{what}: {scans}\n{statement}"


def _explained(connection: Connection, statement: str, parameters: Any) -> Any:
    asked = f"EXPLAIN (FORMAT JSON) {statement}"
    if not isinstance(parameters, list):
        return connection.exec_driver_sql(asked, parameters).scalar_one()
    driver: Any = connection.connection.driver_connection
    found: Any = psycopg.RawCursor(driver).execute(asked.encode(), parameters).fetchone()
    return found[0]


@pytest.mark.parametrize("tasks", [3, 60])
def test_a_page_asks_once_however_long_it_is(sqlite_url: str, tasks: int) -> None:
    settings = Settings(database_url=sqlite_url, processes_folder=str(PROCESSES), embedded_jobs=False)
    engine = Engine.open(settings, clock=VirtualClock(NOW), upgrade=False)
    try:
        load(engine, service(tasks, 3, furnish(engine, PROCESSES)))
        with engine.database.read() as connection:
            actor = accounts.actor_for(connection, "capo_ambito", date(2026, 3, 2))
        assert actor is not None
        for ask in (
            lambda: engine.inbox.page(actor, InboxFilter("all")),
            lambda: engine.inbox.counts(actor),
        ):
            with recorded_statements(engine) as statements:
                ask()
            assert len([one for one in statements if one.startswith(("SELECT", "WITH"))]) == 1
    finally:
        engine.close()
