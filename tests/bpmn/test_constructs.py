"""Every construct does what BPMN 2.0.2 says, or is refused: state saved and read again between all steps,
finished tasks forgotten or kept, on SQLite and on PostgreSQL."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bpmn.constructs import FOLDER, Case, Construct, constructs
from tests.bpmn.stage import Stage
from tests.databases import Databases

ALL = constructs()
MOST_PLAYED = 8
PRUNING = "engine.spiff.pruning"
PRUNED = (True, False) if importlib.util.find_spec(PRUNING) else (True,)
CASES = [pytest.param(one, case, id=f"{one.id}-{case.name}") for one in ALL for case in one.cases]
REFUSED = [pytest.param(one, id=one.id) for one in ALL if one.refused]


class Stages:
    """A database of each kind, kept for some constructs: what a case leaves is ended; more rows make checks slow."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        self._databases = databases
        self._folder = folder
        self._open: dict[str, tuple[set[str], Stage, ExitStack]] = {}

    def on(self, kind: str, construct: Construct) -> Stage:
        """The stage of a construct on ``sqlite`` or ``postgresql``."""
        if kind in self._open:
            played, stage, _ = self._open[kind]
            if construct.id in played or len(played) < MOST_PLAYED:
                played.add(construct.id)
                return stage
        self.drop(kind)
        stack = ExitStack()
        made = self._databases.sqlite(self._folder) if kind == "sqlite" else self._databases.postgresql()
        stage = Stage(stack.enter_context(made))
        stack.callback(stage.close)
        self._open[kind] = ({construct.id}, stage, stack)
        return stage

    def drop(self, kind: str) -> None:
        """Close it and forget its database."""
        if kind in self._open:
            self._open.pop(kind)[2].close()


@pytest.fixture(scope="module")
def stages(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stages]:
    """The stages of this run."""
    found = Stages(databases, tmp_path_factory.mktemp("bpmn"))
    yield found
    found.drop("sqlite")
    found.drop("postgresql")


@pytest.mark.parametrize("pruned", PRUNED, ids=lambda on: "pruned" if on else "kept")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize(("construct", "case"), CASES)
def test_case(
    construct: Construct,
    case: Case,
    kind: str,
    pruned: bool,
    stages: Stages,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if len(PRUNED) > 1:
        monkeypatch.setattr(importlib.import_module(PRUNING), "ENABLED", pruned)
    told = ""
    try:
        stages.on(kind, construct).play(construct, case)
    except AssertionError as problem:
        told = f"{construct.id}, «{case.name}» (BPMN 2.0.2, {construct.section}): {problem}"
        stages.drop(kind)
    except Exception:
        stages.drop(kind)
        raise
    if told:
        pytest.fail(told, pytrace=False)


@pytest.mark.parametrize("construct", REFUSED)
def test_refused(construct: Construct, stages: Stages) -> None:
    found = stages.on("sqlite", construct).findings(construct.diagram)
    for wanted in construct.refused:
        assert any(one == wanted or one.partition("@")[0] == wanted for one in found), (
            f"{wanted} is not among {found}"
        )


def test_every_diagram_is_used() -> None:
    named = {path for one in ALL for path in (*one.deploy, one.diagram)}
    unused = [str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*.bpmn") if path not in named]
    assert not unused, f"no YAML file deploys {', '.join(unused)}"
