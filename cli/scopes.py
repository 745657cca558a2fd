"""`patti ambito`: the ambiti and sub-ambiti that instances and roles belong to."""

from __future__ import annotations

import click

from cli.actor import command_actor
from cli.printing import CommandGroup, opened, table
from engine.access import ChangedBy, Permission
from engine.access.models import Ambito
from engine.scheduling.calendars.scopes import save_scope, scopes


@click.group(cls=CommandGroup)
def ambito() -> None:
    """Gli ambiti e i sub-ambiti: scriverli, elencarli."""


@ambito.command()
@click.argument("percorso")
@click.option("--nome", required=True, help="Come lo si legge nelle pagine.")
@click.option("--patrono", default="", help="Il nome del santo patrono; senza, resta quello che c'è.")
@click.option("--giorno-patrono", default="", help="Il suo giorno, mese-giorno: 11-13 è il 13 novembre.")
@click.option("--comune", "towns", multiple=True, help="Un comune dell'ambito; si può ripetere.")
def save(percorso: str, nome: str, patrono: str, giorno_patrono: str, towns: tuple[str, ...]) -> None:
    """Scrive l'ambito PERCORSO (cremasco, oppure cremasco/crema per un sub-ambito); se c'è già, lo corregge."""
    with opened() as engine, engine.database.begin() as work:
        actor = command_actor(engine)
        engine.permissions.require(actor, Permission.USER_MANAGE)
        value = Ambito(percorso, nome, patrono, giorno_patrono, towns)
        save_scope(work.connection, value, by=ChangedBy(actor.id, engine.clock.now()))
    click.echo(f"Ambito «{nome}» scritto in {percorso}.")


@ambito.command(name="list")
def list_() -> None:
    """Elenca gli ambiti, con il patrono e i comuni."""
    with opened() as engine, engine.database.read() as connection:
        found = scopes(connection)
    rows = [
        (one.path, one.nome, f"{one.patrono_nome} {one.patrono_giorno}".strip(), ", ".join(one.comuni))
        for one in found
    ]
    click.echo(table(("Percorso", "Nome", "Patrono", "Comuni"), rows))
