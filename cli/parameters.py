"""`patti parameters`: list the parameters of a process, try a value, put it in force, take it back."""

from __future__ import annotations

import click

from cli.actor import command_actor
from cli.printing import CommandGroup, opened, table, translated
from engine.definitions.parameter_bounds import written

PROCESS = click.argument("processo")
NAME = click.argument("nome")
VALUE = click.argument("valore")
SCOPE = click.option("--ambito", "scope", default="", help="Solo per un ambito; senza, per tutti.")
REASON = click.option("--motivo", required=True, help="Il perché: resta scritto.")
NEGATIVE = {"ignore_unknown_options": True}
"""A value such as -5 is no option."""


@click.group(cls=CommandGroup)
def parameters() -> None:
    """I parametri dei processi: elencarli, provare un valore, metterlo in vigore, ripristinare.

    Un valore fuori dai limiti è rifiutato, e così uno con cui una scadenza, un timer, una condizione o una tabella di
    decisione di una pratica in corso non si calcola più: allora non cambia nulla e il comando esce con 1.
    """


@parameters.command(name="list")
@PROCESS
@SCOPE
def list_(processo: str, scope: str) -> None:
    """Elenca i parametri del PROCESSO, con il valore in vigore e ciò che si accetta."""
    with opened() as engine:
        found = engine.parameters.list(processo, scope, command_actor(engine))
    rows = [
        (
            one.name,
            one.label,
            f"{written(one.value)} {one.unit}".strip(),
            "processo" if one.source == "file" else one.source or "tutti gli ambiti",
            translated(one.bounds.describe(one.type) or ""),
        )
        for one in found
    ]
    click.echo(table(("Nome", "Etichetta", "In vigore", "Viene da", "Si accetta"), rows))


@parameters.command(context_settings=NEGATIVE)
@PROCESS
@NAME
@VALUE
@SCOPE
def check(processo: str, nome: str, valore: str, scope: str) -> None:
    """Dice, senza cambiare nulla, se il parametro NOME del PROCESSO può avere un VALORE."""
    with opened() as engine:
        accepted = engine.parameters.check(processo, nome, scope, valore, command_actor(engine))
    click.echo(f"Va bene: {nome} può essere {written(accepted)}. Non è cambiato nulla.")


@parameters.command(name="set", context_settings=NEGATIVE)
@PROCESS
@NAME
@VALUE
@SCOPE
@REASON
def set_(processo: str, nome: str, valore: str, scope: str, motivo: str) -> None:
    """Mette in vigore un VALORE del parametro NOME del PROCESSO, da subito anche per le pratiche in corso."""
    with opened() as engine:
        engine.parameters.set(processo, nome, scope, valore, motivo, command_actor(engine))
    click.echo(f"In vigore: {nome} = {valore}, {f'in {scope}' if scope else 'in tutti gli ambiti'}.")


@parameters.command()
@PROCESS
@NAME
@SCOPE
@REASON
def reset(processo: str, nome: str, scope: str, motivo: str) -> None:
    """Toglie il valore di un ambito: torna a valere quello di sopra, o quello del processo."""
    with opened() as engine:
        engine.parameters.reset(processo, nome, scope, motivo, command_actor(engine))
    click.echo(f"Ripristinato: {nome}.")
