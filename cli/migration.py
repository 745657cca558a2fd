"""`patti migrate`: the plan, the preview, the application and the progress of a move to another version."""

from __future__ import annotations

from pathlib import Path

import click

from cli.actor import command_actor
from cli.printing import CommandGroup, line_of, opened, table, translated
from engine.engine import Engine
from engine.instances.batches import BatchView
from engine.instances.migration import MigrationPlan, MigrationPreview

PLAN = click.argument("plan_file", metavar="PIANO", type=click.Path(exists=True, path_type=Path))
OUTCOMES = {"ready": "passa", "needs_mapping": "manca un corrispondente", "impossible": "non può"}
ITEMS = {
    "waiting": "in attesa",
    "done": "passata",
    "failed": "non passata",
    "skipped": "lasciata",
    "cancelled": "tolta",
}


@click.group(cls=CommandGroup)
def migrate() -> None:
    """Fa passare le pratiche in corso a un'altra versione del loro processo.

    Quattro passi: `plan` scrive il piano, `preview` dice che cosa succederebbe a ogni pratica, `apply` le fa passare,
    `status` dice a che punto è. Il piano è un file YAML (o JSON) con le voci da, a, elementi.
    """


@migrate.command()
@click.argument("target", metavar="ARRIVO")
@click.option(
    "--da",
    "sources",
    multiple=True,
    help="Una versione di partenza (patto:1); si può ripetere. Senza: tutte quelle con pratiche in corso.",
)
@click.option(
    "--su", "file", type=click.Path(path_type=Path), help="Dove scrivere il piano, invece che a schermo."
)
def plan(target: str, sources: tuple[str, ...], file: Path | None) -> None:
    """Propone un piano verso la versione ARRIVO (patto:2) e dice che cosa resta da decidere.

    Gli elementi con lo stesso identificativo e dello stesso genere si corrispondono da sé e non stanno nel file.
    """
    with opened() as engine:
        versions = sources or engine.migrations.sources(target, command_actor(engine))
        proposal = engine.migrations.propose(MigrationPlan(versions, target), command_actor(engine))
        findings = engine.migrations.validate(proposal.plan, command_actor(engine))
    if file is None:
        click.echo(proposal.plan.to_text(), nl=False)
    else:
        file.write_text(proposal.plan.to_text(), encoding="utf-8")
        click.echo(f"Piano scritto in {file}")
    for finding in findings:
        click.echo(line_of(finding), err=True)
    for instruction in proposal.unmapped:
        candidates = ", ".join(name for name, _ in instruction.candidates[:5])
        click.echo(
            f"Da decidere: {instruction.name} «{instruction.element.label}» → {candidates or 'nessun candidato'}",
            err=True,
        )


@migrate.command()
@PLAN
def preview(plan_file: Path) -> None:
    """Dice, senza cambiare nulla, quali pratiche passerebbero e quali no, e perché.

    Le pratiche che stanno allo stesso punto si contano insieme. Esce con 1 se qualcuna non può passare.
    """
    with opened() as engine:
        found = engine.migrations.preview(MigrationPlan.from_file(plan_file), command_actor(engine))
    _show(found)
    if found.count() != found.count("ready"):
        raise click.exceptions.Exit(1)


@migrate.command(name="apply")
@PLAN
@click.option("--motivo", "reason", required=True, help="Perché: resta nella storia di ogni pratica.")
@click.option(
    "--attendi/--non-attendere", "wait", default=True, help="Fa il lavoro qui, o lo lascia al server."
)
def apply_(plan_file: Path, reason: str, wait: bool) -> None:
    """Fa passare le pratiche in corso, una alla volta: ognuna tutta o per niente.

    Se il comando si interrompe non succede nulla di male: il server, o un altro `apply` dello stesso piano, riprende da
    dove era. Quelle che non possono passare restano come sono, con il perché nel resoconto.
    """
    with opened() as engine:
        batch = engine.migrations.create_batch(
            MigrationPlan.from_file(plan_file), reason, command_actor(engine)
        )
        number = engine.batches.get(batch, command_actor(engine)).number
        click.echo(f"Operazione n. {number}")
        while wait and engine.batches.get(batch, command_actor(engine)).state == "running":
            if not engine.batches.run_pending():
                break
        _report(engine, engine.batches.get(batch, command_actor(engine)))


@migrate.command()
@click.argument("number", metavar="NUMERO", type=int)
def status(number: int) -> None:
    """Dice a che punto è l'operazione NUMERO e quali pratiche non sono passate."""
    with opened() as engine:
        _report(engine, engine.batches.get_by_number(number, command_actor(engine)))


def _show(found: MigrationPreview) -> None:
    rows = [
        (
            OUTCOMES[group.outcome],
            group.count,
            ", ".join(label for _, label in group.elements),
            ", ".join(str(number) for number in group.examples),
        )
        for group in found.groups
    ]
    click.echo(table(("Esito", "Pratiche", "Ferme a", "Per esempio"), rows))
    for group in found.groups:
        for sentence in (*group.reasons, *group.notes):
            click.echo(f"  {translated(sentence)} ({group.count})")
    click.echo(f"{found.count()} pratiche, {found.count('ready')} possono passare")


def _report(engine: Engine, batch: BatchView) -> None:
    counted = ", ".join(f"{count} {ITEMS[state]}" for state, count in batch.counts.items() if count)
    click.echo(f"{batch.finished} di {batch.total}: {counted}")
    for item in engine.batches.items(batch.id, command_actor(engine), state="failed").items:
        click.echo(f"  n. {item.instance_number}: {translated(item.outcome)}")
