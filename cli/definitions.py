"""`patti deploy` and `patti lint`: publish definitions, or only read them and say what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from cli.actor import command_actor
from cli.printing import line_of, opened
from engine.access import PermissionMatrix
from engine.definitions.compilation import parse_bundle
from engine.definitions.models import DeploymentReport
from engine.definitions.resources import DeploymentBundle
from engine.engine import ROLES_FILE
from engine.errors import Finding, InvalidInput
from engine.localization import message
from engine.service_tasks import REGISTRY

PATHS = click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))


@click.command(short_help="Pubblica i processi.")
@PATHS
def deploy(paths: tuple[Path, ...]) -> None:
    """Pubblica i processi: diagrammi .bpmn (ognuno con la sua cartella accanto) o cartelle che ne contengono.

    Senza argomenti, la cartella dell'impostazione processes_folder. Un contenuto già pubblicato non cambia nulla; le
    pratiche in corso restano sulla loro versione. Se qualcosa non va, niente di quel processo viene pubblicato: ogni
    riga dice file, riga, elemento e che cosa fare, e il comando esce con 1. Gli avvisi non fermano la pubblicazione.
    """
    with opened() as engine:
        for path in paths or (Path(engine.settings.processes_folder),):
            if path.is_dir():
                reports: tuple[DeploymentReport, ...] = engine.deployments.deploy_folder(
                    path, command_actor(engine)
                )
            else:
                reports = (
                    engine.deployments.deploy(DeploymentBundle.from_path(path), command_actor(engine)),
                )
            for report in reports:
                outcome = "pubblicato" if report.created else "già pubblicato"
                found = report.definition
                click.echo(f"{outcome}: {found.name} ({found.key}, versione {found.version})")
                for finding in report.warnings:
                    click.echo(line_of(finding), err=True)


@click.command(short_help="Controlla i processi, senza base dati.")
@PATHS
@click.option("--strict", is_flag=True, help="Esce con 1 anche per i soli avvisi.")
def lint(paths: tuple[Path, ...], strict: bool) -> None:
    """Controlla i processi senza base dati: quello che `patti deploy` rifiuterebbe, e gli avvisi.

    Ogni riga dice file, riga, elemento e che cosa fare; esce con 1 se c'è un errore.
    """
    diagrams = [
        diagram
        for path in paths or (Path("processes"),)
        for diagram in (sorted(path.glob("*.bpmn")) if path.is_dir() else [path])
    ]
    found = list(_findings(diagrams))
    for finding in found:
        click.echo(line_of(finding))
    errors = sum(finding.severity == "error" for finding in found)
    click.echo(f"{len(diagrams)} processi, {errors} errori, {len(found) - errors} avvisi")
    if errors or (strict and found):
        raise click.exceptions.Exit(1)


def _findings(diagrams: list[Path]) -> Iterator[Finding]:
    keys: set[str] = set()
    called: list[tuple[str, Finding]] = []
    for path in diagrams:
        try:
            bundle = DeploymentBundle.from_path(path)
            parts = parse_bundle(bundle, REGISTRY)
        except InvalidInput as problem:
            yield from problem.findings or [Finding("BAD_BUNDLE", problem.message, str(path))]
            keys.add(path.stem)
            continue
        keys.add(parts.key)
        yield from parts.warnings
        process = parts.diagram.executable[0]
        known = PermissionMatrix.load(path.parent / ROLES_FILE).roles if _has_roles(path) else {}
        for role in process.starters:
            if known and role not in known:
                yield Finding(
                    "UNKNOWN_ROLE",
                    message("STARTER_ROLE_UNKNOWN", role=role, file=ROLES_FILE),
                    path.name,
                    process.id,
                    process.name,
                    severity="warning",
                )
        for element in process.elements.values():
            if element.called_element:
                called.append(
                    (
                        element.called_element,
                        Finding(
                            "UNKNOWN_PROCESS",
                            message("CALLED_PROCESS_NOT_CHECKED", process=element.called_element),
                            path.name,
                            element.id,
                            element.name,
                            element.line,
                        ),
                    )
                )
    yield from (finding for key, finding in called if key not in keys)


def _has_roles(diagram: Path) -> bool:
    return (diagram.parent / ROLES_FILE).exists()
