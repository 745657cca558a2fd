"""`patti batch`: create, follow and cancel operations on many instances."""

from __future__ import annotations

from typing import Any

import click

from cli.actor import command_actor
from cli.modification_options import instructions_of, modification_options
from cli.printing import CommandGroup, opened, table, translated
from cli.selection_options import selection_of, selection_options
from engine.instances.batches import BatchView
from engine.localization import message

KINDS = ("suspend", "resume", "cancel", "variables", "modify", "retry")
NUMBER = click.argument("numero", type=int)


@click.group(cls=CommandGroup)
def batch() -> None:
    """Le operazioni su molte pratiche: ordinarle, seguirle, fermarle."""


@batch.command()
@click.argument("operazione", type=click.Choice(KINDS))
@selection_options
@modification_options
@click.option("--motivo", default="", help="Il perché; senza, dice soltanto quante pratiche sono.")
@click.option(
    "--aspetta/--non-aspettare", default=True, help="Fa subito il lavoro, oppure lo lascia a chi serve."
)
def create(operazione: str, motivo: str, aspetta: bool, **chosen: Any) -> None:
    """Ordina un'OPERAZIONE sulle pratiche che corrispondono alla scelta. Senza --motivo dice soltanto quante sono.

    Per variables serve --variabile; per modify ciò che si toglie (--togli) e ciò che parte (--prima, --dopo), anche con
    variabili: ogni pratica è modificata tutta o per niente.
    """
    payload = _payload(operazione, chosen)
    with opened() as engine:
        selection = selection_of(engine, chosen)
        if not motivo:
            count = engine.batches.preview(operazione, selection, command_actor(engine))
            click.echo(f"Pratiche che corrispondono: {count}. Con --motivo l'operazione si fa.")
            return
        ordered = engine.batches.create(operazione, payload, selection, command_actor(engine), motivo)
        while aspetta and engine.batches.run_pending():
            pass
        _print_progress(engine.batches.get(ordered, command_actor(engine)))


def _payload(operation: str, chosen: dict[str, Any]) -> dict[str, Any]:
    """What an operation needs beside the instances. Raises a usage error for options that mean nothing to it."""
    instructions = instructions_of(chosen)
    if operation == "modify":
        if not instructions:
            raise click.UsageError(translated(message("MODIFICATION_OPTIONS_MISSING")))
        return {"instructions": [one.as_values() for one in instructions]}
    moved = [one for one in instructions if one.kind != "set"]
    if moved or (instructions and operation != "variables"):
        raise click.UsageError(translated(message("MODIFICATION_OPTIONS_NOT_ALLOWED")))
    if operation == "variables":
        if not instructions:
            raise click.UsageError(translated(message("VARIABLE_OPTION_MISSING")))
        return {"values": dict(instructions[0].values)}
    return {"kind": chosen["incidente"], "element": chosen["elemento"]} if operation == "retry" else {}


@batch.command()
def run() -> None:
    """Fa ciò che resta delle operazioni ordinate, fino alla fine."""
    done = 0
    with opened() as engine:
        while step := engine.batches.run_pending():
            done += step
    click.echo(f"Pratiche fatte: {done}.")


@batch.command(name="list")
def list_() -> None:
    """Elenca le operazioni, l'ultima per prima."""
    with opened() as engine:
        rows = [
            (b.number, b.label, b.state, f"{b.finished}/{b.total}", b.counts["failed"], b.actor_id, b.reason)
            for b in engine.batches.list(command_actor(engine)).items
        ]
    click.echo(table(("Numero", "Operazione", "Stato", "Fatte", "Non riuscite", "Chi", "Motivo"), rows))


@batch.command()
@NUMBER
@click.option("--tutte", is_flag=True, help="Ogni pratica, non soltanto quelle non riuscite.")
def show(numero: int, tutte: bool) -> None:
    """Dice a che punto è l'operazione NUMERO, e che cosa non è riuscito."""
    with opened() as engine:
        found = engine.batches.get_by_number(numero, command_actor(engine))
        state = "" if tutte else "failed"
        rows: list[tuple[object, ...]] = []
        after: str | None = ""
        while after is not None:
            items, after = engine.batches.items(found.id, command_actor(engine), state=state, after=after)
            rows += [(item.instance_number or item.instance_id, item.state, item.outcome) for item in items]
    _print_progress(found)
    if rows:
        click.echo(table(("Pratica", "Esito", "Come"), rows))


@batch.command()
@NUMBER
@click.option("--motivo", required=True, help="Perché si ferma.")
def cancel(numero: int, motivo: str) -> None:
    """Lascia stare ciò che resta dell'operazione NUMERO; ciò che è fatto resta."""
    with opened() as engine:
        left = engine.batches.cancel(
            engine.batches.get_by_number(numero, command_actor(engine)).id, motivo, command_actor(engine)
        )
    click.echo(f"Fermata: {left} pratiche restano com'erano.")


def _print_progress(found: BatchView) -> None:
    counts = found.counts
    click.echo(
        f"Operazione n. {found.number}, {translated(found.label)} ({found.state}): {found.total} pratiche, "
        f"{counts['done']} fatte, {counts['failed']} non riuscite, {counts['skipped']} saltate, "
        f"{counts['waiting']} da fare"
    )
