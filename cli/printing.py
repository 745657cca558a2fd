"""How the command line speaks: errors as sentences, findings as lines that an editor can follow, plain tables."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from engine.clock import Clock
from engine.engine import Engine
from engine.errors import BusinessError, EngineError, Finding
from engine.settings import Settings


class Friendly(click.Group):
    """A group of commands whose refusals are sentences on standard error, with exit code 1."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command; what the engine refuses becomes its sentence and, where there are, its findings."""
        try:
            return super().invoke(context)
        except EngineError as problem:
            findings = getattr(problem, "findings", ())
            for finding in findings:
                click.echo(line_of(finding), err=True)
            if not findings:
                click.echo(f"Errore: {problem.message}", err=True)
                for field, sentence in getattr(problem, "fields", {}).items():
                    if sentence != problem.message:
                        click.echo(f"  {field}: {sentence}", err=True)
            raise click.exceptions.Exit(1) from problem
        except BusinessError as problem:
            click.echo(f"Errore: {problem.message or problem.code}", err=True)
            raise click.exceptions.Exit(1) from problem


def line_of(finding: Finding) -> str:
    """``file:line: [element «name»] sentence``."""
    place = f"{finding.file or '?'}:{finding.line or 1}:"
    element = finding.element_id and f" [{finding.element_id}" + (
        f" «{finding.element_name}»]" if finding.element_name else "]"
    )
    weight = "" if finding.severity == "error" else " (avviso)"
    return f"{place}{element}{weight} {finding.sentence}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns set apart by two spaces, each as wide as its widest cell."""
    texts = [tuple(head), *(tuple(str(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in texts]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def log(level: str) -> None:
    """Write the log on standard error; libraries that tell every step of theirs speak only when something is wrong."""
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if level != "DEBUG":
        for name in ("alembic", "apscheduler", "procrastinate"):
            logging.getLogger(name).setLevel(logging.WARNING)


@contextmanager
def opened(*, clock: Clock | None = None, **changes: Any) -> Iterator[Engine]:
    """An engine on the settings in force (with `changes`), closed at the end."""
    settings = Settings.load().with_(**changes)
    log(settings.log_level)
    engine = Engine.open(settings, clock=clock)
    try:
        yield engine
    finally:
        engine.close()
