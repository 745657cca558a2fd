"""`patti db`: the tables of the database, brought up to date, looked at, checked."""

from __future__ import annotations

import click

from cli.printing import CommandGroup, table
from engine.engine import Engine
from engine.history.consistency import check_consistency
from engine.settings import Settings
from engine.storage import migrate, revisions


@click.group("db", cls=CommandGroup, short_help="La base dati: aggiornarla e controllarla.")
def database() -> None:
    """La base dati: aggiornarne le tabelle, sapere a che versione sono, controllarne la salute."""


@database.command()
def upgrade() -> None:
    """Crea o aggiorna le tabelle alla versione di questo programma. Si può ripetere senza danno."""
    settings = Settings.load()
    migrate(settings.database_url)
    current, newest = revisions(settings.database_url)
    click.echo(f"Tabelle alla versione {current}" + ("" if current == newest else f", l'ultima è {newest}"))


@database.command()
def current() -> None:
    """Dice a che versione sono le tabelle; esce con 1 se non sono all'ultima."""
    found, newest = revisions(Settings.load().database_url)
    click.echo(f"{found or 'nessuna tabella'} (ultima: {newest})")
    if found != newest:
        click.echo("Da aggiornare con: patti db upgrade", err=True)
        raise click.exceptions.Exit(1)


@database.command()
def check() -> None:
    """Controlla che tutto torni: integrità, pratiche che si riaprono, bilanci uguali ai movimenti, coda, incidenti.

    Non cambia nulla; esce con 1 se qualcosa non torna.
    """
    settings = Settings.load()
    engine = Engine.open(settings, upgrade=False)
    try:
        results = check_consistency(engine.database, engine.repository)
    finally:
        engine.close()
    click.echo(table(("Controllo", "Esito"), [(one.name, one.outcome) for one in results]))
    if not all(one.passed for one in results):
        raise click.exceptions.Exit(1)
