"""The project's own files, as the architecture tests read them."""

from __future__ import annotations

import ast
import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDERS = ("engine", "modules", "web", "cli", "processes", "tests", "docs", "benchmarks", "tools")
BUILT = {"node_modules", "static", ".static-new", "__pycache__"}


def python_files(*folders: str) -> list[Path]:
    """Every Python file of the folders named, or of all of them; each must be there."""
    absent = [folder for folder in folders or FOLDERS if not (ROOT / folder).is_dir()]
    assert not absent, f"no folder {', '.join(absent)}: was it renamed?"
    return [
        file
        for folder in folders or FOLDERS
        for file in sorted((ROOT / folder).rglob("*.py"))
        if not BUILT.intersection(file.parts)
    ]


def written_files() -> list[Path]:
    """Every file that git would keep: followed already, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [ROOT / name for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).is_file()]


@functools.cache
def tree(file: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


def place(file: Path, line: int) -> str:
    """`package/file.py:12`, as an editor can open it."""
    return f"{file.relative_to(ROOT)}:{line}"


def dotted(node: ast.AST) -> str:
    """`datetime.now` for the node of that expression; empty for anything that is not a plain dotted name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else f"?.{node.attr}"
    return ""


def calls(file: Path) -> list[tuple[str, int]]:
    """Every call in a file, as (dotted name, line)."""
    return [(dotted(node.func), node.lineno) for node in ast.walk(tree(file)) if isinstance(node, ast.Call)]


def imported(file: Path) -> list[tuple[str, int]]:
    """Every module that a file imports, as (module, line); `from a import b` gives both `a` and `a.b`."""
    found: list[tuple[str, int]] = []
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append((node.module, node.lineno))
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    return found
