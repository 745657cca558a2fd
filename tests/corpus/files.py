"""The public diagrams of many vendors beside the project: ``../shared/corpus``, or the folder BPMN_CORPUS names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tests.architecture.sources import ROOT

SUFFIXES = (".bpmn", ".bpmn20.xml", ".xml")
BPMN_NAMESPACE = b"http://www.omg.org/spec/BPMN/20100524/MODEL"


@dataclass(frozen=True)
class Drawing:
    """One file of the corpus; `name` is its path inside the folder."""

    name: str
    content: bytes


def folder() -> Path | None:
    """Where the corpus is, or None when it is not there."""
    found = (
        Path(os.environ["BPMN_CORPUS"]) if "BPMN_CORPUS" in os.environ else ROOT.parent / "shared" / "corpus"
    )
    return found if found.is_dir() else None


def names(corpus: Path, wanted: str = "") -> list[str]:
    """The diagrams of the corpus in order of path; those whose path contains `wanted`."""
    return [
        path.relative_to(corpus).as_posix()
        for path in sorted(corpus.rglob("*"))
        if path.name.endswith(SUFFIXES) and path.is_file() and wanted in path.as_posix() and _is_diagram(path)
    ]


def _is_diagram(path: Path) -> bool:
    return path.suffix == ".bpmn" or BPMN_NAMESPACE in path.read_bytes()


def drawing(corpus: Path, name: str) -> Drawing:
    """Read one."""
    return Drawing(name, (corpus / name).read_bytes())
