"""`patti demo`: fills a database with a demonstration, once, and prints the sign-ins."""

from __future__ import annotations

from datetime import timedelta

import click

from cli.demo.places import AMBITI, COLLEAGUES, ORGANISATIONS
from cli.demo.stories import all_stories, play
from cli.printing import log, table
from engine.access import SYSTEM, ChangedBy, accounts
from engine.clock import SystemClock, VirtualClock
from engine.engine import Engine
from engine.errors import InvalidInput
from engine.scheduling.calendars.scopes import save_scope
from engine.settings import Settings
from engine.simulation import World
from engine.simulation.default_users import LONG_AGO
from modules.people.service import save_organisation

PASSWORD = "quattro gatti sul tetto"
HISTORY_DAYS = 330


@click.command(short_help="Carica una dimostrazione con persone inventate.")
@click.option("--senza-casi", is_flag=True, help="Solo processi, organizzazioni e utenti.")
def demo(senza_casi: bool) -> None:
    """Carica una dimostrazione: processi, organizzazioni, ambiti, utenti e casi di persone inventate.

    Si può ripetere: ciò che c'è già resta com'è, e i casi si caricano solo in una base che non ne ha. Alla fine stampa
    chi può entrare e con quale password. Non usarlo in una base di lavoro.
    """
    settings = Settings.load()
    log("WARNING")
    engine = Engine.open(settings)
    try:
        _publish(engine)
        create_base_data(engine)
        has_instances = bool(engine.instances.list(SYSTEM, limit=1).items)
    finally:
        engine.close()
    if not senza_casi and not has_instances:
        click.echo("Preparo i casi di prova…")
        count = load_instances(settings)
        click.echo(f"{count} casi di persone inventate, a punti diversi del loro percorso.")
    elif has_instances:
        click.echo("I casi ci sono già: restano come sono.")
    rows = [
        (name, shown, ", ".join(f"{r} ({s or 'tutti'})" for r, s in held)) for name, shown, held in COLLEAGUES
    ]
    click.echo()
    click.echo(table(("Utente", "Nome", "Ruoli e ambiti"), rows))
    click.echo(f"\nPer tutti la password è: {PASSWORD}")


def _publish(engine: Engine) -> None:
    try:
        reports = engine.deployments.deploy_folder(engine.settings.processes_folder, SYSTEM)
    except InvalidInput:
        click.echo("La dimostrazione non si carica finché i processi non sono in ordine:", err=True)
        raise
    new = sum(report.created for report in reports)
    click.echo(f"{len(reports)} processi pubblicati ({new} nuovi).")


def create_base_data(engine: Engine) -> None:
    """Write the ambiti, organisations and users that do not exist yet."""
    by = ChangedBy(SYSTEM.id, engine.clock.now())
    with engine.database.begin() as work:
        connection = work.connection
        there = {account.username for account in accounts.accounts(connection, limit=1000)}
        if {name for name, _, _ in COLLEAGUES} <= there:
            return
        for one in AMBITI:
            save_scope(connection, one, by=by)
        for name, kind, scope in ORGANISATIONS:
            save_organisation(connection, name, kind, scope, by=by)
        for username, name, held in COLLEAGUES:
            if username in there:
                continue
            email = f"{username}@example.org"
            accounts.create_account(connection, username, name, PASSWORD, by=by, email=email)
            for role, scope in held:
                accounts.add_membership(connection, username, role, scope, LONG_AGO, by=by)


def load_instances(settings: Settings) -> int:
    """Run the stories up to now on a virtual clock, without e-mail, and return the number of instances."""
    end = SystemClock().now().replace(microsecond=0)
    world = World.on_database(settings, VirtualClock(end - timedelta(days=HISTORY_DAYS)))
    try:
        play(world, all_stories(world, end), end)
        return len(world.instance_ids)
    finally:
        world.close()
