"""Several workers over one PostgreSQL: they share the work, are killed at random, and do each thing once."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from engine.access import SYSTEM
from engine.clock import SystemClock, VirtualClock
from engine.definitions.resources import DeploymentBundle
from engine.engine import Engine
from engine.instances.selection import Selection
from engine.scheduling.overrides import Every
from engine.settings import Settings
from engine.storage.tables import event, instance, outbox, scheduled_start, timer
from tests.live_site import LOCAL, ROOT, free_port
from tests.worker_processes import crowd

PROCESSES = Path(__file__).parent / "crash_recovery" / "processes"
PATIENCE = 60
TOKEN = "guardiano"
KILLS = 8
EVERY_SECOND = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:c="http://camunda.org/schema/1.0/bpmn" targetNamespace="prova">
  <process id="da_se" name="Da s\xc3\xa9" isExecutable="true">
    <startEvent id="Inizio"><extensionElements><c:properties><c:property name="ambito" value="cremona"/>
      </c:properties></extensionElements>
      <timerEventDefinition><timeCycle>R/PT1S</timeCycle></timerEventDefinition></startEvent>
    <userTask id="Guarda" name="Guarda" c:candidateGroups="operatore"/>
    <sequenceFlow id="f" sourceRef="Inizio" targetRef="Guarda"/>
  </process></definitions>"""


@pytest.fixture
def settings(postgresql_url: str, tmp_path: Path) -> Settings:
    """A PostgreSQL database and a process whose timers are due every second."""
    folder = tmp_path / "processes"
    shutil.copytree(PROCESSES, folder)
    shutil.copy(ROOT / "processes" / "ruoli.yaml", folder)
    return Settings(
        database_url=postgresql_url,
        processes_folder=str(folder),
        secret_key="prova",
        sweep_seconds=2,
        embedded_jobs=False,
        metrics_token=TOKEN,
        retry_seconds=1,
    )


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    """What a web process is: it changes cases and runs no job."""
    with contextlib.closing(Engine.open(settings)) as opened:
        opened.deployments.deploy_folder(settings.processes_folder, SYSTEM)
        yield opened


def start_cases(engine: Engine, many: int) -> None:
    """Cases of which each repeats a timer every second."""
    for number in range(many):
        engine.instances.start("tempesta", {"persona": f"persona:{number}"}, SYSTEM, "cremona")


class Workers:
    """`patti worker` processes."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        chosen = {
            "PATTI_" + name.upper(): str(getattr(settings, name))
            for name in ("database_url", "processes_folder", "secret_key", "sweep_seconds", "metrics_token")
        }
        self._environment = {**os.environ, **chosen}
        self._folder = folder
        self._started = 0
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """One more."""
        self._started += 1
        with (self._folder / f"{self._started}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", "worker", *arguments],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.running.append(process)
        return process

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL: nothing gets a chance to tidy up."""
        process.kill()
        process.wait(20)
        self.running.remove(process)

    @property
    def log(self) -> str:
        """What they said."""
        return "\n".join(file.read_text() for file in sorted(self._folder.glob("*.log")))


@pytest.fixture
def workers(settings: Settings, tmp_path: Path) -> Iterator[Workers]:
    """No worker yet; those left at the end are killed."""
    found = Workers(settings, tmp_path)
    yield found
    for process in list(found.running):
        found.kill(process)


def until(what: Callable[[], bool], told: Callable[[], str] = lambda: "") -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline, told()[-4000:]
        threading.Event().wait(0.05)


def count(engine: Engine, table: Any, *conditions: Any) -> int:
    """How many rows there are."""
    with engine.database.read() as connection:
        query = select(func.count()).select_from(table).where(*conditions)
        return int(connection.execute(query).scalar_one())


def fired(engine: Engine) -> int:
    """How many timers have fired."""
    return count(engine, timer, timer.c.state == "fired")


