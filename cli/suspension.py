"""`patti definition`: let a process, or a version of it, stand still and go on again; what begins by itself."""

from __future__ import annotations

import click

from cli.acting import acting
from cli.printing import Friendly, opened, table
from engine.temporal import in_rome

KEY = click.argument("processo")
VERSION = click.option("--versione", type=int, help="Soltanto questa versione; altrimenti tutte.")
CASES = click.option("--con-le-pratiche", is_flag=True, help="Anche le sue pratiche.")


@click.group(cls=Friendly)
def definition() -> None:
    """I processi pubblicati: sospenderli (nessuna nuova pratica), riprenderli, vedere che cosa comincia da sé."""


@definition.command()
def starts() -> None:
    """Elenca ciò che comincerà da sé: quando (ora italiana), quale processo, in quale ambito."""
    with opened() as engine:
        found = engine.scheduled.coming(acting(engine))
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
@CASES
@click.option("--motivo", required=True, help="Il perché: resta nel registro.")
def suspend(processo: str, versione: int | None, con_le_pratiche: bool, motivo: str) -> None:
    """Sospende il PROCESSO: non se ne aprono di nuovi, né a mano né per messaggio né a una data."""
    with opened() as engine:
        ordered = engine.suspended_definitions.suspend(
            processo, motivo, acting(engine), version=versione, with_cases=con_le_pratiche
        )
        while ordered and engine.batches.run_pending():
            pass
    click.echo(f"«{processo}» è sospeso.")


@definition.command()
@KEY
@VERSION
@CASES
def resume(processo: str, versione: int | None, con_le_pratiche: bool) -> None:
    """Riprende il PROCESSO; con le pratiche, riprende quelle che erano state sospese con lui."""
    with opened() as engine:
        ordered = engine.suspended_definitions.resume(
            processo, acting(engine), version=versione, with_cases=con_le_pratiche
        )
        while ordered and engine.batches.run_pending():
            pass
    click.echo(f"«{processo}» è ripreso.")
