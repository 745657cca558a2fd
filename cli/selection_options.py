"""Options that select instances, shared by the commands that work on many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click

from engine.engine import Engine
from engine.instances.selection import RUNNING, Selection

_OPTIONS = (
    click.option("--processo", default="", help="Solo di questo processo (la chiave)."),
    click.option("--versione", type=int, help="Solo di questa versione del processo."),
    click.option(
        "--stato", "states", multiple=True, type=click.Choice(RUNNING), help="Solo in questo stato."
    ),
    click.option("--fase", default="", help="Solo in questa fase (bozza, attivo…)."),
    click.option("--elemento", default="", help="Solo ferme a questo elemento del diagramma."),
    click.option("--ambito", default="", help="Solo di questo ambito e dei suoi sub-ambiti."),
    click.option("--giorni", type=int, help="Solo aperte da più di tanti giorni."),
    click.option("--incidente", default="", help="Solo con un incidente di questo genere."),
)


def selection_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command with these options; they arrive as keywords for `selection_of`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def selection_of(engine: Engine, chosen: dict[str, Any]) -> Selection:
    """The selection of the options."""
    days = chosen["giorni"]
    return Selection(
        key=chosen["processo"],
        version=chosen["versione"],
        states=chosen["states"] or RUNNING,
        phase=chosen["fase"],
        element=chosen["elemento"],
        scope=chosen["ambito"],
        started_before=None if days is None else engine.clock.now() - timedelta(days=days),
        incident_kind=chosen["incidente"],
    )