def faults(engine: Engine) -> list[str]:
    """Timers that fired and are not told once, or are told and have not fired; deliveries lost or repeated; cases
    that made more or fewer steps than their timers."""
    with engine.database.read() as connection:
        steps = connection.execute(
            select(instance.c.id, instance.c.revision, func.count(timer.c.id).label("fired"))
            .join(timer, (timer.c.instance_id == instance.c.id) & (timer.c.state == "fired"), isouter=True)
            .group_by(instance.c.id, instance.c.revision)
        ).all()
        states = {row.id: row.state for row in connection.execute(select(timer.c.id, timer.c.state))}
        told = Counter(
            row.data["timer"]
            for row in connection.execute(select(event.c.data).where(event.c.kind == "timer.fired"))
        )
    notices = count(engine, outbox, outbox.c.kind == "notify")
    done = {one for one, state in states.items() if state == "fired"}
    found = [
        f"{one} is {states[one]} and told {told[one]} times" for one in done | set(told) if told[one] != 1
    ]
    found += [f"{one} is told and is {states[one]}" for one in told if one not in done]
    found += [
        f"{row.id}: {row.revision} steps, {row.fired} timers"
        for row in steps
        if row.revision != row.fired + 1
    ]
    if notices != len(done):
        found.append(f"{len(done)} timers fired, {notices} notices were written")
    return found


@pytest.mark.slow
def test_killed_at_random_every_timer_fires_exactly_once(engine: Engine, settings: Settings) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    start_cases(engine, 6)
    with crowd(settings, 3) as workers:
        until(lambda: fired(engine) > 6)
        for _ in range(KILLS):
            threading.Event().wait(chance.uniform(0, 0.5))
            workers.kill(chance.choice(workers.members))
            workers.add()
        reached = fired(engine)
        until(lambda: fired(engine) > reached + 12)
        assert workers.stop() == [0, 0, 0]
    assert faults(engine) == [], f"seed {seed}"


@pytest.mark.slow
def test_cases_that_begin_by_themselves_begin_once_whoever_is_killed(
    engine: Engine, settings: Settings
) -> None:
    engine.deployments.deploy(DeploymentBundle.from_files({"da_se.bpmn": EVERY_SECOND}), SYSTEM)

    def begun() -> int:
        return count(engine, instance, instance.c.definition_key == "da_se")

    with crowd(settings, 2) as workers:
        for _ in range(3):
            reached = begun()
            until(lambda reached=reached: begun() > reached)  # type: ignore[misc]
            workers.kill(workers.members[0])
            workers.add()
        assert workers.stop() == [0, 0]
    assert begun() == count(engine, scheduled_start, scheduled_start.c.state == "ended")
    assert count(engine, scheduled_start, scheduled_start.c.state == "waiting") == 1


@pytest.mark.slow
def test_an_operation_over_many_cases_goes_on_when_a_worker_is_killed(
    engine: Engine, settings: Settings
) -> None:
    start_cases(engine, 30)
    with crowd(settings, 2) as workers:
        ordered = engine.batches.create("suspend", {}, Selection(key="tempesta"), SYSTEM, "Pausa")
        until(lambda: engine.batches.get(ordered, SYSTEM).finished > 0)
        workers.kill(workers.members[0])
        until(lambda: engine.batches.get(ordered, SYSTEM).state == "done")
        assert workers.stop() == [0]
    assert engine.batches.get(ordered, SYSTEM).counts["done"] == 30
    assert count(engine, event, event.c.kind == "instance.suspended") == 30
    assert count(engine, instance, instance.c.state == "suspended") == 30


@pytest.mark.slow
def test_a_worker_tells_how_it_is_and_ends_when_asked(
    engine: Engine, workers: Workers, settings: Settings
) -> None:
    start_cases(engine, 1)
    port = free_port()
    process = workers.start("--port", str(port))

    def get(path: str, token: str = "") -> tuple[int, str]:
        request = urllib.request.Request(
            f"http://{LOCAL}:{port}{path}", headers={"Authorization": f"Bearer {token}"}
        )
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, ""
        except OSError:
            return 0, ""

    until(lambda: get("/salute/pronto")[0] == 200, lambda: workers.log)
    until(lambda: fired(engine) > 1, lambda: workers.log)
    assert get("/metriche")[0] == 404
    status, figures = get("/metriche", TOKEN)
    assert status == 200
    assert "patti_timer_lag_seconds" in figures
    assert float(figures.partition("\npatti_steps_total ")[2].split()[0]) >= 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0, workers.log[-3000:]
    workers.running.clear()
    assert "Traceback" not in workers.log


