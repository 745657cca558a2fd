"""Rules of the project: one clock, one place that commits, nothing evaluated as Python, short files."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.sources import (
    FOLDERS,
    ROOT,
    calls,
    dotted,
    imported,
    place,
    python_files,
    tree,
    written_files,
)

PRODUCT = ("engine", "modules", "web", "cli", "processes")
CLOCKS = {"now", "utcnow", "today"}
CLOCK_OWNERS = {"datetime", "date", "dt", "_datetime"}
LONGEST = 600
GENERATED = {
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-node.lock",
    "package-lock.json",
    "LICENSE",
}


def test_no_folder_is_left_out() -> None:
    """The rules look at every folder that holds Python files."""
    files = [file.relative_to(ROOT) for file in written_files() if file.suffix == ".py"]
    folders = {file.parts[0] for file in files if len(file.parts) > 1}
    assert folders - set(FOLDERS) == set()
    assert set(PRODUCT) == set(FOLDERS) - {"tests", "docs", "benchmarks", "tools"}


def test_only_the_clock_tells_the_time() -> None:
    wrong = []
    for file in python_files(*PRODUCT):
        if file == ROOT / "engine" / "clock.py":
            continue
        for name, line in calls(file):
            owner, _, method = name.rpartition(".")
            if method in CLOCKS and owner.split(".")[-1] in CLOCK_OWNERS:
                wrong.append(f"{place(file, line)} {name}()")
            if name in {"time.time", "time.time_ns", "time.localtime", "time.gmtime"}:
                wrong.append(f"{place(file, line)} {name}()")
            if name.lower().endswith(("func.now", "func.current_timestamp", "func.current_date")):
                wrong.append(
                    f"{place(file, line)} {name}(): the database has a clock of its own, no test moves it"
                )
    assert not wrong, "Ask the clock that was passed in (engine.clock):\n" + "\n".join(wrong)


def test_only_storage_commits() -> None:
    wrong = [
        f"{place(file, line)} {name}()"
        for file in python_files(*PRODUCT)
        if ROOT / "engine" / "storage" not in file.parents
        for name, line in calls(file)
        if name.endswith(".commit")
    ]
    assert not wrong, "The unit of work (engine.storage) holds the only commit:\n" + "\n".join(wrong)


def test_nothing_is_evaluated() -> None:
    """`eval`, `exec`, `compile` and their like would run what an analyst drew: also inside a library call."""
    wrong = [
        f"{place(file, line)} {name}()"
        for file in python_files(*PRODUCT)
        for name, line in calls(file)
        if name in {"eval", "exec", "compile", "__import__", "builtins.eval", "builtins.exec", "os.system"}
    ]
    assert not wrong, "\n".join(wrong)


def test_no_pickles() -> None:
    wrong = [
        f"{place(file, line)} import {name}"
        for file in python_files(*PRODUCT)
        for name, line in imported(file)
        if name.split(".")[0] in {"pickle", "marshal", "shelve", "dill"}
    ]
    assert not wrong, "State is JSON; a pickle runs whatever it holds:\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    ("folder", "may_import"),
    [
        ("engine/languages/feel", ("engine.languages.feel", "engine.localization")),
        ("engine/languages/dmn", ("engine.languages.dmn", "engine.languages.feel", "engine.localization")),
    ],
)
def test_languages_stand_alone(folder: str, may_import: tuple[str, ...]) -> None:
    """Expressions and tables can be read, tested and reused without the rest of the engine."""
    wrong = [
        f"{place(file, line)} import {name}"
        for file in python_files(folder)
        for name, line in imported(file)
        if name.startswith("engine") and not name.startswith(may_import)
    ]
    assert not wrong, "\n".join(wrong)


def test_private_modules_stay_private() -> None:
    """Pages and command line import no private module of the engine (a name that begins with an underscore)."""
    wrong = [
        f"{place(file, line)} import {name}"
        for file in python_files("web", "cli")
        for name, line in imported(file)
        if name.startswith("engine.") and any(part.startswith("_") for part in name.split("."))
    ]
    assert not wrong, "\n".join(wrong)


def test_every_module_says_what_it_is_for() -> None:
    wrong = [
        str(file.relative_to(ROOT))
        for file in python_files(*PRODUCT, "tools", "benchmarks")
        if tree(file).body and not ast.get_docstring(tree(file))
    ]
    assert not wrong, "Modules without an opening sentence:\n" + "\n".join(wrong)


def test_names_say_what_a_module_holds() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "managers", "misc", "common", "data"}
    wrong = [str(file.relative_to(ROOT)) for file in python_files() if vague & {file.stem, file.parent.name}]
    assert not wrong, "\n".join(wrong)


def test_files_stay_short() -> None:
    """Over 600 lines a file is split; migrations stay as they were written."""
    too_long = []
    for file in python_files():
        if "versions" in file.parts:
            continue
        lines = len(file.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST:
            too_long.append(f"{file.relative_to(ROOT)}: {lines} lines")
    assert not too_long, f"Over {LONGEST} lines:\n" + "\n".join(too_long)


def test_no_test_sleeps() -> None:
    """Time is moved, not waited for; only what watches another process may wait for it."""
    watchers = {ROOT / "tests" / "postgres_server.py", ROOT / "tests" / "live_site.py"}
    wrong = [
        place(file, line)
        for file in python_files("tests")
        if file not in watchers and "browser" not in file.parts and "acceptance" not in file.parts
        for name, line in calls(file)
        if name in {"time.sleep", "sleep", "asyncio.sleep"}
    ]
    assert not wrong, "Move the clock instead of sleeping:\n" + "\n".join(wrong)


def test_no_bare_except() -> None:
    wrong = [
        place(file, handler.lineno)
        for file in python_files(*PRODUCT)
        for handler in ast.walk(tree(file))
        if isinstance(handler, ast.ExceptHandler) and handler.type is None
    ]
    assert not wrong, "\n".join(wrong)


def _text_files() -> list[tuple[Path, str]]:
    found = []
    for file in written_files():
        if file.name in GENERATED:
            continue
        try:
            found.append((file, file.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


LOOSE_ENDS = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def test_no_loose_ends() -> None:
    wrong = [
        f"{place(file, number)} {line.strip()}"
        for file, text in _text_files()
        if file != Path(__file__)
        for number, line in enumerate(text.splitlines(), 1)
        if LOOSE_ENDS.search(line)
    ]
    assert not wrong, "\n".join(wrong)


# written in pieces so that this file passes its own rule
OF_ONE_MACHINE = re.compile(
    "|".join(["/work/" + "main", "/work/" + "shared", "/tmp/" + "[a-z]", "/ro" + "ot/", "/home/" + "[a-z]"])
    + "|"
    + "|".join(["pypi" + r"\.org", "files.python" + "hosted", "registry.npm" + "js", "crates" + r"\.io"])
)


def test_no_file_names_a_machine_or_a_registry() -> None:
    """A clone works anywhere: paths are relative, packages come from wherever pip and npm are set to look."""
    wrong = [
        f"{place(file, number)} {line.strip()[:120]}"
        for file, text in _text_files()
        for number, line in enumerate(text.splitlines(), 1)
        if OF_ONE_MACHINE.search(line)
    ]
    assert not wrong, "\n".join(wrong)


def test_lock_files_name_no_registry_and_no_machine() -> None:
    names = ["requirements.lock", "requirements-dev.lock", "requirements-node.lock"]
    for name in names:
        text = (ROOT / name).read_text()
        assert "://" not in text, f"{name} names a registry"
        assert "--hash=sha256:" in text, f"{name} has no hashes"
    assert '"resolved"' not in (ROOT / "web" / "assets" / "package-lock.json").read_text()


def test_both_locks_pin_the_same_versions() -> None:
    def pins(name: str) -> dict[str, str]:
        found = re.findall(
            r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", (ROOT / name).read_text(), re.MULTILINE
        )
        return dict(found)

    running, testing = pins("requirements.lock"), pins("requirements-dev.lock")
    assert running
    assert running.items() <= testing.items(), "run `make lock`: what is run is not what is tested"


def test_dotted_names_are_read_as_written() -> None:
    """The rules above stand on this reading of a call."""
    call = ast.parse("connection.begin().commit()").body[0]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    assert dotted(call.value.func).endswith(".commit")
