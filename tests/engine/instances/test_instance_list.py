"""The list of cases holds what one may see, page after page, and costs the same however many cases there are."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from benchmarks._service import NOW, furnish, load, service
from engine.access import SYSTEM, Actor, within
from engine.access.actors import actor
from engine.access.visibility import visible_instances
from engine.clock import VirtualClock
from engine.engine import Engine
from engine.instances.queries import InstanceFilter
from engine.settings import Settings
from engine.storage.tables import instance, participant
from tests.engine.statement_log import recorded_statements

PROCESSES = Path(__file__).resolve().parents[3] / "processes"
PEOPLE = (
    actor("nessuno", "Nessuno", ["assistente_sociale"], "altrove"),
    actor("una", "Una", ["assistente_sociale"], "ambito1/zona1"),
    actor("ambito", "Ambito", ["assistente_sociale"], "ambito2"),
    actor("partecipe", "Partecipe"),
    actor("tutto", "Tutto", ["assistente_sociale"]),
    SYSTEM,
)
PAGES: tuple[dict[str, Any], ...] = ({}, {"state": "completed"}, {"state": "active"}, {"scope": "ambito1"})
QUESTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"state": "completed"},
    {"state": "suspended"},
    {"scope": "ambito1"},
    {"process": "patto_firma"},
    {"process": "patto_firma", "state": "active", "scope": "ambito2/zona1"},
    {"process": "niente"},
    {"text": "qqqq"},
)


def opened(url: str, tasks: int) -> Engine:
    """A service whose cases are partly ended, suspended, and shared with somebody of another ambito."""
    settings = Settings(database_url=url, processes_folder=str(PROCESSES), embedded_jobs=False)
    engine = Engine.open(settings, clock=VirtualClock(NOW), upgrade=False)
    load(engine, service(tasks, 3, furnish(engine, PROCESSES)))
    with engine.database.begin() as work:
        cases = list(work.connection.execute(select(instance.c.id).order_by(instance.c.number)).scalars())
        chosen = random.Random(7).sample(cases, len(cases) // 2)
        for place, state in enumerate(("completed", "suspended", "cancelled")):
            some = instance.c.id.in_(chosen[place * 20 : (place + 1) * 20])
            work.connection.execute(update(instance).where(some).values(state=state))
        parts = [
            {"instance_id": one, "role": "tutor", "actor_id": who, "since": NOW}
            for one in chosen[:30]
            for who in ("partecipe", "una")
        ]
        work.connection.execute(insert(participant), parts)
    return engine


@pytest.fixture
def small(database_url: str) -> Iterator[Engine]:
    engine = opened(database_url, 300)
    yield engine
    engine.close()


def test_every_page_holds_the_newest_of_what_one_may_see(small: Engine) -> None:
    found: set[str] = set()
    for who, question in product(PEOPLE, QUESTIONS):
        seen: list[int] = []
        following: str | None = ""
        while following is not None:
            page, following = small.instances.list(who, InstanceFilter(**question), after=following, limit=40)
            assert len(page) <= 40
            seen += [one.number for one in page]
        assert seen == _plainly(small, who, question), (who.name, question)
        found |= {who.name} if seen else set()
    assert found == {who.name for who in PEOPLE if who.name != "Nessuno"}


def _plainly(engine: Engine, who: Actor, wanted: dict[str, Any]) -> list[int]:
    """The same in one plain statement over all cases."""
    query = select(instance.c.number).where(
        visible_instances(who, engine.permissions), within(instance.c.scope, wanted.get("scope", ""))
    )
    if "state" in wanted:
        query = query.where(instance.c.state == wanted["state"])
    if "process" in wanted:
        query = query.where(instance.c.definition_key == wanted["process"])
    if "text" in wanted:
        query = query.where(instance.c.title == wanted["text"])
    with engine.database.read() as connection:
        return list(connection.execute(query.order_by(instance.c.number.desc())).scalars())


def test_a_page_reads_no_more_rows_of_many_cases_than_of_few(postgresql_url: str) -> None:
    engine = opened(postgresql_url, 400)
    try:
        few = _rows_read(engine)
        with engine.database.begin() as work:
            work.connection.exec_driver_sql(
                "INSERT INTO instance (id, number, definition_id, definition_key, business_key, scope, title, words,"
                " subject, phase, state, revision, linked_from, run_state, started_at, started_by, ended_at,"
                " suspended_at, incidents) SELECT md5(g::text), 1000000 + g, definition_id, definition_key,"
                " business_key, 'ambito9/zona9',"
                " title, words, subject, phase, state, revision, linked_from, run_state, started_at,"
                " started_by, ended_at, suspended_at, incidents FROM generate_series(1, 20000) g, "
                " (SELECT * FROM instance WHERE state = 'active' LIMIT 1) one"
            )
        with engine.database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE instance")
        many = _rows_read(engine)
    finally:
        engine.close()
    for question, rows in many.items():
        assert rows <= few[question] + 300, f"{question}: {few[question]} rows, then {rows}"


def _rows_read(engine: Engine) -> dict[tuple[str, str], int]:
    """(who, question) → rows of large tables that its statements look at."""
    found = {}
    for who in PEOPLE:
        for question in PAGES:
            with recorded_statements(engine) as statements:
                engine.instances.list(who, InstanceFilter(**question))
            total = 0
            for statement in statements:
                with engine.database.read() as connection:
                    explained = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
                    (plan,) = connection.exec_driver_sql(explained, statement.values).scalar_one()
                total += _looked_at(plan["Plan"])
            found[who.id, str(question)] = total
    return found


def _looked_at(plan: dict[str, Any]) -> int:
    own = 0
    if plan.get("Relation Name") in ("instance", "participant") or "Index Name" in plan:
        left = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
        own = int((plan["Actual Rows"] + left) * plan["Actual Loops"])
    return own + sum(_looked_at(inner) for inner in plan.get("Plans", ()))
