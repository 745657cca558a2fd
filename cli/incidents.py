"""`patti incidents`: count, list, retry and resolve incidents."""

from __future__ import annotations

import click

from cli.actor import command_actor
from cli.printing import CommandGroup, opened, table, translated
from engine.incidents import IncidentFilter
from engine.instances.selection import Selection
from engine.localization import message

KIND = click.option(
    "--genere", default="", help="Solo di questo genere: operation, expression, timer, outbox, error."
)
ELEMENT = click.option("--elemento", default="", help="Solo a questo elemento del diagramma.")
PROCESS = click.option("--processo", default="", help="Solo di questo processo (la chiave).")


@click.group(cls=CommandGroup)
def incidents() -> None:
    """Ciò che si è fermato: contarlo, elencarlo, ritentarlo, chiuderlo con un motivo."""


@incidents.command()
@KIND
@ELEMENT
@PROCESS
def groups(genere: str, elemento: str, processo: str) -> None:
    """Conta gli incidenti aperti per processo, genere ed elemento."""
    with opened() as engine:
        found = engine.incidents.groups(
            command_actor(engine), IncidentFilter(kind=genere, element=elemento, definition=processo)
        )
    rows = [(g.count, g.definition_key, g.kind, g.element_id, f"{g.oldest:%Y-%m-%d %H:%M}") for g in found]
    click.echo(table(("Quanti", "Processo", "Genere", "Elemento", "Il primo (UTC)"), rows))


@incidents.command(name="list")
@KIND
@ELEMENT
@PROCESS
@click.option("--dopo", default="", help="Dopo questo incidente (la chiave stampata in fondo).")
def list_(genere: str, elemento: str, processo: str, dopo: str) -> None:
    """Elenca gli incidenti aperti, il più vecchio per primo."""
    with opened() as engine:
        chosen = IncidentFilter(kind=genere, element=elemento, definition=processo)
        found, more = engine.incidents.page(command_actor(engine), chosen, after=dopo)
    rows = [(i.id, i.instance_number or "", i.kind, i.element_id, translated(i.sentence)[:80]) for i in found]
    click.echo(table(("Incidente", "Pratica", "Genere", "Elemento", "Che cosa"), rows))
    if more:
        click.echo(f"Ce ne sono altri: --dopo {more}")


@incidents.command()
@click.argument("incidente", required=False)
@KIND
@ELEMENT
@PROCESS
@click.option("--tutti", is_flag=True, help="Tutti quelli che corrispondono alle opzioni.")
@click.option("--motivo", default="Ritentati da riga di comando", help="Il perché, per l'operazione.")
def retry(incidente: str | None, genere: str, elemento: str, processo: str, tutti: bool, motivo: str) -> None:
    """Ritenta un INCIDENTE, oppure con --tutti quelli che corrispondono alle opzioni."""
    if bool(incidente) == tutti:
        raise click.UsageError(translated(message("INCIDENT_OR_ALL_EXPECTED")))
    with opened() as engine:
        if incidente:
            engine.incidents.retry(incidente, command_actor(engine))
            click.echo("Ritentato: se si ferma ancora, ricompare con `patti incidents list`.")
            return
        selection = Selection(
            key=processo,
            incident_kind=genere,
            incident_element=elemento,
            states=("active",),
            with_incidents=True,
        )
        ordered = engine.batches.create(
            "retry", {"kind": genere, "element": elemento}, selection, command_actor(engine), motivo
        )
        while engine.batches.run_pending():
            pass
        found = engine.batches.get(ordered, command_actor(engine))
    click.echo(f"Pratiche: {found.total}, ritentate {found.counts['done']}, no {found.counts['failed']}.")


@incidents.command()
@click.argument("incidente")
@click.option("--motivo", required=True, help="Come è stato risolto.")
@click.option("--prosegui", is_flag=True, help="Il passo vale come fatto: la pratica va avanti.")
def resolve(incidente: str, motivo: str, prosegui: bool) -> None:
    """Chiude un INCIDENTE senza ritentare."""
    with opened() as engine:
        engine.incidents.resolve(incidente, motivo, command_actor(engine), skip_step=prosegui)
    click.echo("Incidente chiuso.")
