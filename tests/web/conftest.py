"""What the tests of the pages share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import Databases
from tests.web.people import Desk, Office, furnish_database


@pytest.fixture(scope="session")
def furnished(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with ambiti, colleagues and the process, made once: hashing passwords takes its time."""
    folder = tmp_path_factory.mktemp("furnished")
    with databases.sqlite(folder) as url:
        furnish_database(url)
        file = Path(url.removeprefix("sqlite:///"))
    journal = file.with_name(file.name + "-wal")
    assert not journal.exists() or not journal.stat().st_size, "the journal was not merged"
    return file


@pytest.fixture
def furnished_url(furnished: Path, tmp_path: Path) -> str:
    """The address of a furnished database of one's own."""
    return f"sqlite:///{shutil.copyfile(furnished, tmp_path / 'patti.db')}"


@pytest.fixture
def office(furnished_url: str) -> Iterator[Office]:
    """A furnished office on a database of its own."""
    opened = Office.open(furnished_url)
    yield opened
    opened.engine.close()


@pytest.fixture
def anna(office: Office) -> Desk:
    """Anna, assistente sociale of the Ambito Cremasco, signed in."""
    return office.desk("anna")
