"""A pytest plugin that records the executed lines; `coverage` reports them at the end of `make test`.

On Python 3.11 `coverage` can only trace: that makes the tests 60 to 90 % slower. Here a module of the product gets,
when it is imported, an assignment before each of its statements, which costs far less. Processes that a
test starts are not measured.

After a run: `.venv/bin/coverage report -m` lists every missed line, `.venv/bin/coverage html` shows them.
"""

from __future__ import annotations

import ast
import io
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from coverage import Coverage, CoverageData

ROOT = Path(__file__).resolve().parent.parent
SHOWN = 15
"""How many of the least covered files the summary names."""

VARIABLE = "__executed__"
"""The list that a measured module holds: one item for each statement, 1 once it has been reached."""


def mark_statements(node: ast.AST, lines: list[list[int]]) -> None:
    """Put `__executed__[n] = 1` before every statement inside the node; `lines[n]` becomes its lines."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list):
            block[:] = _marked(block, lines, _own_lines(node) if name == "body" else [])
    for branch in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        mark_statements(branch, lines)


def _marked(block: list[ast.stmt], lines: list[list[int]], before: list[int]) -> list[ast.stmt]:
    marked: list[ast.stmt] = []
    for statement in block:
        future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        if future or (not marked and _is_text(statement)):
            # nothing may precede these: they count as executed with the statement that follows
            before = [*before, *_header(statement)]
        else:
            marked.append(_mark(len(lines), statement))
            lines.append([*before, *_header(statement)])
            before = []
        marked.append(statement)
        mark_statements(statement, lines)
    return marked


def _mark(number: int, statement: ast.stmt) -> ast.stmt:
    item = ast.Subscript(ast.Name(VARIABLE, ast.Load()), ast.Constant(number), ast.Store())
    mark = ast.copy_location(ast.Assign([item], ast.Constant(1)), statement)
    return ast.fix_missing_locations(mark)


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _own_lines(node: ast.AST) -> list[int]:
    """The line of `except …:` and `case …:`: no statement of its own, executed with the first of its block."""
    if isinstance(node, ast.ExceptHandler):
        return [node.lineno]
    return [node.pattern.lineno] if isinstance(node, ast.match_case) else []


def _header(statement: ast.stmt) -> range:
    """The lines of a statement without those of the blocks inside it."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(one.lineno for one in decorators)])
    block: list[ast.stmt] | None = getattr(statement, "body", None)
    last = block[0].lineno - 1 if block else statement.end_lineno or statement.lineno
    if isinstance(statement, ast.Match):
        last = statement.cases[0].pattern.lineno - 1
    return range(first, max(last, statement.lineno) + 1)


class MeasuredModule(SourceFileLoader):
    """Imports one module of the product with its statements marked; `lines` and `executed` belong together."""

    def __init__(self, name: str, path: str) -> None:
        super().__init__(name, path)
        self.lines: list[list[int]] = []
        self.executed: list[int] = []

    def get_code(self, fullname: str) -> CodeType:
        """The code of the marked source; the compiled file on disk has no marks, so it is not used."""
        source = ast.parse(self.get_data(self.path), self.path)
        self.lines = []
        mark_statements(source, self.lines)
        self.executed[:] = [0] * len(self.lines)
        return self.source_to_code(source, self.path)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module with its list of marks in place."""
        setattr(module, VARIABLE, self.executed)
        super().exec_module(module)


class ProductFinder(MetaPathFinder):
    """Finds the modules of the measured packages, and keeps the loaders to read their marks later."""

    def __init__(self, packages: Sequence[str]) -> None:
        self.packages = frozenset(packages)
        self.modules: list[MeasuredModule] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Leave every other package to Python's own finders."""
        if fullname.partition(".")[0] not in self.packages:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec and type(spec.loader) is SourceFileLoader:
            loader = MeasuredModule(fullname, spec.loader.path)
            self.modules.append(loader)
            spec.loader = loader
        return spec

    def executed_lines(self) -> dict[str, set[int]]:
        """The lines executed in this process, by file; a file of which none was executed has an empty set."""
        found: dict[str, set[int]] = {
            str(file): set() for package in self.packages for file in (ROOT / package).rglob("*.py")
        }
        for module in self.modules:
            lines = found.setdefault(module.path, set())
            for numbers, executed in zip(module.lines, module.executed, strict=True):
                if executed:
                    lines.update(numbers)
        return found


REPORT = Coverage(config_file=str(ROOT / "pyproject.toml"))
FINDER = ProductFinder(REPORT.config.source or ())
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


def pytest_load_initial_conftests() -> None:
    """Measure every module of the product: the first conftest.py, which imports some, comes after this."""
    sys.meta_path.insert(0, FINDER)


def pytest_sessionstart() -> None:
    """Remove what an interrupted run has left."""
    if not WORKER:
        for file in ROOT.glob(".coverage.*"):
            file.unlink()


def pytest_sessionfinish() -> None:
    """Write the lines that this process has executed."""
    written = CoverageData(str(ROOT / ".coverage"), suffix=True)
    written.add_lines(FINDER.executed_lines())
    written.write()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Join the lines of all workers and print the total and the least covered files."""
    if WORKER:
        return
    REPORT.combine([str(ROOT)])
    REPORT.save()
    with io.StringIO() as text:
        REPORT.report(file=text)
        table = text.getvalue().splitlines()
    total = next(row for row in table if row.startswith("TOTAL"))
    terminalreporter.section(f"coverage: the {SHOWN} files with the largest share of lines not executed")
    for row in [*table[: SHOWN + 2], total]:
        terminalreporter.write_line(row)
