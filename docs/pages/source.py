"""Searches the project's own source for calls and constant texts: error codes, kinds of log entries, properties."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from docs.pages.markdown import ROOT


def calls(*places: str) -> Iterator[tuple[Path, ast.Call]]:
    """Every call in the Python files of some folders (or in single files), in the order of their paths."""
    for place in places:
        path = ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield file, node


def called(call: ast.Call) -> str:
    """The last name of what is called: `record` for `self.environment.record(…)`."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def texts(call: ast.Call) -> list[str]:
    """The constant texts among the arguments of a call, both branches of a choice included."""
    found = []
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        branches = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
        found += [
            one.value for one in branches if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
    return found


def words(place: str) -> frozenset[str]:
    """Every constant text of a file."""
    tree = ast.parse((ROOT / place).read_text(encoding="utf-8"))
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return frozenset(node.value for node in nodes if isinstance(node.value, str))
