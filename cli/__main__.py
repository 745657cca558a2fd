"""The entry of the command line: `patti …`, or `python -m cli …`."""

from __future__ import annotations

import click

import modules
from cli.actor import OPTION
from cli.batches import batch
from cli.calendar_files import export, import_
from cli.calendars import calendar
from cli.database import database
from cli.deadlines import deadlines
from cli.definitions import deploy, lint
from cli.demo.command import demo
from cli.events import message, signal
from cli.incidents import incidents
from cli.instances import instances
from cli.migration import migrate
from cli.parameters import parameters
from cli.printing import CommandGroup
from cli.scopes import ambito
from cli.serving import serve, worker
from cli.simulation import simulate
from cli.suspension import definition
from cli.users import user


@click.group(
    cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(
    package_name="patti", message="%(prog)s %(version)s", help="Mostra la versione ed esce."
)
@OPTION
def main(come: str) -> None:
    """Patti gener-attivi: i processi sono diagrammi, questo comando li pubblica e li fa girare.

    Le impostazioni si leggono da patti.toml e dalle variabili d'ambiente PATTI_…: sono elencate in
    docs/reference/impostazioni.md.
    """
    modules.load()


for command in (serve, worker, deploy, lint, simulate, migrate, database, demo, user, ambito):
    main.add_command(command)
for command in (definition, instances, batch, incidents, calendar, message, signal, deadlines, parameters):
    main.add_command(command)
for command in (import_, export):
    calendar.add_command(command)

if __name__ == "__main__":
    main(prog_name="patti")
