"""What every test and every scenario can ask for: a database of its own, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher

import modules
from engine.access import passwords
from tests import postgres_server
from tests.databases import PROCESSES, Databases

pytest_plugins = ("engine.simulation.pytest_plugin",)

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
"""Signing in costs next to nothing here; `tests/engine/access/test_users.py` tells what it costs otherwise."""

RUN_FOLDER = pytest.StashKey[Path]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--screenshots` writes the pictures that the documentation shows."""
    parser.addoption("--screenshots", action="store_true", help="keep the pictures of pages in docs/images")


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that the processes of this run share; PostgreSQL starts in it when first asked for."""
    for name in [name for name in os.environ if name.startswith("PATTI_") and name != "PATTI_CHROMIUM"]:
        del os.environ[name]  # the settings of whoever runs the tests are not the tests'
    modules.load()
    passwords._hasher = CHEAP
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    config.stash[RUN_FOLDER] = Path(worker["run_folder"]) if worker else postgres_server.new_folder()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where that folder is and which process owns it."""
    node.workerinput["run_folder"] = str(node.config.stash[RUN_FOLDER])
    node.workerinput["owner"] = os.getpid()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop PostgreSQL and remove the folder, once, in the process that made it."""
    if not hasattr(config, "workerinput") and RUN_FOLDER in config.stash:
        postgres_server.stop_shared(config.stash[RUN_FOLDER])


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Iterator[Databases]:
    """Where databases come from; use `database_url` unless a test needs several of them."""
    worker: dict[str, Any] | None = getattr(pytestconfig, "workerinput", None)
    owner = int(worker["owner"]) if worker else os.getpid()
    found = Databases(pytestconfig.stash[RUN_FOLDER], owner)
    yield found
    found.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """The kind of database: the test runs once on SQLite and once on PostgreSQL."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, databases: Databases, tmp_path: Path) -> Iterator[str]:
    """Address of a new database with all tables, on SQLite and on PostgreSQL."""
    with databases.new(database_kind, tmp_path) as url:
        yield url


@pytest.fixture
def scenario_database(
    request: pytest.FixtureRequest, database_kind: str, databases: Databases, tmp_path: Path
) -> Iterator[str]:
    """Address of a new database; for a scenario of the project's processes, these are published in it."""
    beside = PROCESSES in request.node.path.parents
    made = databases.published if beside else databases.new
    with made(database_kind, tmp_path) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[str]:
    """Address of a new database without tables, on SQLite and on PostgreSQL: for tests of migrations."""
    if request.param == "sqlite":
        with databases.sqlite(tmp_path, migrated=False) as url:
            yield url
    else:
        with databases.postgresql(migrated=False) as url:
            yield url


@pytest.fixture
def sqlite_url(databases: Databases, tmp_path: Path) -> Iterator[str]:
    """Address of a new SQLite file with all tables, for a test that is about SQLite alone."""
    with databases.sqlite(tmp_path) as url:
        yield url


@pytest.fixture
def postgresql_url(databases: Databases) -> Iterator[str]:
    """Address of a new PostgreSQL database with all tables, for a test that is about PostgreSQL alone."""
    with databases.postgresql() as url:
        yield url
