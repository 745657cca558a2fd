"""Worlds at the stages where the tests of the invariants begin, on SQLite and on PostgreSQL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.simulation import World
from tests.acceptance.stages import Album
from tests.databases import Databases


@pytest.fixture(scope="session")
def album(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Album]:
    """Photographs of the stages, taken when first asked for."""
    with contextlib.ExitStack() as stack:
        yield Album(databases, tmp_path_factory.mktemp("album"), stack)


@pytest.fixture
def newborn(album: Album, database_kind: str, tmp_path: Path) -> Iterator[World]:
    """Everything published, no case yet."""
    with album.copy(database_kind, "inizio", tmp_path) as world:
        yield world


@pytest.fixture
def project(album: Album, database_kind: str, tmp_path: Path) -> Iterator[World]:
    """A case whose project and budget are to be written."""
    with album.copy(database_kind, "progetto", tmp_path) as world:
        yield world


@pytest.fixture
def sitting(album: Album, database_kind: str, tmp_path: Path) -> Iterator[World]:
    """A case before the commissione: Dario has written the project, Elena has made the proposal."""
    with album.copy(database_kind, "commissione", tmp_path) as world:
        yield world


@pytest.fixture
def active(album: Album, database_kind: str, tmp_path: Path) -> Iterator[World]:
    """A patto on its first day, 29/2/2016 at 8, with 2.000 € committed; Fabio is the tutor."""
    with album.copy(database_kind, "attivo", tmp_path) as world:
        yield world


@pytest.fixture
def two_signatures(album: Album, database_kind: str, tmp_path: Path) -> Iterator[World]:
    """Two patti of one person, planned for 2.000 € each, one signature before both are committed."""
    with album.copy(database_kind, "due_firme", tmp_path) as world:
        yield world
