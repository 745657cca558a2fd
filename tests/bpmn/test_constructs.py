"""Every construct does what BPMN 2.0.2 says, or is refused: state saved and read again between all steps,
finished tasks forgotten or kept, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from engine.spiff import pruning
from tests.bpmn.case_runner import CaseRunner
from tests.bpmn.constructs import FOLDER, Case, Construct, constructs
from tests.databases import Databases

ALL = constructs()
MOST_PLAYED = 8
CASES = [pytest.param(one, case, id=f"{one.id}-{case.name}") for one in ALL for case in one.cases]
REFUSED = [pytest.param(one, id=one.id) for one in ALL if one.refused]


class CaseRunners:
    """A database of each kind, kept for some constructs: what a case leaves is ended; more rows make checks slow."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        self._databases = databases
        self._folder = folder
        self._open: dict[str, tuple[set[str], CaseRunner, ExitStack]] = {}

    def on(self, kind: str, construct: Construct) -> CaseRunner:
        """The runner for a construct on ``sqlite`` or ``postgresql``."""
        if kind in self._open:
            played, runner, _ = self._open[kind]
            if construct.id in played or len(played) < MOST_PLAYED:
                played.add(construct.id)
                return runner
        self.drop(kind)
        stack = ExitStack()
        made = self._databases.sqlite(self._folder) if kind == "sqlite" else self._databases.postgresql()
        runner = CaseRunner(stack.enter_context(made))
        stack.callback(runner.close)
        self._open[kind] = ({construct.id}, runner, stack)
        return runner

    def drop(self, kind: str) -> None:
        """Close it and forget its database."""
        if kind in self._open:
            self._open.pop(kind)[2].close()


@pytest.fixture(scope="module")
def runners(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseRunners]:
    """The runners of this run."""
    found = CaseRunners(databases, tmp_path_factory.mktemp("bpmn"))
    yield found
    found.drop("sqlite")
    found.drop("postgresql")


@pytest.mark.parametrize("pruned", [True, False], ids=lambda on: "pruned" if on else "kept")
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize(("construct", "case"), CASES)
def test_case(
    construct: Construct,
    case: Case,
    kind: str,
    pruned: bool,
    runners: CaseRunners,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pruning, "ENABLED", pruned)
    told = ""
    try:
        runners.on(kind, construct).play(construct, case)
    except AssertionError as problem:
        told = f"{construct.id}, «{case.name}» (BPMN 2.0.2, {construct.section}): {problem}"
        runners.drop(kind)
    except Exception:
        runners.drop(kind)
        raise
    if told:
        pytest.fail(told, pytrace=False)


@pytest.mark.parametrize("construct", REFUSED)
def test_refused(construct: Construct, runners: CaseRunners) -> None:
    found = runners.on("sqlite", construct).findings(construct.diagram)
    for wanted in construct.refused:
        assert any(one == wanted or one.partition("@")[0] == wanted for one in found), (
            f"{wanted} is not among {found}"
        )


def test_every_diagram_is_used() -> None:
    assert CASES
    assert REFUSED
    named = {path for one in ALL for path in (*one.deploy, one.diagram)}
    unused = [str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*.bpmn") if path not in named]
    assert not unused, f"no YAML file deploys {', '.join(unused)}"