@contextlib.contextmanager
def in_this_process(settings: Settings, clock: VirtualClock) -> Iterator[Engine]:
    """A worker that lives by another clock, on a thread."""
    with contextlib.closing(Engine.open(settings, clock=clock, upgrade=False)) as engine:
        jobs = engine.worker()
        thread = threading.Thread(target=jobs.run)
        thread.start()
        try:
            until(lambda: jobs.is_healthy)
            yield engine
        finally:
            jobs.stop()
            thread.join(PATIENCE)
            assert not thread.is_alive()


@pytest.mark.slow
def test_two_workers_whose_clock_is_moved_fire_what_is_due_by_it_once(
    engine: Engine, settings: Settings
) -> None:
    start_cases(engine, 4)
    clock = VirtualClock(datetime(2016, 1, 1, tzinfo=UTC))
    with in_this_process(settings, clock), in_this_process(settings, clock):
        threading.Event().wait(2.5)
        assert fired(engine) == 0, "by their clock nothing is due"
        clock.set(SystemClock().now() + timedelta(seconds=3))
        until(lambda: fired(engine) >= 8)
    assert faults(engine) == []


def test_what_is_due_soon_leaves_one_hint_in_the_same_transaction(engine: Engine) -> None:
    def hints() -> list[str]:
        with engine.database.read() as connection:
            query = text("SELECT task_name FROM procrastinate_jobs ORDER BY task_name")
            return list(connection.execute(query).scalars())

    start_cases(engine, 1)
    assert hints() == [], "nobody works: whoever begins looks at everything"
    with engine.database.begin() as work:
        work.connection.execute(text("SELECT procrastinate_register_worker_v1()"))
    with contextlib.suppress(ZeroDivisionError), engine.database.begin() as work:
        work.connection.execute(update(timer).values(due_at=SystemClock().now() + timedelta(seconds=20)))
        raise ZeroDivisionError
    assert hints() == [], "undone with the change"
    for seconds in (20, 21, 22):
        with engine.database.begin() as work:
            work.connection.execute(
                update(timer).values(due_at=SystemClock().now() + timedelta(seconds=seconds))
            )
    assert hints() == ["timers"]
    with engine.database.begin() as work:
        work.connection.execute(update(timer).values(due_at=SystemClock().now() + timedelta(days=20)))
    assert hints() == ["timers"], "a sweep comes first"
    with engine.database.begin() as work:
        work.connection.execute(update(timer).values(due_at=SystemClock().now() + timedelta(seconds=5)))
    assert hints() == ["timers", "timers"], "earlier than the one there is"


def test_a_deadline_of_all_that_moves_to_now_leaves_one_hint(engine: Engine) -> None:
    start_cases(engine, 5)
    with engine.database.begin() as work:
        work.connection.execute(text("SELECT procrastinate_register_worker_v1()"))
    (line,) = [one for one in engine.deadlines.list(SYSTEM) if one.deadline.repeats]
    assert line.waiting == 5
    term = Every(1, "giorni", until=date(2199, 1, 1))
    seen = engine.deadlines.preview(line.deadline.key, "", term, SYSTEM)
    engine.deadlines.apply(
        line.deadline.key, "", term, fingerprint=seen.fingerprint, reason="Prova", actor=SYSTEM
    )
    with engine.database.read() as connection:
        query = text("SELECT task_name FROM procrastinate_jobs WHERE task_name = 'timers'")
        assert connection.execute(query).scalars().all() == ["timers"]
