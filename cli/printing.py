"""Output of the command line: errors as sentences, findings as lines that an editor can follow, plain tables.

Errors and findings are written in the language of the setting `default_language`; everything else is Italian.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from engine.clock import Clock
from engine.engine import Engine
from engine.errors import BusinessError, EngineError, Finding
from engine.localization import DEFAULT_LANGUAGE, LANGUAGES, in_language, message
from engine.settings import Settings


class CommandGroup(click.Group):
    """A group of commands that prints errors of the engine on standard error and ends with exit code 1."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command. Of an error that has findings these are printed, of any other its sentence and fields."""
        try:
            return super().invoke(context)
        except EngineError as problem:
            findings = getattr(problem, "findings", ())
            for finding in findings:
                click.echo(line_of(finding), err=True)
            if not findings:
                _print_error(problem.message)
                for field, sentence in getattr(problem, "fields", {}).items():
                    if sentence != problem.message:
                        click.echo(f"  {field}: {translated(sentence)}", err=True)
            raise click.exceptions.Exit(1) from problem
        except BusinessError as problem:
            _print_error(problem.message or problem.code)
            raise click.exceptions.Exit(1) from problem


def language() -> str:
    """The language of errors and findings: the setting `default_language`, or Italian when settings are not valid."""
    try:
        chosen = Settings.load().default_language
    except EngineError:
        return DEFAULT_LANGUAGE
    return chosen if chosen in LANGUAGES else DEFAULT_LANGUAGE


def translated(text: str) -> str:
    """A text as it is printed: a `Message` in the language of errors, any other text as it is."""
    return in_language(text, language())


def _print_error(problem: str) -> None:
    click.echo(translated(message("COMMAND_REFUSED", problem=problem)), err=True)


def line_of(finding: Finding) -> str:
    """``file:line: [element «name»] sentence``, in the language of errors."""
    place = f"{finding.file or '?'}:{finding.line or 1}:"
    element = finding.element_id and f" [{finding.element_id}" + (
        f" «{finding.element_name}»]" if finding.element_name else "]"
    )
    severity = "" if finding.severity == "error" else f" ({translated(message('SEVERITY_WARNING'))})"
    return f"{place}{element}{severity} {translated(finding.sentence)}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns separated by two spaces, each as wide as its widest cell; a `Message` in the language of errors."""
    texts = [tuple(head), *(tuple(_cell(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in texts) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in texts]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def _cell(content: object) -> str:
    return translated(content) if isinstance(content, str) else str(content)


def log(level: str) -> None:
    """Write the log on standard error; of libraries that log every step, only warnings and errors."""
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
