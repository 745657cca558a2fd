"""`patti calendar import` and `export`: the closings of an ambito from and to calendar files (iCalendar)."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click

from cli.actor import command_actor
from cli.calendars import SCOPE, format_days
from cli.printing import opened, table
from engine.errors import InvalidInput
from engine.localization import Message
from engine.scheduling.calendars.ics_import import ImportPreview
from engine.temporal.ics_closings import MAX_FILE_BYTES


@click.command(name="import")
@click.argument("file", type=click.File("rb"))
@SCOPE
@click.option(
    "--motivo", default="", help="Il perché, che resta scritto: serve per cambiare, non per la prova."
)
@click.option(
    "--fino-al", "until", type=int, help="L'ultimo anno di ciò che si ripete ogni anno; senza, fra cinque."
)
@click.option("--prova", is_flag=True, help="Mostra che cosa cambierebbe, e non cambia nulla.")
def import_(file: BinaryIO, scope: str, motivo: str, until: int | None, prova: bool) -> None:
    """Aggiunge le chiusure di un FILE iCalendar (.ics); «-» lo legge dallo standard input.

    Si leggono gli eventi di giornate intere. Ciò che si ripete ogni anno diventa una chiusura per anno; gli altri
    eventi sono rifiutati, ognuno con il perché. Si applica tutto insieme o nulla.
    """
    with opened() as engine:
        preview = engine.calendar_files.preview(
            scope, file.read(MAX_FILE_BYTES + 1), command_actor(engine), until
        )
        _print_preview(preview)
        if isinstance(preview.problem, Message):
            raise InvalidInput.for_field("file", preview.problem)
        if prova:
            click.echo("Prova: non è cambiato nulla.")
            return
        made = (
            engine.calendar_files.apply(scope, preview.added, motivo, command_actor(engine))
            if preview.added
            else 0
        )
    click.echo(f"Chiusure aggiunte: {made}. Valgono per le scadenze calcolate da adesso.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@SCOPE
def export(file: Path | None, scope: str) -> None:
    """Scrive le chiusure proprie di un ambito in un FILE iCalendar (.ics), o sullo standard output."""
    with opened() as engine:
        content = engine.calendar_files.export(scope, command_actor(engine))
    if file is None:
        click.echo(content, nl=False)
    else:
        file.write_bytes(content)


def _print_preview(preview: ImportPreview) -> None:
    lines = [("aggiunta", format_days(one.first, one.last), one.name) for one in preview.added]
    lines += [("c'è già", format_days(one.first, one.last), one.name) for one in preview.present]
    lines += [("rifiutato", one.why, one.name) for one in preview.refused]
    click.echo(table(("", "Giorni, o perché", "Nome"), lines))
    for name in preview.endless:
        click.echo(f"«{name}» si ripete senza fine: si ferma al {preview.until}.")
    affected = preview.affected
    click.echo(
        f"In quei giorni scadono già {affected.tasks} compiti e {affected.timers} attese: restano dove sono."
    )
