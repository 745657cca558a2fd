"""Paths of values: `obiettivi[0].testo` in a page is ("obiettivi", 0, "testo") in Python."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Iterable, Mapping
from typing import Any

Path = tuple[str | int, ...]
PathPattern = tuple[str, ...]
ROW = "[]"

_NAME = re.compile(r"[^\W\d]\w*(\[[0-9]{1,4}\]|\.[^\W\d]\w*)*")
_STEP = re.compile(r"\[([0-9]+)\]|([^.\[\]]+)")


def input_name(path: Path) -> str:
    """The name of the HTML input for a path."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def parse_input_name(name: str) -> Path | None:
    """The path of an input's name; None when the name is not valid."""
    if len(name) > 500 or not _NAME.fullmatch(name):
        return None
    return tuple(int(index) if index else step for index, step in _STEP.findall(name))


def split_key(dotted: str) -> Path:
    """The path of a dotted key."""
    return tuple(dotted.split(".")) if dotted else ()


def path_pattern(path: Path) -> PathPattern:
    """The path with every row number replaced by "[]"."""
    return tuple(ROW if isinstance(step, int) else step for step in path)


def get_path(tree: Any, path: Iterable[str | int]) -> Any:
    """The value at a path of contexts and lists, or None."""
    for step in path:
        if isinstance(step, int):
            tree = tree[step] if isinstance(tree, list | tuple) and step < len(tree) else None
        else:
            tree = tree.get(step) if isinstance(tree, Mapping) else None
    return tree


def overlay(top: dict[str, Any], base: Mapping[str, Any]) -> Mapping[str, Any]:
    """A view of a mapping with other values on top; nothing is copied."""
    maps = base.maps if isinstance(base, ChainMap) else [base]
    return ChainMap(top, *maps)


def set_path(tree: dict[str, Any], path: Path, value: Any) -> None:
    """Store a value under a path of keys, creating the contexts on the way."""
    for step in path[:-1]:
        tree = tree.setdefault(str(step), {})
    tree[str(path[-1])] = value
