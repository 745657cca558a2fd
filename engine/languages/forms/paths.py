"""Where a value sits in a form: `obiettivi[0].testo` in a page, ("obiettivi", 0, "testo") in Python."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, Mapping
from typing import Any

Path = tuple[str | int, ...]
Shape = tuple[str, ...]
ROW = "[]"

_NAME = re.compile(r"[^\W\d]\w*(\[[0-9]{1,4}\]|\.[^\W\d]\w*)*")
_STEP = re.compile(r"\[([0-9]+)\]|([^.\[\]]+)")


def name_of(path: Path) -> str:
    """The name an HTML input carries for this path."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def path_of(name: str) -> Path | None:
    """The path behind an input's name, or None when it is not one."""
    if len(name) > 500 or not _NAME.fullmatch(name):
        return None
    return tuple(int(index) if index else step for index, step in _STEP.findall(name))


def keys(dotted: str) -> Path:
    """The steps of a component's key."""
    return tuple(dotted.split(".")) if dotted else ()


def shape_of(path: Path) -> Shape:
    """The path with every row number blotted out."""
    return tuple(ROW if isinstance(step, int) else step for step in path)


def dig(tree: Any, path: Iterable[str | int]) -> Any:
    """What lies at a path of contexts and lists, or None."""
    for step in path:
        if isinstance(step, int):
            tree = tree[step] if isinstance(tree, list | tuple) and step < len(tree) else None
        else:
            tree = tree.get(step) if isinstance(tree, Mapping) else None
    return tree


def in_front(own: dict[str, Any], behind: Mapping[str, Any]) -> Mapping[str, Any]:
    """Names that cover those of another mapping, which is only looked into, never copied."""
    maps = behind.maps if isinstance(behind, ChainMap) else [behind]
    return ChainMap(own, *maps)


def put(tree: dict[str, Any], path: Path, value: Any) -> None:
    """Store under a path of names, making the contexts on the way."""
    for step in path[:-1]:
        tree = tree.setdefault(str(step), {})
    tree[str(path[-1])] = value
