"""Every test runs in one of the two suites, `make test` and `make test-slow`, and the automation runs both."""

from __future__ import annotations

import itertools
import re
import tomllib

from _pytest.mark.expression import Expression, ExpressionMatcher

from tests.architecture.sources import ROOT, python_files

PLAIN = ["pytest", "-n", "auto", "--dist", "worksteal", "$(PYTEST_ARGS)"]
COMMANDS = ("test", "test-slow")
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"][
    "ini_options"
]


def recipe(target: str) -> str:
    """The line by which the Makefile runs the tests of a target."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(rf"^{target}:.*\n\t\$\(BIN\)/(pytest .*)$", makefile, re.MULTILINE)
    assert found, f"the Makefile runs no tests for `make {target}`"
    return found[1]


def chosen(target: str) -> Expression:
    """Which tests a target runs, by their markers."""
    line = recipe(target)
    found = re.search(r'-m "([^"]+)"', line)
    assert found, line
    rest = line.replace(found[0], "")
    assert rest.split() == PLAIN, f"{line}: it leaves tests out"
    return Expression.compile(found[1])


def _is_among(marked: tuple[str, ...]) -> ExpressionMatcher:
    def matches(name: str, /, **_: str | int | bool | None) -> bool:
        return name in marked

    return matches


def test_the_two_suites_hold_every_test_once() -> None:
    names = [marker.partition(":")[0] for marker in SETTINGS["markers"]]
    suites = [chosen(command) for command in COMMANDS]
    assert not {"-m", "-k", "--ignore", "--deselect"}.intersection(SETTINGS["addopts"])
    for size in range(len(names) + 1):
        for marked in itertools.combinations(names, size):
            runs = [one.evaluate(_is_among(marked)) for one in suites]
            assert sum(runs) == 1, f"a test marked {marked or 'with nothing'} is in {sum(runs)} suites"


def test_no_test_lies_where_neither_suite_looks() -> None:
    looked = {ROOT / folder for folder in SETTINGS["testpaths"]}
    lost = [
        str(file.relative_to(ROOT))
        for file in python_files()
        if file.name.startswith("test_") and not looked.intersection(file.parents)
    ]
    assert not lost, lost


def test_the_automation_runs_both_and_the_readme_names_both() -> None:
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    readmes = [(ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.it.md")]
    for command in COMMANDS:
        assert re.search(rf"^make {command}( |$)", run, re.MULTILINE), f".ci/run: `make {command}` is missing"
        for readme in readmes:
            assert re.search(rf"^make {command}( |$)", readme, re.MULTILINE), f"README: `make {command}`"
