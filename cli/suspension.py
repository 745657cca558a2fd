"""`patti definition`: suspend and resume definitions, list scheduled starts."""

from __future__ import annotations

import click

from cli.actor import command_actor
from cli.printing import CommandGroup, opened, table
from engine.temporal import in_rome

KEY = click.argument("processo")
VERSION = click.option("--versione", type=int, help="Soltanto questa versione; altrimenti tutte.")
INSTANCES = click.option("--con-le-pratiche", is_flag=True, help="Anche le sue pratiche.")


@click.group(cls=CommandGroup)
def definition() -> None:
    """I processi pubblicati: sospenderli (nessuna nuova pratica), riprenderli, vedere che cosa comincia da sé."""


@definition.command()
def starts() -> None:
    """Elenca ciò che comincerà da sé: quando (ora italiana), quale processo, in quale ambito."""
    with opened() as engine:
        found = engine.scheduled_starts.upcoming(command_actor(engine))
    rows = [
        (
            f"{in_rome(one.due_at):%Y-%m-%d %H:%M}",
            one.definition_id,
            one.name,
            one.scope,
            "sì" if one.repeats else "no",
        )
        for one in found
    ]
    click.echo(table(("Quando", "Processo", "Inizio", "Ambito", "Si ripete"), rows))


@definition.command()
@KEY
@VERSION
@INSTANCES
@click.option("--motivo", required=True, help="Il perché: resta nel registro.")
def suspend(processo: str, versione: int | None, con_le_pratiche: bool, motivo: str) -> None:
    """Sospende il PROCESSO: non se ne aprono di nuovi, né a mano né per messaggio né a una data."""
    with opened() as engine:
        ordered = engine.definition_suspension.suspend(
            processo, motivo, command_actor(engine), version=versione, include_instances=con_le_pratiche
        )
        while ordered and engine.batches.run_pending():
            pass
    click.echo(f"«{processo}» è sospeso.")


@definition.command()
@KEY
@VERSION
@INSTANCES
def resume(processo: str, versione: int | None, con_le_pratiche: bool) -> None:
    """Riprende il PROCESSO; con le pratiche, riprende quelle che erano state sospese con lui."""
    with opened() as engine:
        ordered = engine.definition_suspension.resume(
            processo, command_actor(engine), version=versione, include_instances=con_le_pratiche
        )
        while ordered and engine.batches.run_pending():
            pass
    click.echo(f"«{processo}» è ripreso.")
