"""Shared by all generators: tables in Markdown, the notice on top, the check that everything is explained."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NOTICE = "<!-- Pagina scritta da docs/generate.py: si cambia il codice, poi `make docs`. -->"


def cell(text: object) -> str:
    """A value as the cell of a table in Markdown."""
    return str(text).replace("\n", " ").replace("|", "\\|").strip()


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def page(title: str, opening: str, *sections: str) -> str:
    """A whole page."""
    return "\n\n".join([f"# {title}", NOTICE, opening, *sections]) + "\n"


def code(text: object) -> str:
    """A word of code."""
    return f"`{text}`"


def same_names(found: Collection[str], told: Collection[str], where: str) -> None:
    """Raise unless the names that the code has are exactly those that the page tells of."""
    untold, gone = sorted(set(found) - set(told)), sorted(set(told) - set(found))
    problems = [f"mancano {', '.join(untold)}"] if untold else []
    problems += [f"non ci sono più {', '.join(gone)}"] if gone else []
    if problems:
        raise ValueError(f"{where}: {'; '.join(problems)}. Aggiorna le spiegazioni e lancia `make docs`.")


def explained(found: Iterable[str], texts: Mapping[str, str], where: str) -> list[tuple[str, str]]:
    """(name, explanation) of everything the code has, in the order of the explanations."""
    same_names(set(found), texts, where)
    return list(texts.items())
