"""Scenario files: YAML to steps, each with its line. Numbers stay exact, `no` stays a word, no key comes twice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from engine.errors import Finding, InvalidInput
from engine.simulation.colleagues import DEFAULT_SCOPE

SUFFIX = ".scenarios.yaml"
HEADINGS = frozenset(
    ["scenario", "descrizione", "processo", "inizio", "ambito", "utenti", "parametri", "passi"]
)
STEPS = frozenset(
    [
        "avvia", "attendi", "completa", "rifiuta", "avanza", "fino_a", "messaggio", "segnale", "sospendi", "riprendi",
        "annulla", "riapri", "parametro", "prendi", "rilascia", "passa", "verifica", "nota",
    ]
)  # fmt: skip


@dataclass(frozen=True)
class File:
    """``!allegato ricevuta.pdf``: a small file that is attached to the task before it is completed."""

    name: str


@dataclass(frozen=True)
class Step:
    """One step: what to do, with what, and where it is written. `number` counts from 1."""

    number: int
    kind: str
    content: Any
    line: int


@dataclass(frozen=True)
class Scenario:
    """A scenario ready to run. `folder` is where its process lies."""

    name: str
    description: str
    process: str
    start: datetime
    scope: str
    users: Mapping[str, Sequence[str]]
    parameters: Mapping[str, Any]
    steps: tuple[Step, ...]
    file: Path
    line: int = 1

    @property
    def processes(self) -> Path:
        """The folder of diagrams that holds the scenario's process."""
        return self.file.resolve().parent.parent


def read_scenarios(path: str | Path) -> tuple[Scenario, ...]:
    """Every scenario of a file (several are separated by ``---``). InvalidInput says file, line and what is wrong."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
        nodes = list(yaml.compose_all(text, Loader=_Exact))
    except (OSError, UnicodeDecodeError) as problem:
        raise _refused(file, 0, f"il file non si legge: {problem}") from problem
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        raise _refused(file, mark.line + 1 if mark else 0, f"non è YAML valido: {problem}") from problem
    found = tuple(_scenario(file, node) for node in nodes)
    if not found:
        raise _refused(file, 1, "il file non contiene scenari")
    return found


def _scenario(file: Path, node: yaml.Node) -> Scenario:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        raise _refused(file, line, "uno scenario è un elenco di voci: scenario, processo, inizio, passi")
    data = _plain(file, node)
    unknown = sorted(set(data) - HEADINGS)
    if unknown:
        raise _refused(
            file, line, f"la voce «{unknown[0]}» non esiste; ci sono: {', '.join(sorted(HEADINGS))}"
        )
    missing = [name for name in ("scenario", "inizio", "passi") if name not in data]
    if missing:
        raise _refused(file, line, f"manca la voce «{missing[0]}»")
    start = data["inizio"]
    if not isinstance(start, datetime) or start.tzinfo is None:
        raise _refused(file, line, "«inizio» è un momento con il fuso, per esempio 2016-01-28T10:00:00+01:00")
    steps_node = next(value for key, value in node.value if key.value == "passi")
    if not isinstance(steps_node, yaml.SequenceNode):
        raise _refused(file, line, "«passi» è un elenco: ogni passo comincia con un trattino")
    return Scenario(
        name=str(data["scenario"]),
        description=str(data.get("descrizione", "")),
        process=str(data.get("processo", file.parent.name)),
        start=start.astimezone(UTC),
        scope=str(data.get("ambito", DEFAULT_SCOPE)),
        users={name: _roles(roles) for name, roles in (data.get("utenti") or {}).items()},
        parameters=data.get("parametri") or {},
        steps=tuple(_step(file, n, one) for n, one in enumerate(steps_node.value, start=1)),
        file=file,
        line=line,
    )


def _roles(roles: Any) -> tuple[str, ...]:
    return (roles,) if isinstance(roles, str) else tuple(str(role) for role in roles or ())


def _step(file: Path, number: int, node: yaml.Node) -> Step:
    line = node.start_mark.line + 1
    content = _plain(file, node)
    if not isinstance(content, Mapping) or len(content) != 1:
        raise _refused(
            file,
            line,
            f"passo {number}: serve una sola parola con il suo contenuto, per esempio «completa: …»",
        )
    kind, body = next(iter(content.items()))
    if kind not in STEPS:
        raise _refused(
            file, line, f"passo {number}: «{kind}» non è un passo; ci sono: {', '.join(sorted(STEPS))}"
        )
    return Step(number, str(kind), body, line)


def _plain(file: Path, node: yaml.Node) -> Any:
    loader = _Exact("")
    try:
        return loader.construct_document(node)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        raise _refused(file, mark.line + 1 if mark else node.start_mark.line + 1, str(problem)) from problem
    finally:
        loader.dispose()


def _refused(file: Path, line: int, why: str) -> InvalidInput:
    sentence = f"{file}:{line}: {why}"
    return InvalidInput(sentence, findings=[Finding("BAD_SCENARIO", why, str(file), line=line)])


class _Exact(yaml.SafeLoader):
    """YAML 1.2's idea of what is a number and what is true, with decimals as Decimal."""


def _mapping(loader: _Exact, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    seen: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"la voce «{key}» è scritta due volte", key_node.start_mark
            )
        seen[key] = loader.construct_object(value_node, deep=True)
    return seen


def _decimal(loader: _Exact, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)).replace("_", ""))


def _file(loader: _Exact, node: yaml.ScalarNode) -> File:
    return File(str(loader.construct_scalar(node)))


def _resolvers() -> dict[str, list[tuple[str, Any]]]:
    kept: dict[str, list[tuple[str, Any]]] = {}
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items():
        left = [pair for pair in found if pair[0].rpartition(":")[2] not in ("bool", "int", "float")]
        if left:
            kept[first] = left
    for tag, pattern, starts in (
        ("bool", r"true|false", "tf"),
        ("int", r"[-+]?(0|[1-9][0-9_]*)", "-+0123456789"),
        ("float", r"[-+]?(0|[1-9][0-9_]*)\.[0-9]+", "-+0123456789"),
    ):
        for first in starts:
            kept.setdefault(first, []).append((f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$")))
    return kept


_Exact.yaml_implicit_resolvers = _resolvers()
_Exact.add_constructor("tag:yaml.org,2002:map", _mapping)
_Exact.add_constructor("tag:yaml.org,2002:float", _decimal)
_Exact.add_constructor("!allegato", _file)
