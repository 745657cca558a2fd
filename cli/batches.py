"""`patti batch`: operations over many cases: order, follow, stop."""

from __future__ import annotations

from typing import Any

import click

from cli.printing import Friendly, opened, table
from cli.selecting import selecting, selection_of
from engine.actors import SYSTEM
from engine.batches import BatchView
from engine.variables_text import variables_of

KINDS = ("suspend", "resume", "cancel", "variables", "retry")
NUMBER = click.argument("numero", type=int)


@click.group(cls=Friendly)
def batch() -> None:
    """Le operazioni su molte pratiche: ordinarle, seguirle, fermarle."""


@batch.command()
@click.argument("operazione", type=click.Choice(KINDS))
@selecting
@click.option("--variabile", "variables", multiple=True, help="Per variables: «nome = valore», in FEEL.")
@click.option("--motivo", default="", help="Il perché; senza, dice soltanto quante pratiche sono.")
@click.option(
    "--aspetta/--non-aspettare", default=True, help="Fa subito il lavoro, oppure lo lascia a chi serve."
)
def create(operazione: str, variables: tuple[str, ...], motivo: str, aspetta: bool, **chosen: Any) -> None:
    """Ordina un'OPERAZIONE sulle pratiche che corrispondono alla scelta. Senza --motivo dice soltanto quante sono."""
    payload: dict[str, Any] = {"values": variables_of("\n".join(variables))} if variables else {}
    if operazione == "retry":
        payload |= {"kind": chosen["incidente"], "element": chosen["elemento"]}
    with opened() as engine:
        selection = selection_of(engine, chosen)
        if not motivo:
            count = engine.batches.preview(operazione, selection, SYSTEM)
            click.echo(f"Pratiche che corrispondono: {count}. Con --motivo l'operazione si fa.")
            return
        ordered = engine.batches.create(operazione, payload, selection, SYSTEM, motivo)
        while aspetta and engine.batches.run_pending():
            pass
        _tell(engine.batches.get(ordered, SYSTEM))


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
            for b in engine.batches.list(SYSTEM)
        ]
    click.echo(table(("Numero", "Operazione", "Stato", "Fatte", "Non riuscite", "Chi", "Motivo"), rows))


@batch.command()
@NUMBER
@click.option("--tutte", is_flag=True, help="Ogni pratica, non soltanto quelle non riuscite.")
def show(numero: int, tutte: bool) -> None:
    """Dice a che punto è l'operazione NUMERO, e che cosa non è riuscito."""
    with opened() as engine:
        found = engine.batches.by_number(numero, SYSTEM)
        state = "" if tutte else "failed"
        rows, after = [], 0
        while items := engine.batches.items(found.id, SYSTEM, state=state, after=after):
            rows += [(item.instance_number or item.instance_id, item.state, item.outcome) for item in items]
            after = items[-1].position
    _tell(found)
    if rows:
        click.echo(table(("Pratica", "Esito", "Come"), rows))


@batch.command()
@NUMBER
@click.option("--motivo", required=True, help="Perché si ferma.")
def cancel(numero: int, motivo: str) -> None:
    """Lascia stare ciò che resta dell'operazione NUMERO; ciò che è fatto resta."""
    with opened() as engine:
        left = engine.batches.cancel(engine.batches.by_number(numero, SYSTEM).id, motivo, SYSTEM)
    click.echo(f"Fermata: {left} pratiche restano com'erano.")


def _tell(found: BatchView) -> None:
    counts = found.counts
    click.echo(
        f"Operazione n. {found.number}, {found.label} ({found.state}): {found.total} pratiche, "
        f"{counts['done']} fatte, {counts['failed']} non riuscite, {counts['skipped']} saltate, "
        f"{counts['waiting']} da fare"
    )
