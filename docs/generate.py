"""Writes docs/reference from the code: settings, commands, permissions, operations.

    python docs/generate.py            write the pages
    python docs/generate.py --check    say which pages no longer tell what the code does, and fail

The pages are in Italian: administrators and analysts read them.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from engine.operations import REGISTRY
from engine.operations.registry import Parameter
from engine.permissions import Permission, PermissionMatrix
from engine.settings import SETTINGS, Setting

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
ROLES = ROOT / "processes" / "ruoli.yaml"
NOTICE = "<!-- Pagina scritta da docs/generate.py: si cambia il codice, poi `make docs`. -->"


def cell(text: object) -> str:
    """A value as the cell of a table in Markdown."""
    return str(text).replace("\n", " ").replace("|", "\\|").strip()


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def page(title: str, opening: str, *sections: str) -> str:
    """A whole page."""
    return "\n\n".join([f"# {title}", NOTICE, opening, *sections]) + "\n"


def settings_page() -> str:
    """Every setting, its environment variable, its default and what it is for."""

    def default(setting: Setting) -> str:
        if isinstance(setting.default, bool):
            return "`true`" if setting.default else "`false`"
        return f"`{setting.default}`" if setting.default != "" else "vuoto"

    rows = [(f"`{s.name}`", f"`{s.variable}`", default(s), s.help) for s in SETTINGS]
    return page(
        "Impostazioni",
        "Si leggono da `patti.toml` nella cartella di lavoro (o dal file indicato in `PATTI_CONFIG`) "
        "e dalle variabili d'ambiente, che vincono sul file.",
        table(("Nome", "Variabile", "Se manca", "A che cosa serve"), rows),
    )


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """A command and all its subcommands, each with the words one types."""
    yield path, command
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from commands(command.commands[name], f"{path} {name}")


def command_section(path: str, command: click.Command) -> str:
    """Title, help, arguments and options of one command."""
    lines = [f"## `{path}`", (command.help or command.short_help or "").replace("\b\n", "").strip()]
    context = click.Context(command, info_name=path)
    usage = " ".join(command.collect_usage_pieces(context))
    lines.append(f"```\n{path} {usage}\n```")
    rows = [
        (" ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts)), option.help or "")
        for option in command.params
        if isinstance(option, click.Option) and not option.hidden
    ]
    if rows:
        lines.append(table(("Opzione", "Che cosa fa"), rows))
    return "\n\n".join(line for line in lines if line)


def commands_page() -> str:
    """The command line, as `--help` tells it."""
    main: click.Command = importlib.import_module("cli.__main__").main
    sections = [
        command_section(path, command) for path, command in commands(main, "patti") if not command.hidden
    ]
    return page("Comandi", "La riga di comando `patti`; ogni comando risponde anche a `--help`.", *sections)


def permissions_page() -> str:
    """The one matrix: which role may do what."""
    matrix = PermissionMatrix.load(ROLES)
    roles = list(matrix.roles.values())
    rows = [
        (f"`{permission}`", *("sì" if permission in role.permissions else "" for role in roles))
        for permission in Permission
    ]
    names = [(f"`{role.id}`", role.label.get("it", ""), role.label.get("en", "")) for role in roles]
    return page(
        "Permessi",
        "Chi può fare che cosa: un ruolo vale nell'ambito in cui lo si ha, e in ciò che vi sta dentro. "
        "Per lavorare a un compito non serve un permesso: decidono i candidati del compito. "
        "Ruoli e permessi stanno in `processes/ruoli.yaml`.",
        table(("Permesso", *(f"`{role.id}`" for role in roles)), rows),
        "## Ruoli",
        table(("Ruolo", "Nome", "In inglese"), names),
    )


def default_of(parameter: Parameter) -> str:
    """What an operation uses when the diagram does not give the parameter."""
    if parameter.required or parameter.default is None:
        return ""
    if isinstance(parameter.default, bool):
        return "sì" if parameter.default else "no"
    return f"`{parameter.default}`" if parameter.default != "" else "vuoto"


def load_operations() -> None:
    """Importing the catalogue is what registers every operation."""
    importlib.import_module("engine.operations.catalogue")


def operations_page() -> str:
    """What a service task may call: topic, parameters, errors to catch."""
    load_operations()
    sections = []
    for topic in sorted(REGISTRY.operations):
        operation = REGISTRY.operations[topic]
        parts = [f"## `{topic}`: {operation.title}", operation.description]
        if operation.parameters:
            rows = [
                (f"`{p.name}`", p.type_name, "sì" if p.required else "no", default_of(p))
                for p in operation.parameters
            ]
            parts.append(table(("Parametro", "Tipo", "Obbligatorio", "Se manca"), rows))
        if operation.errors:
            errors = [(f"`{code}`", meaning) for code, meaning in sorted(operation.errors.items())]
            parts.append(table(("Errore BPMN", "Quando"), errors))
        sections.append("\n\n".join(parts))
    return page(
        "Operazioni",
        "Ciò che un'attività di servizio può chiamare: il *topic* nel diagramma è il nome qui sotto, "
        "i parametri sono i suoi *input*. Gli errori si raccolgono con un evento di errore sul bordo.",
        *sections,
    )


PAGES = {
    "impostazioni.md": settings_page,
    "comandi.md": commands_page,
    "permessi.md": permissions_page,
    "operazioni.md": operations_page,
}


def stale() -> list[str]:
    """Names of the pages that differ from what the code says now."""
    return [
        name
        for name, write in PAGES.items()
        if not (FOLDER / name).is_file() or (FOLDER / name).read_text(encoding="utf-8") != write()
    ]


def main() -> None:
    """Write the pages, or check them."""
    if "--check" in sys.argv[1:]:
        old = stale()
        if old:
            sys.exit(
                f"docs/reference non dice più che cosa fa il codice: {', '.join(old)}. Lancia `make docs`."
            )
        return
    FOLDER.mkdir(exist_ok=True)
    for name, write in PAGES.items():
        (FOLDER / name).write_text(write(), encoding="utf-8")
        print(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
