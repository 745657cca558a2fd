"""`patti simulate`: run scenario files and print each step."""

from __future__ import annotations

from pathlib import Path

import click

from engine.errors import InvalidInput
from engine.simulation import ScenarioFailure, read_scenarios, run_scenario
from engine.simulation.trace import PrintedTrace, Trace


@click.command(short_help="Gioca gli scenari su un orologio virtuale.")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("-q", "--quiet", is_flag=True, help="Solo il risultato di ogni scenario.")
@click.option(
    "--database", "database_url", default="", help="Una base dati vuota al posto di quella temporanea."
)
def simulate(files: tuple[Path, ...], quiet: bool, database_url: str) -> None:
    """Gioca gli scenari di uno o più file (o di tutte le cartelle date) su un orologio virtuale.

    Ogni scenario comincia da una base temporanea vuota: nulla tocca i dati veri, nessuna e-mail parte. Esce con 1 se
    uno scenario non va come è scritto, e dice file, riga, passo, atteso e trovato.
    """
    paths = [
        one for path in files for one in (sorted(path.rglob("*.scenarios.yaml")) if path.is_dir() else [path])
    ]
    scenarios = [scenario for path in paths for scenario in read_scenarios(path)]
    if not scenarios:
        raise InvalidInput("NO_SCENARIO_FOUND")
    if database_url and len(scenarios) > 1:
        raise InvalidInput("ONE_SCENARIO_PER_DATABASE")
    failed = 0
    for scenario in scenarios:
        click.secho(f"{scenario.name}", bold=True)
        try:
            run_scenario(
                scenario, database_url=database_url, trace=Trace() if quiet else PrintedTrace(click.echo)
            )
        except ScenarioFailure as failure:
            failed += 1
            click.secho(str(failure), fg="red", err=True)
        else:
            click.secho("  riuscito", fg="green")
    click.echo(f"{len(scenarios)} scenari, {failed} non riusciti")
    if failed:
        raise click.exceptions.Exit(1)
