"""`patti instances`: the cases that run, one by one: see where they stand, suspend, resume, cancel, modify."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from cli.acting import acting
from cli.changing import changing, instructions_of
from cli.printing import Friendly, opened, table
from cli.selecting import selecting, selection_of
from engine.access.actors import SYSTEM
from engine.engine import Engine
from engine.instances.modification import Standing

NUMBER = click.argument("numero", type=int)
REASON = click.option("--motivo", required=True, help="Il perché: resta nella storia della pratica.")


@click.group(cls=Friendly)
def instances() -> None:
    """Le pratiche in corso, una per una: elencarle, sospenderle, riprenderle, annullarle, modificarle."""


@instances.command(name="list")
@selecting
@click.option("--dopo", type=int, default=0, help="Dal numero che segue questo.")
@click.option("--quante", type=click.IntRange(1, 1000), default=50, show_default=True, help="Quante al più.")
def list_(dopo: int, quante: int, **chosen: Any) -> None:
    """Elenca le pratiche che corrispondono alla scelta, per numero."""
    with opened() as engine:
        found = engine.batches.cases(selection_of(engine, chosen), acting(engine), after=dopo, limit=quante)
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
        engine.instances.suspend(_id(engine, numero), motivo, acting(engine))
    click.echo(f"La pratica n. {numero} è sospesa.")


@instances.command()
@NUMBER
def resume(numero: int) -> None:
    """Riprende la pratica NUMERO, con il tempo che le restava."""
    with opened() as engine:
        engine.instances.resume(_id(engine, numero), acting(engine))
    click.echo(f"La pratica n. {numero} è ripresa.")


@instances.command()
@NUMBER
@REASON
def cancel(numero: int, motivo: str) -> None:
    """Annulla la pratica NUMERO: finisce qui."""
    with opened() as engine:
        engine.instances.cancel(_id(engine, numero), motivo, acting(engine))
    click.echo(f"La pratica n. {numero} è annullata.")


@instances.command()
@NUMBER
@changing
@click.option("--motivo", default="", help="Il perché; senza, mostra soltanto l'anteprima.")
def modify(numero: int, motivo: str, **chosen: Any) -> None:
    """Cambia a mano il punto in cui è la pratica NUMERO e le sue variabili: tutto o niente.

    Un elemento che sta in più processi si scrive processo:elemento. Senza --motivo mostra soltanto dove la pratica è
    e dove sarebbe.
    """
    instructions = instructions_of(chosen)
    with opened() as engine:
        case = _id(engine, numero)
        seen = engine.modifications.preview(case, instructions, acting(engine))
        click.echo(f"Ora: {_listed(seen.before)}\nDopo: {_listed(seen.after)}")
        if not motivo:
            click.echo("Non è cambiato nulla: con --motivo la modifica si fa.")
            return
        standing = engine.modifications.modify(
            case, instructions, motivo, acting(engine), revision=seen.revision
        )
    click.echo(f"Fatto. Ora attivi: {_listed(standing) if standing else 'nulla, la pratica è finita'}")


def _id(engine: Engine, number: int) -> str:
    """The case of a number. The number tells nothing by itself: what is done to the case asks for its permission."""
    return engine.instances.numbered(number, SYSTEM).id


def _listed(standing: Iterable[Standing]) -> str:
    return ", ".join(
        f"{one.element_id} «{one.name}»" + (f" × {one.tokens}" if one.tokens > 1 else "") for one in standing
    )
