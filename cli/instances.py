"""`patti instances`: list, suspend, resume, cancel and modify single instances."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from cli.actor import command_actor
from cli.modification_options import instructions_of, modification_options
from cli.printing import CommandGroup, opened, table
from cli.selection_options import selection_of, selection_options
from engine.access import SYSTEM
from engine.engine import Engine
from engine.instances.modification import ElementTokens

NUMBER = click.argument("numero", type=int)
REASON = click.option("--motivo", required=True, help="Il perché: resta nella storia della pratica.")


@click.group(cls=CommandGroup)
def instances() -> None:
    """Le pratiche in corso, una per una: elencarle, sospenderle, riprenderle, annullarle, modificarle."""


@instances.command(name="list")
@selection_options
@click.option("--dopo", type=int, default=0, help="Dal numero che segue questo.")
@click.option("--quante", type=click.IntRange(1, 1000), default=50, show_default=True, help="Quante al più.")
def list_(dopo: int, quante: int, **chosen: Any) -> None:
    """Elenca le pratiche che corrispondono alla scelta, per numero."""
    with opened() as engine:
        selection = selection_of(engine, chosen)
        found = engine.batches.selected_instances(
            selection, command_actor(engine), after=str(dopo), limit=quante
        ).items
    rows = [
        (c.number, f"{c.definition_key}:{c.version}", c.state, c.phase, c.scope, c.incidents) for c in found
    ]
    click.echo(table(("Numero", "Processo", "Stato", "Fase", "Ambito", "Incidenti"), rows))


@instances.command()
@NUMBER
@REASON
def suspend(numero: int, motivo: str) -> None:
    """Sospende la pratica NUMERO: compiti e scadenze stanno fermi."""
    with opened() as engine:
        engine.instances.suspend(_id(engine, numero), motivo, command_actor(engine))
    click.echo(f"La pratica n. {numero} è sospesa.")


@instances.command()
@NUMBER
def resume(numero: int) -> None:
    """Riprende la pratica NUMERO, con il tempo che le restava."""
    with opened() as engine:
        engine.instances.resume(_id(engine, numero), command_actor(engine))
    click.echo(f"La pratica n. {numero} è ripresa.")


@instances.command()
@NUMBER
@REASON
def cancel(numero: int, motivo: str) -> None:
    """Annulla la pratica NUMERO: finisce qui."""
    with opened() as engine:
        engine.instances.cancel(_id(engine, numero), motivo, command_actor(engine))
    click.echo(f"La pratica n. {numero} è annullata.")


@instances.command()
@NUMBER
@modification_options
@click.option("--motivo", default="", help="Il perché; senza, mostra soltanto l'anteprima.")
def modify(numero: int, motivo: str, **chosen: Any) -> None:
    """Cambia a mano il punto in cui è la pratica NUMERO e le sue variabili: tutto o niente.

    Un elemento che sta in più processi si scrive processo:elemento. Senza --motivo mostra soltanto dove la pratica è
    e dove sarebbe.
    """
    instructions = instructions_of(chosen)
    with opened() as engine:
        instance_id = _id(engine, numero)
        preview = engine.modifications.preview(instance_id, instructions, command_actor(engine))
        click.echo(f"Ora: {_listed(preview.before)}\nDopo: {_listed(preview.after)}")
        if not motivo:
            click.echo("Non è cambiato nulla: con --motivo la modifica si fa.")
            return
        active = engine.modifications.modify(
            instance_id, instructions, motivo, command_actor(engine), revision=preview.revision
        )
    click.echo(f"Fatto. Ora attivi: {_listed(active) if active else 'nulla, la pratica è finita'}")


def _id(engine: Engine, number: int) -> str:
    """The id of the instance with this number. What is then done to the instance requires its own permission."""
    return engine.instances.get_by_number(number, SYSTEM).id


def _listed(found: Iterable[ElementTokens]) -> str:
    return ", ".join(
        f"{one.element_id} «{one.name}»" + (f" × {one.tokens}" if one.tokens > 1 else "") for one in found
    )
