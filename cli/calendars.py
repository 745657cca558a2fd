"""`patti calendar`: list and change the days off of an ambito."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import click

from cli.actor import command_actor
from cli.printing import CommandGroup, opened, table
from engine.scheduling.calendars.days_off import DayOffReason, days_off
from engine.temporal import day_in_rome

WEEKDAYS = ("lun", "mar", "mer", "gio", "ven", "sab", "dom")
DAY = click.DateTime(("%Y-%m-%d", "%d/%m/%Y"))
SCOPE = click.option("--ambito", "scope", default="", help="L'ambito; senza, tutti gli ambiti.")
REASON = click.option("--motivo", required=True, help="Il perché: resta scritto.")


@click.group(cls=CommandGroup)
def calendar() -> None:
    """I giorni non lavorativi di un ambito: elencarli, aggiungere e togliere chiusure, il sabato e il patrono.

    Ciò che si cambia vale per le scadenze calcolate da quel momento: quelle già calcolate restano dove sono.
    """


@calendar.command(name="list")
@SCOPE
@click.option("--anno", type=click.IntRange(1990, 2150), help="L'anno; senza, quello in corso.")
def list_(scope: str, anno: int | None) -> None:
    """Elenca i giorni non lavorativi di un anno, con il perché; domeniche e sabati in una riga."""
    with opened() as engine:
        found = engine.calendars.get(scope, command_actor(engine))
        year = anno or day_in_rome(engine.clock.now()).year
    rows = [
        (f"{off.day:%Y-%m-%d}", WEEKDAYS[off.day.weekday()], _words(reason), reason.closing_id)
        for off in days_off(found, year)
        for reason in off.reasons
    ]
    click.echo(table(("Giorno", "", "Perché", "Chiusura"), rows))
    saturday = "non si lavora" if found.saturday.saturday_closed else "si lavora"
    click.echo(f"La domenica non si lavora. Il sabato {saturday}.")


@calendar.command()
@click.argument("primo", type=DAY)
@click.argument("ultimo", type=DAY, required=False)
@SCOPE
@REASON
def close(primo: datetime, ultimo: datetime | None, scope: str, motivo: str) -> None:
    """Chiude gli uffici dal giorno PRIMO al giorno ULTIMO compreso (un giorno solo, senza ULTIMO)."""
    first, last = primo.date(), (ultimo or primo).date()
    with opened() as engine:
        made = engine.calendars.add_closing(scope, first, last, motivo, command_actor(engine))
        affected = engine.calendars.count_affected(scope, first, last, command_actor(engine))
    click.echo(f"Chiuso {format_days(first, last)}: chiusura {made}.")
    click.echo(
        f"In quei giorni scadono già {affected.tasks} compiti e {affected.timers} attese: restano dove sono."
    )


@calendar.command(name="open")
@click.argument("chiusura")
@REASON
def open_(chiusura: str, motivo: str) -> None:
    """Toglie una CHIUSURA (il codice stampato da `patti calendar list`): quei giorni tornano lavorativi."""
    with opened() as engine:
        found = engine.calendars.withdraw_closing(chiusura, motivo, command_actor(engine))
    click.echo(
        f"Di nuovo aperto {format_days(found.first, found.last)}. Le scadenze già calcolate restano dove sono."
    )


@calendar.command(name="set")
@SCOPE
@click.option(
    "--sabato", type=click.Choice(["lavorativo", "festivo", "ereditato"]), help="Se di sabato si lavora."
)
@click.option("--patrono", help="Il nome del santo patrono.")
@click.option("--giorno-patrono", help="Il suo giorno, mese-giorno: 11-13; vuoto: come l'ambito sopra.")
@REASON
def set_(
    scope: str, sabato: str | None, patrono: str | None, giorno_patrono: str | None, motivo: str
) -> None:
    """Decide il sabato e il patrono di un ambito; ciò che non si nomina resta com'è."""
    with opened() as engine:
        rule = replace(engine.calendars.get(scope, command_actor(engine)).rules[0], reason=motivo)
        if sabato is not None:
            rule = replace(
                rule, saturday_closed={"lavorativo": False, "festivo": True, "ereditato": None}[sabato]
            )
        if patrono is not None:
            rule = replace(rule, patron_name=patrono)
        if giorno_patrono is not None:
            rule = replace(rule, patron_day=giorno_patrono)
        changed = engine.calendars.set_rule(rule, command_actor(engine))
    click.echo(
        "Calendario cambiato: vale per le scadenze calcolate da adesso." if changed else "Era già così."
    )


def _words(reason: DayOffReason) -> str:
    scope = f" ({reason.scope})" if reason.scope else ""
    if reason.kind == "patron":
        return f"Patrono {reason.name}".strip() + scope
    return f"Chiusura: {reason.name}{scope}" if reason.kind == "closing" else reason.name


def format_days(first: date, last: date) -> str:
    """``il 10/08/2016`` or ``dal 08/08/2016 al 12/08/2016``."""
    return f"il {first:%d/%m/%Y}" if first == last else f"dal {first:%d/%m/%Y} al {last:%d/%m/%Y}"
