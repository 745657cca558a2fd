"""Options of the commands that modify one instance or many: what to cancel, start and set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from engine.languages.feel_assignments import parse_assignments
from engine.spiff import Instruction

_OPTIONS = (
    click.option(
        "--togli",
        "cancels",
        multiple=True,
        help="Toglie questo elemento attivo; di uno che si ripete, Elemento#2 toglie solo la seconda volta.",
    ),
    click.option("--prima", "befores", multiple=True, help="Fa partire questo elemento; si può ripetere."),
    click.option("--dopo", "afters", multiple=True, help="Prosegue come se questo elemento fosse finito."),
    click.option(
        "--variabile", "variables", multiple=True, help="Scrive «nome = valore», il valore in FEEL."
    ),
)


def modification_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command with these options; they arrive as keywords for `instructions_of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def instructions_of(chosen: dict[str, Any]) -> list[Instruction]:
    """The instructions of the options: variables first, then cancelled and started elements."""
    values = parse_assignments("\n".join(chosen["variables"]))
    instructions = [Instruction("set", values=values)] if values else []
    for kind, elements in (
        ("cancel", chosen["cancels"]),
        ("before", chosen["befores"]),
        ("after", chosen["afters"]),
    ):
        instructions += [Instruction.parse(kind, element) for element in elements]
    return instructions
