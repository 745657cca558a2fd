"""`patti message` and `patti signal`: correlate a message, broadcast a signal."""

from __future__ import annotations

import click

from cli.actor import command_actor
from cli.printing import opened
from engine.languages.feel_assignments import parse_assignments

VALUES = click.option(
    "--variabile",
    "variables",
    multiple=True,
    help="Porta «nome = valore», il valore in FEEL; si può ripetere.",
)


@click.command()
@click.argument("nome")
@click.option("--chiave", default="", help="La chiave della pratica che lo attende.")
@click.option("--pratica", type=int, help="Soltanto a questa pratica (il numero), qualunque sia la chiave.")
@click.option(
    "--avvia", "scope", default="", help="Avvia invece, in questo ambito, il processo che comincia così."
)
@VALUES
def message(nome: str, chiave: str, pratica: int | None, scope: str, variables: tuple[str, ...]) -> None:
    """Consegna il messaggio NOME alle pratiche che lo attendono con una chiave."""
    values = parse_assignments("\n".join(variables))
    with opened() as engine:
        if scope:
            started = engine.messages.start(
                nome, values, command_actor(engine), scope, business_key=chiave or None
            )
            click.echo(
                f"È cominciata la pratica n. {engine.instances.get(started, command_actor(engine)).number}."
            )
            return
        instance_id = (
            None if pratica is None else engine.instances.get_by_number(pratica, command_actor(engine)).id
        )
        received = engine.messages.correlate(
            nome, chiave, values, command_actor(engine), instance_id=instance_id
        )
    click.echo(f"Ricevuto da {received} {'pratica' if received == 1 else 'pratiche'}.")


@click.command()
@click.argument("nome")
@click.option("--ambito", default="", help="Avvia anche, in questo ambito, i processi che cominciano così.")
@VALUES
def signal(nome: str, ambito: str, variables: tuple[str, ...]) -> None:
    """Dà il segnale NOME a tutte le pratiche che lo attendono."""
    with opened() as engine:
        reached = engine.messages.broadcast(
            nome, parse_assignments("\n".join(variables)), command_actor(engine), ambito
        )
        engine.run_due()
    click.echo(f"Il segnale «{nome}» raggiunge {reached} in attesa.")
