"""`patti user`: accounts, passwords and roles."""

from __future__ import annotations

import sys

import click

from cli.actor import command_actor
from cli.printing import CommandGroup, opened, table
from engine.access import ChangedBy, Permission, accounts
from engine.engine import Engine
from engine.errors import InvalidInput, NotFound
from engine.localization import message
from engine.temporal import day_in_rome

USERNAME = click.argument("username")
SCOPE = click.option(
    "--ambito", default="", help="L'ambito in cui vale, per esempio cremasco/crema; vuoto: tutti gli ambiti."
)


@click.group(cls=CommandGroup)
def user() -> None:
    """Gli utenti: crearli, dare password e ruoli, elencarli, chiuderli."""


def _by(engine: Engine) -> ChangedBy:
    actor = command_actor(engine)
    engine.permissions.require(actor, Permission.USER_MANAGE)
    return ChangedBy(actor.id, engine.clock.now())


def _password(given: bool) -> str:
    if given:
        return sys.stdin.readline().rstrip("\n")
    return str(
        click.prompt("Password (almeno 12 caratteri)", hide_input=True, confirmation_prompt="Ripetila")
    )


@user.command()
@USERNAME
@click.option("--nome", required=True, help="Nome e cognome.")
@click.option("--email", default="", help="Indirizzo per gli avvisi.")
@click.option(
    "--lingua", type=click.Choice(["it", "en"]), default="it", show_default=True, help="Lingua delle pagine."
)
@click.option("--ruolo", "roles", multiple=True, help="Un ruolo di ruoli.yaml; si può ripetere.")
@SCOPE
@click.option("--password-stdin", is_flag=True, help="Legge la password dalla prima riga dell'ingresso.")
@click.option("--senza-password", is_flag=True, help="Nessuna password: per ora non può entrare.")
def create(
    username: str,
    nome: str,
    email: str,
    lingua: str,
    roles: tuple[str, ...],
    ambito: str,
    password_stdin: bool,
    senza_password: bool,
) -> None:
    """Crea un utente; la password si chiede, o si legge dall'ingresso."""
    password = None if senza_password else _password(password_stdin)
    with opened() as engine:
        for role in roles:
            _require_role(engine, role)
        with engine.database.begin() as work:
            by = _by(engine)
            accounts.create_account(
                work.connection, username, nome, password, by=by, email=email, lingua=lingua
            )
            for role in roles:
                today = day_in_rome(engine.clock.now())
                accounts.add_membership(work.connection, username, role, ambito, today, by=by)
    click.echo(
        f"Creato: {username}" + (f", {', '.join(roles)} in {ambito or 'tutti gli ambiti'}" if roles else "")
    )


@user.command()
@USERNAME
@click.option("--password-stdin", is_flag=True, help="Legge la password dalla prima riga dell'ingresso.")
def password(username: str, password_stdin: bool) -> None:
    """Dà una nuova password; le sessioni aperte con la vecchia finiscono."""
    new = _password(password_stdin)
    with opened() as engine, engine.database.begin() as work:
        accounts.set_password(work.connection, username, new, by=_by(engine))
    click.echo(f"Password cambiata: {username}")


@user.group(cls=CommandGroup)
def role() -> None:
    """Dà o toglie un ruolo in un ambito."""


@role.command("add")
@USERNAME
@click.argument("ruolo")
@SCOPE
def add_role(username: str, ruolo: str, ambito: str) -> None:
    """Dà un ruolo, da oggi."""
    with opened() as engine:
        _require_role(engine, ruolo)
        with engine.database.begin() as work:
            today = day_in_rome(engine.clock.now())
            accounts.add_membership(work.connection, username, ruolo, ambito, today, by=_by(engine))
    click.echo(f"{username}: {ruolo} in {ambito or 'tutti gli ambiti'}")


@role.command("remove")
@USERNAME
@click.argument("ruolo")
@SCOPE
def remove_role(username: str, ruolo: str, ambito: str) -> None:
    """Toglie un ruolo: l'ultimo giorno è ieri (oggi, se era stato dato oggi)."""
    with opened() as engine, engine.database.begin() as work:
        today = day_in_rome(engine.clock.now())
        held = [
            one
            for one in accounts.memberships(work.connection, username, today)
            if one.ruolo == ruolo and one.ambito == ambito
        ]
        if not held:
            raise NotFound(
                "MEMBERSHIP_NOT_HELD", user=username, role=ruolo, scope=ambito or message("EVERY_SCOPE")
            )
        for one in held:
            last = max(one.dal, today.fromordinal(today.toordinal() - 1))
            accounts.end_membership(work.connection, one.id, last, by=_by(engine))
    click.echo(f"{username}: tolto {ruolo}")


@user.command("list")
@click.option("--testo", default="", help="Cerca in nome utente, nome ed e-mail.")
@click.option("--anche-chiusi", is_flag=True, help="Anche gli utenti chiusi.")
def list_users(testo: str, anche_chiusi: bool) -> None:
    """Elenca gli utenti con i ruoli in corso."""
    with opened() as engine, engine.database.read() as connection:
        today = day_in_rome(engine.clock.now())
        rows = []
        after = ""
        while found := accounts.accounts(
            connection, testo, after=after, limit=200, also_inactive=anche_chiusi
        ):
            after = found[-1].username
            for one in found:
                held = accounts.memberships(connection, one.username, today)
                roles = ", ".join(f"{m.ruolo} ({m.ambito or 'tutti'})" for m in held)
                rows.append((one.username, one.nome, "" if one.attivo else "chiuso", roles))
    click.echo(table(("Utente", "Nome", "Stato", "Ruoli"), rows))


@user.command()
@USERNAME
def deactivate(username: str) -> None:
    """Chiude un utente: non entra più, le sue sessioni finiscono; quello che ha fatto resta suo."""
    with opened() as engine, engine.database.begin() as work:
        accounts.deactivate(work.connection, username, by=_by(engine))
    click.echo(f"Chiuso: {username}")


def _require_role(engine: Engine, role_id: str) -> None:
    known = engine.permissions.roles
    if role_id not in known:
        raise InvalidInput("ROLE_UNKNOWN", role=role_id, roles=list(known))
