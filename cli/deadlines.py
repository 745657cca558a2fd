"""`patti deadlines`: the deadlines of all processes, preview of a change, applying and undoing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from cli.actor import command_actor
from cli.printing import CommandGroup, opened, table, translated
from engine.engine import Engine
from engine.errors import InvalidInput
from engine.scheduling.overrides import Override, parse_override
from engine.scheduling.overrides.deadline_keys import STARTS
from engine.scheduling.overrides.description import format_moment
from engine.temporal import in_rome
from engine.timers.deadlines import DeadlinePreview

OUTCOMES = {
    "moves": "si sposta",
    "overdue": "si sposta, subito in ritardo",
    "suspended": "sospesa: varrà alla ripresa",
    "by_hand": "no, spostata a mano",
    "no_moment": "no, manca il momento da cui contare",
    "ends": "non comincerà più da sé",
}
OPTIONS = (
    click.argument("key", metavar="SCADENZA"),
    click.argument("words", metavar="CAMPO=VALORE...", nargs=-1),
    click.option("--ambito", "scope", default="", help="Solo per un ambito; senza, dappertutto."),
)


def _with_override_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.group(cls=CommandGroup)
def deadlines() -> None:
    """Le scadenze di tutti i processi: si elencano, si provano, si cambiano per tutte le pratiche, si annullano.

    La nuova scadenza si scrive a campi: `genere=dopo numero=15 unita=lavorativi da=avvio ora=09:00`,
    `genere=data data=2026-01-31 ora=08:00`, `genere=ogni ogni=1 periodo=mesi giorno=31 fino=2026-12-31`,
    `genere=diagramma`. Ciò che fa cominciare un processo da sé vuole una data o una ripetizione.
    """


@deadlines.command(name="list")
@click.option("--processo", "process", default="", help="Solo quelle di un processo.")
def list_(process: str) -> None:
    """Elenca le scadenze, con il valore in vigore e quante pratiche attendono."""
    with opened() as engine:
        lines = engine.deadlines.list(command_actor(engine))
    rows = [
        (
            line.deadline.key,
            line.deadline.label,
            "; ".join(f"{one.scope or 'ovunque'}: {translated(one.sentence)}" for one in line.overrides)
            or translated(line.deadline.default),
            line.waiting,
            format_moment(line.next_due) if line.next_due else "",
        )
        for line in lines
        if not process or any(use.process_key == process for use in line.deadline.all_uses)
    ]
    click.echo(table(("Scadenza", "Nome", "In vigore", "In attesa", "La prossima"), rows))


@deadlines.command()
@_with_override_options
def preview(key: str, words: tuple[str, ...], scope: str) -> None:
    """Dice, senza cambiare nulla, quali pratiche si sposterebbero e quando."""
    with opened() as engine:
        found = engine.deadlines.preview(key, scope, _override(engine, key, words), command_actor(engine))
    _print_preview(found)


@deadlines.command(name="apply")
@_with_override_options
@click.option("--motivo", "reason", required=True, help="Perché: resta nella storia di ogni pratica.")
@click.option("--anche-in-ritardo", "past", is_flag=True, help="Anche se qualcuna sarebbe subito in ritardo.")
def apply_(key: str, words: tuple[str, ...], scope: str, reason: str, past: bool) -> None:
    """Mette in vigore la scadenza per le pratiche nuove e per tutte quelle in corso."""
    with opened() as engine:
        override = _override(engine, key, words)
        found = engine.deadlines.preview(key, scope, override, command_actor(engine))
        change = engine.deadlines.apply(
            key,
            scope,
            override,
            fingerprint=found.fingerprint,
            reason=reason,
            actor=command_actor(engine),
            past_confirmed=past,
        )
    click.echo(
        f"Modifica n. {change.id}: {translated(found.before)} → {translated(found.after)}; {change.moved} spostate"
    )


@deadlines.command()
@click.argument("number", metavar="MODIFICA", type=int)
@click.option("--motivo", "reason", default="", help="Perché.")
@click.option("--anche-in-ritardo", "past", is_flag=True, help="Anche se qualcuna sarebbe subito in ritardo.")
def undo(number: int, reason: str, past: bool) -> None:
    """Rimette in vigore quello che c'era prima della MODIFICA, come nuova modifica."""
    with opened() as engine:
        change = engine.deadlines.undo(number, reason, command_actor(engine), past_confirmed=past)
    click.echo(f"Modifica n. {change.id}: {translated(change.new_sentence)}; {change.moved} spostate")


@deadlines.command()
@click.argument("key", metavar="SCADENZA", default="")
def history(key: str) -> None:
    """Elenca le modifiche fatte, di una scadenza o di tutte."""
    with opened() as engine:
        found = engine.deadlines.history(command_actor(engine), key)
    rows = [
        (
            one.id,
            f"{in_rome(one.at):%d/%m/%Y %H:%M}",
            one.by,
            one.deadline,
            one.scope or "ovunque",
            one.new_sentence,
            one.reason,
        )
        for one in found
    ]
    click.echo(table(("N.", "Quando", "Chi", "Scadenza", "Ambito", "Nuovo valore", "Motivo"), rows))


def _override(engine: Engine, key: str, words: tuple[str, ...]) -> Override | None:
    fields = dict(word.partition("=")[::2] for word in words)
    if any("=" not in word for word in words) or not fields:
        raise InvalidInput("DEADLINE_FIELDS_EXPECTED")
    return parse_override(fields, engine.deadlines.get(key, command_actor(engine)).deadline.tasks)


def _print_preview(found: DeadlinePreview) -> None:
    rows = [
        (
            one.number or "avvio",
            format_moment(one.old) if one.old else "",
            format_moment(one.new) if one.new else "",
            OUTCOMES[one.outcome],
        )
        for one in found.changes
    ]
    click.echo(f"{translated(found.before)} → {translated(found.after)}")
    click.echo(table(("Pratica", "Adesso", "Dopo", "Si sposta?"), rows))
    if found.key.endswith(f"/{STARTS}"):
        return
    counts = found.counts
    click.echo(
        f"{counts['moves']} si spostano ({counts['overdue']} subito in ritardo); restano: {counts['suspended']} "
        f"sospese, {counts['by_hand']} spostate a mano, {counts['no_moment']} senza momento, "
        f"{counts['completed']} concluse"
    )
