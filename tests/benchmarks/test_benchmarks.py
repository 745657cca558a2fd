"""The measures of `benchmarks/` still run: each with tiny numbers, printing its lines. No machine's speed is judged."""

from __future__ import annotations

import contextlib
import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg import sql

import benchmarks.__main__ as every
from benchmarks import (
    common_table,
    deadlines_million,
    feel_bombs,
    feel_speed,
    feel_tck,
    flat_cost,
    inbox_million,
    memory,
    timers_at_once,
)
from benchmarks.common_work import databases as places
from benchmarks.common_work.office import furnish
from tests import postgres_server
from tests.databases import TEMPLATE, Databases

Printed = pytest.CaptureFixture[str]


class SharedServer(places.Postgres):
    """The PostgreSQL of this test run in the place of one of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made = 0
        self.made: list[str] = []

    def url(self, name: str) -> str:
        return postgres_server.url(self.folder, name)

    def furnished(self, name: str = "") -> str:
        made = f"{TEMPLATE}_measure_{self.folder.name[-6:]}_{id(self)}"
        self._say(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(made), sql.Identifier(TEMPLATE))
        )
        self.made.append(made)
        furnish(self.url(made))
        return made

    def copy(self, name: str) -> str:
        copied = f"{name}_{len(self.made)}"
        self._say(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(copied), sql.Identifier(name))
        )
        self.made.append(copied)
        return copied

    def _say(self, *statements: sql.Composed) -> None:
        with contextlib.closing(postgres_server.connect(self.folder)) as connection:
            for statement in statements:
                connection.execute(statement)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, databases: Databases, tmp_path: Path) -> Iterator[None]:
    """The measures take place on this run's server and on copies of its files, quickly made."""
    with databases.postgresql():  # makes the template
        server = SharedServer(databases.postgresql_server())
    furnished: list[Path] = []

    @contextlib.contextmanager
    def postgres(**_options: str) -> Iterator[SharedServer]:
        yield server

    @contextlib.contextmanager
    def sqlite() -> Iterator[str]:
        with databases.sqlite(tmp_path) as url:
            file = Path(url.removeprefix("sqlite:///"))
            if furnished:
                shutil.copyfile(furnished[0], file)
            else:
                furnish(url)
                furnished.append(Path(shutil.copyfile(file, tmp_path / "furnished.db")))
            yield url

    monkeypatch.setattr(places, "postgres", postgres)
    monkeypatch.setattr(places, "sqlite", sqlite)
    yield
    for name in server.made:
        server.drop(name)


@pytest.mark.usefixtures("here")
def test_flat_cost(capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flat_cost, "SAMPLE", 2)
    assert flat_cost.main(["--turns", "6", "--before", "3"]) == 0
    printed = capsys.readouterr().out
    for name in ("PostgreSQL", "SQLite"):
        assert f"{name}, a turn: first" in printed
        assert f"{name}, a whole instance: first" in printed


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_memory(capsys: Printed) -> None:
    assert memory.main(["--instances", "10"]) == 0
    printed = capsys.readouterr().out
    assert "10 instances:" in printed
    assert "kB for each further instance" in printed


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("target", "missed"), [(0.0, 0), (math.inf, 1)])
def test_timers_at_once(capsys: Printed, monkeypatch: pytest.MonkeyPatch, target: float, missed: int) -> None:
    monkeypatch.setattr(timers_at_once, "TARGET", target)
    assert timers_at_once.main(["--timers", "10"]) == missed
    printed = capsys.readouterr().out
    assert printed.count("10 timers due at once fire at") == 2


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_common_table(capsys: Printed) -> None:
    assert common_table.main(["--instances", "2", "--only", "this engine, services"]) == 0
    printed = capsys.readouterr().out
    assert "completions/s" in printed
    for name in ("this engine, services, PostgreSQL", "this engine, services, SQLite"):
        (line,) = (line for line in printed.splitlines() if line.startswith(name))
        assert len(line.split()) > 6


@pytest.mark.parametrize(("target", "missed"), [(math.inf, 0), (1e-9, 1)])
def test_inbox_million(capsys: Printed, monkeypatch: pytest.MonkeyPatch, target: float, missed: int) -> None:
    monkeypatch.setitem(inbox_million.TARGETS, "service", target)
    monkeypatch.setattr(
        inbox_million, "_pages", lambda url, rounds: 0
    )  # a server of its own takes long to start
    assert inbox_million.main(["--tasks", "240", "--users", "5", "--rounds", "2", "--sqlite"]) == missed
    printed = capsys.readouterr().out
    assert "SQLite: 240 open tasks loaded" in printed
    for what in (
        "first page and counts",
        "hundredth page and counts",
        "list of cases",
        "search tasks by name",
    ):
        assert f"service  {what}" in printed


@pytest.mark.parametrize(("seconds", "missed"), [(math.inf, 0), (0.0, 1)])
def test_deadlines_million(
    capsys: Printed, monkeypatch: pytest.MonkeyPatch, seconds: float, missed: int
) -> None:
    monkeypatch.setattr(deadlines_million, "APPLY_SECONDS", seconds)
    monkeypatch.setattr(deadlines_million, "PREVIEW_SECONDS", seconds)
    monkeypatch.setattr(deadlines_million, "FEW", 5)
    monkeypatch.setattr(deadlines_million, "SCOPES", 3)  # few and many are in the same ones
    monkeypatch.setattr(deadlines_million, "_idle", lambda world: 0)  # it looks on for long
    assert deadlines_million.main(["--timers", "20", "--sqlite"]) == missed
    printed = capsys.readouterr().out
    assert "SQLite: 20 waiting timers" in printed
    assert "undone" in printed


@pytest.mark.parametrize(("allowed", "exceeded"), [(math.inf, 0), (0.0, 1)])
def test_feel_bombs(capsys: Printed, monkeypatch: pytest.MonkeyPatch, allowed: float, exceeded: int) -> None:
    monkeypatch.setattr(feel_bombs, "MILLISECONDS", allowed)
    monkeypatch.setattr(feel_bombs, "REFUSED", dict(list(feel_bombs.REFUSED.items())[:1]))
    monkeypatch.setattr(feel_bombs, "HARMLESS", dict(list(feel_bombs.HARMLESS.items())[:1]))
    monkeypatch.setattr(feel_bombs, "megabytes", lambda text: 1.0)  # a child of a test process is too large
    assert feel_bombs.main() == exceeded
    assert "2 bombs; worst:" in capsys.readouterr().out


def test_feel_speed(capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feel_speed, "microseconds", lambda work, number=0: (work(), 1.0)[1])
    assert feel_speed.main() == 0
    printed = capsys.readouterr().out
    assert "ratio 1.0" in printed
    assert "(rule 51)" in printed


def test_feel_tck(capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feel_tck, "kit_folder", lambda: None)
    assert feel_tck.main() == 0
    assert "no pass rates" in capsys.readouterr().out


def test_all_of_them_are_run_and_the_worst_counts(capsys: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(every.__file__).parent
    names = sorted(file.stem for file in folder.glob("*.py") if not file.stem.startswith("_"))
    for name in names:
        monkeypatch.setattr(f"benchmarks.{name}.main", lambda: 1)
    assert every.main() == 1
    assert capsys.readouterr().out.split("── ")[1:] == [f"{name}\n" for name in names]
