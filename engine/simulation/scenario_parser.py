"""Parses scenario files: YAML with decimal numbers, `no` as a text, and no repeated keys."""

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
from engine.localization import Message, message
from engine.simulation.default_users import DEFAULT_SCOPE

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
    """``!allegato ricevuta.pdf``: a file that is attached to the task before it is completed."""

    name: str


@dataclass(frozen=True)
class Step:
    """One step: its kind, its content and its line. `number` counts from 1."""

    number: int
    kind: str
    content: Any
    line: int


@dataclass(frozen=True)
class Scenario:
    """A parsed scenario."""

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
    """The scenarios of a file, separated by ``---``. Raises InvalidInput with file, line and problem."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
        nodes = list(yaml.compose_all(text, Loader=_Exact))
    except (OSError, UnicodeDecodeError) as problem:
        raise _invalid(file, 0, message("SCENARIO_FILE_UNREADABLE", problem=problem)) from problem
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        raise _invalid(
            file, mark.line + 1 if mark else 0, message("SCENARIO_NOT_YAML", problem=problem)
        ) from problem
    found = tuple(_scenario(file, node) for node in nodes)
    if not found:
        raise _invalid(file, 1, message("SCENARIO_FILE_EMPTY"))
    return found


def _scenario(file: Path, node: yaml.Node) -> Scenario:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        raise _invalid(file, line, message("SCENARIO_NOT_A_MAPPING"))
    data = _plain(file, node)
    unknown = sorted(set(data) - HEADINGS)
    if unknown:
        raise _invalid(file, line, message("SCENARIO_ENTRY_UNKNOWN", name=unknown[0], known=sorted(HEADINGS)))
    missing = [name for name in ("scenario", "inizio", "passi") if name not in data]
    if missing:
        raise _invalid(file, line, message("SCENARIO_ENTRY_MISSING", name=missing[0]))
    start = data["inizio"]
    if not isinstance(start, datetime) or start.tzinfo is None:
        raise _invalid(file, line, message("SCENARIO_START_WITHOUT_ZONE"))
    steps_node = next(value for key, value in node.value if key.value == "passi")
    if not isinstance(steps_node, yaml.SequenceNode):
        raise _invalid(file, line, message("SCENARIO_STEPS_NOT_A_LIST"))
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
        raise _invalid(
            file,
            line,
            message("SCENARIO_STEP_MALFORMED", number=number),
        )
    kind, body = next(iter(content.items()))
    if kind not in STEPS:
        raise _invalid(
            file, line, message("SCENARIO_STEP_UNKNOWN", number=number, kind=kind, known=sorted(STEPS))
        )
    return Step(number, str(kind), body, line)


def _plain(file: Path, node: yaml.Node) -> Any:
    loader = _Exact("")
    try:
        return loader.construct_document(node)
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        raise _invalid(
            file,
            mark.line + 1 if mark else node.start_mark.line + 1,
            message("SCENARIO_VALUE_INVALID", problem=problem),
        ) from problem
    finally:
        loader.dispose()


def _invalid(file: Path, line: int, why: Message) -> InvalidInput:
    finding = Finding("BAD_SCENARIO", why, str(file), line=line)
    return InvalidInput("SCENARIO_FILE_INVALID", findings=[finding], file=file, line=line, why=why)


class _Exact(yaml.SafeLoader):
    """A YAML loader with the numbers and booleans of YAML 1.2; decimals become Decimal."""


def _mapping(loader: _Exact, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    seen: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in seen:
            raise yaml.constructor.ConstructorError(
                None, None, message("SCENARIO_KEY_TWICE", name=key), key_node.start_mark
            )
        seen[key] = loader.construct_object(value_node, deep=True)
    return seen


def _decimal(loader: _Exact, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)).replace("_", ""))


def _file(loader: _Exact, node: yaml.ScalarNode) -> File:
    return File(str(loader.construct_scalar(node)))


def _resolvers() -> dict[str, list[tuple[str, Any]]]:
    resolvers: dict[str, list[tuple[str, Any]]] = {}
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items():
        others = [pair for pair in found if pair[0].rpartition(":")[2] not in ("bool", "int", "float")]
        if others:
            resolvers[first] = others
    for tag, pattern, starts in (
        ("bool", r"true|false", "tf"),
        ("int", r"[-+]?(0|[1-9][0-9_]*)", "-+0123456789"),
        ("float", r"[-+]?(0|[1-9][0-9_]*)\.[0-9]+", "-+0123456789"),
    ):
        for first in starts:
            resolver = (f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"))
            resolvers.setdefault(first, []).append(resolver)
    return resolvers


_Exact.yaml_implicit_resolvers = _resolvers()
_Exact.add_constructor("tag:yaml.org,2002:map", _mapping)
_Exact.add_constructor("tag:yaml.org,2002:float", _decimal)
_Exact.add_constructor("!allegato", _file)
