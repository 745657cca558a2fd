"""The lines that `make test` counts as executed are those that `coverage` traces, `except` and `case` aside."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage

from tools.line_coverage import VARIABLE, mark_statements

PROGRAM = '''"""A module."""
from __future__ import annotations

import contextlib


def sign(number):
    """Minus, zero or plus."""
    if number < 0:
        return "-"
    elif number == 0:
        return "0"
    try:
        float("x")
    except TypeError:
        never = 1
    except ValueError:
        pass
    else:
        never = 2
    match number:
        case 1:
            one = (
                number,
            )
        case _:
            one = None
    for _ in range(number):
        break
    else:
        never = 3
    with contextlib.suppress(KeyError):
        {}["gone"]
        never = 4
    return "+"


class Unused:
    @property
    def value(self):
        return 1


CALLS
'''


def marked_lines(source: str) -> set[int]:
    """The lines that the marks count when the source runs."""
    tree = ast.parse(source)
    lines: list[list[int]] = []
    mark_statements(tree, lines)
    executed = [0] * len(lines)
    space: dict[str, Any] = {VARIABLE: executed, "__name__": "marked"}
    exec(compile(tree, "marked.py", "exec"), space)  # noqa: S102 (the program of this test)
    return {line for numbers, reached in zip(lines, executed, strict=True) if reached for line in numbers}


def traced_lines(source: str, folder: Path) -> tuple[set[int], set[int]]:
    """The lines that coverage traces, and all that it takes for statements."""
    file = folder / "traced.py"
    file.write_text(source, encoding="utf-8")
    traced = Coverage(data_file=None, include=[str(file)], config_file=False)
    with traced.collect():
        exec(compile(source, str(file), "exec"), {"__name__": "traced"})  # noqa: S102 (the program of this test)
    _, statements, _, missing, _ = traced.analysis2(str(file))
    return set(statements) - set(missing), set(statements)


@pytest.mark.parametrize(
    "calls", ["", "sign(-1)", "sign(0)", "sign(1)", "sign(2)", "sign(-1); sign(0); sign(2)"]
)
def test_marks_agree_with_the_tracer(calls: str, tmp_path: Path) -> None:
    source = PROGRAM.replace("CALLS", calls)
    traced, statements = traced_lines(source, tmp_path)
    branches = {
        number
        for number, line in enumerate(source.splitlines(), 1)
        if line.strip().startswith(("except ", "case "))
    }  # marked when their block begins, traced when they are looked at
    assert (marked_lines(source) & statements) - branches == traced - branches
