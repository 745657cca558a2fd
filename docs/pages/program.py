"""The pages about the program itself: settings, commands, permissions, operations, parameters."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import yaml

import modules
from docs.pages.markdown import ROOT, code, explained, page, table
from engine.access import Permission, PermissionMatrix
from engine.definitions.parameter_bounds import BOUNDED_TYPES, NUMBER_TYPES
from engine.definitions.parameter_file import convert_value, parse_parameters
from engine.service_tasks import REGISTRY, Parameter
from engine.settings import SETTINGS, Setting

ROLES = ROOT / "processes" / "ruoli.yaml"
PERMISSIONS = {
    "case.read": "vedere le pratiche del proprio ambito",
    "case.restricted": "leggere ciò che è riservato: note, compiti e allegati segnati nel diagramma",
    "case.start": "aprire pratiche, dei processi che nominano il ruolo fra chi può avviarli",
    "case.suspend": "sospendere e riprendere una pratica",
    "case.cancel": "annullare una pratica",
    "case.reopen": "riaprire una pratica chiusa con una nuova, collegata",
    "case.message": "comunicare a una pratica che cosa è accaduto (sostituzione, incontro straordinario…)",
    "case.batch": "ordinare un'operazione su molte pratiche insieme",
    "case.modify": "cambiare a mano il punto in cui è una pratica e le sue variabili",
    "task.assign": "affidare o rilasciare i compiti di altri",
    "person.read": "leggere le schede delle persone",
    "person.write": "correggere le schede delle persone",
    "budget.read": "leggere budget e rendiconti",
    "document.read": "leggere i documenti emessi",
    "definition.deploy": "pubblicare e ritirare i processi",
    "instance.migrate": "far passare le pratiche in corso a un'altra versione del loro processo",
    "parameter.write": "cambiare i parametri",
    "calendar.write": "cambiare i giorni lavorativi: chiusure, patrono, sabato",
    "deadline.write": "vedere tutte le scadenze e spostarle, dappertutto o nei propri ambiti",
    "incident.manage": "vedere, ritentare e chiudere gli incidenti",
    "user.manage": "creare utenti, dare e togliere ruoli",
    "audit.read": "leggere chi ha consultato una pratica",
}
TYPES = {
    "intero": "15",
    "decimale": "0,5",
    "euro": "2.000,00",
    "testo": "un testo qualsiasi",
    "booleano": "sì, no",
    "data": "2026-01-31",
    "durata": "P10D, P1M, PT1H",
    "ora": "09:00",
    "elenco": "voci separate da virgola",
}


LIMITS = (
    (
        "`minimo`, `massimo`",
        ", ".join(code(kind) for kind in BOUNDED_TYPES),
        "valori del tipo; di un elenco, quante voci",
    ),
    (
        "`scelte`",
        "tutti, meno `booleano`",
        "un elenco: non si accetta altro; di un elenco, le voci che può avere",
    ),
    ("`intero`", ", ".join(code(kind) for kind in NUMBER_TYPES), "`true`: solo numeri interi"),
)


def settings_page() -> str:
    """Every setting, its environment variable, its default and what it is for."""

    def default(setting: Setting) -> str:
        if isinstance(setting.default, bool):
            return "`true`" if setting.default else "`false`"
        return f"`{setting.default}`" if setting.default != "" else "vuoto"

    rows = [(f"`{s.name}`", f"`{s.variable}`", default(s), s.help) for s in SETTINGS]
    return page(
        "Impostazioni",
        "Si leggono da `patti.toml` nella cartella di lavoro (o dal file indicato in `PATTI_CONFIG`) e "
        "dalle variabili d'ambiente, che vincono sul file.",
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
    meanings = dict(explained(Permission, PERMISSIONS, "docs/pages/program.py, permessi"))
    rows = [
        (f"`{permission}`", *("sì" if permission in role.permissions else "" for role in roles))
        for permission in Permission
    ]
    names = [(f"`{role.id}`", role.label.get("it", ""), role.label.get("en", "")) for role in roles]
    return page(
        "Permessi",
        "Chi può fare che cosa: un ruolo vale nell'ambito in cui lo si ha, e in ciò che vi sta dentro. Per "
        "lavorare a un compito non serve un permesso: decidono i candidati del compito. Ruoli e permessi "
        "stanno in `processes/ruoli.yaml`.",
        table(("Permesso", *(f"`{role.id}`" for role in roles)), rows),
        "## Che cosa permette ciascuno",
        table(("Permesso", "Permette di"), [(f"`{name}`", meanings[name]) for name in Permission]),
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
    """The operations of the business modules are registered when they are loaded."""
    modules.load()


def operations_page() -> str:
    """What a service task may call: topic, parameters, errors to catch."""
    load_operations()
    sections = []
    for topic, operation in sorted(REGISTRY.operations.items()):
        if not operation.function.__module__.startswith("modules."):
            continue  # of whoever else has been imported: a measure, a test
        parts = [f"## `{topic}`: {operation.title}", operation.description]
        if operation.parameters:
            rows = [
                (f"`{p.name}`", p.type_name, "sì" if p.required else "no", default_of(p))
                for p in operation.parameters
            ]
            parts.append(table(("Parametro", "Tipo", "Obbligatorio", "Se manca"), rows))
        if operation.errors:
            errors = [(f"`{name}`", meaning) for name, meaning in sorted(operation.errors.items())]
            parts.append(table(("Errore BPMN", "Quando"), errors))
        sections.append("\n\n".join(parts))
    return page(
        "Operazioni",
        "Ciò che un'attività di servizio può chiamare: il *topic* nel diagramma è il nome qui sotto, i "
        "parametri sono i suoi *input*. Gli errori si raccolgono con un evento di errore sul bordo.",
        *sections,
    )


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "sì" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nessuno"
    return str(value) if value not in (None, "") else "vuoto"


def _parameters_of(file: Path) -> str:
    content = file.read_bytes()
    declared = parse_parameters(content, file.name)
    written = yaml.safe_load(content)
    rows = [
        (
            code(one.name),
            one.label,
            f"{_written(written[one.name]['valore'])} {one.unit}".strip(),
            one.type,
            one.bounds.describe(one.type) or "",
            "sì" if one.per_scope else "no",
            one.help,
        )
        for one in declared.values()
    ]
    head = ("Nome", "Etichetta", "Valore di partenza", "Tipo", "Si accetta", "Per ambito", "Aiuto")
    return f"## `{file.parent.name}`\n\n" + table(head, rows)


def parameters_page() -> str:
    """The types of parameters, and those of every process in the project."""
    for kind, example in TYPES.items():
        convert_value(kind, example.split(", ")[0] if kind in ("booleano", "durata") else example)
    types = [(code(kind), example) for kind, example in TYPES.items()]
    files = sorted((ROOT / "processes").glob("*/parametri.yaml"))
    return page(
        "Parametri",
        "I valori che un amministratore cambia dalla pagina «Parametri», senza toccare i diagrammi: fra "
        "questi tutti i termini. Un cambiamento vale da subito, anche per le pratiche in corso, per i "
        "calcoli che devono ancora avvenire: le scadenze già scritte restano dove sono. Vale il valore "
        "dell'ambito, altrimenti quello dell'ambito che lo contiene, altrimenti quello di tutti, altrimenti "
        "quello del file.",
        "## Tipi\n\n" + table(("Tipo", "Si scrive"), types),
        "## Limiti\n\n" + table(("Voce di `parametri.yaml`", "Vale per i tipi", "Che cosa vuole"), LIMITS),
        "Un numero di giorni, settimane o mesi, cioè con quella `unita` o usato come durata in un'espressione, va da "
        "1 a dieci anni anche se il file non lo dice; un numero di anni da 0 a 150; una durata è sopra zero e al "
        "massimo di 3650 giorni. `minimo` e `massimo` scritti nel file prendono il posto di questi. Fra due durate un "
        "mese conta 30 giorni.",
        "Prima che un valore entri in vigore, le scadenze, i timer, le condizioni e le tabelle di decisione che lo "
        "leggono si calcolano, senza scrivere nulla, per le pratiche in corso più recenti (al massimo 200). Se ciò "
        "che col valore di prima riesce non riesce più, o dà una data oltre il 9998 o all'indietro, il valore è "
        "rifiutato, con il numero della pratica e l'elemento.",
        *(_parameters_of(file) for file in files),
    )
