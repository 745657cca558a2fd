"""The conformance files: a diagram beside a YAML file that says what it must do. Read and checked here.

`tests/bpmn/README.md` tells how to write one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from tests.bpmn.sections import SECTIONS

FOLDER = Path(__file__).parent
STEPS: Mapping[str, frozenset[str]] = {
    "complete": frozenset({"values", "which"}),
    "advance": frozenset(),
    "until": frozenset(),
    "message": frozenset({"key", "values"}),
    "signal": frozenset({"values"}),
    "set": frozenset(),
    "suspend": frozenset(),
    "resume": frozenset(),
    "incident": frozenset({"says"}),
    "retry": frozenset(),
    "waiting": frozenset(),
    "passed": frozenset(),
    "values": frozenset(),
}
"""What a step may be, and the further words that it may hold."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTRUCT = {"section", "construct", "italian", "note", "deploy", "cases", "refused"}
_CASE = {"name", "start", "variables", "steps", "trace", "state", "waiting", "incidents", "values"}


class BadConstruct(Exception):
    """A conformance file that does not follow the format; says which file and why."""


@dataclass(frozen=True)
class Case:
    """One way through a diagram. `waiting` is None where nothing is asked of it, as are `trace` and `incidents`."""

    name: str
    start: Mapping[str, Any] | None = None
    """None: by hand. Else ``{message: …}``, ``{signal: …}`` or ``{}`` for a process that starts by itself."""
    variables: Mapping[str, Any] = field(default_factory=dict)
    steps: tuple[Mapping[str, Any], ...] = ()
    trace: tuple[Any, ...] | None = None
    state: str = "completed"
    waiting: tuple[str, ...] | None = None
    incidents: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Construct:
    """One YAML file. `refused` holds ``CODE`` or ``CODE@Element`` for a diagram that must not be deployed."""

    path: Path
    section: str
    name: str
    italian: str
    note: str
    deploy: tuple[Path, ...]
    cases: tuple[Case, ...]
    refused: tuple[str, ...]

    @property
    def id(self) -> str:
        """Group and name: ``activities/user_task``."""
        return self.path.relative_to(FOLDER).with_suffix("").as_posix()

    @property
    def diagram(self) -> Path:
        """The diagram that the file is about."""
        return self.path.with_suffix(".bpmn")


def constructs() -> list[Construct]:
    """Every conformance file, by group and name."""
    return [read(path) for path in sorted(FOLDER.glob("*/*.yaml"))]


def read(path: Path) -> Construct:
    """One file. Raises BadConstruct."""
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _LOADER)  # noqa: S506 (a safe loader, the quick one where there is one)
    except yaml.YAMLError as problem:
        raise BadConstruct(f"{path}: {problem}") from problem
    where = path.relative_to(FOLDER).as_posix()
    _only(data, _CONSTRUCT, where)
    for key in ("section", "construct", "italian"):
        if not data.get(key):
            raise BadConstruct(f"{where}: «{key}» is missing")
    if str(data["section"]) not in SECTIONS:
        raise BadConstruct(f"{where}: {data['section']} is no section listed in tests/bpmn/sections.py")
    if bool(data.get("cases")) == bool(data.get("refused")):
        raise BadConstruct(f"{where}: either «cases» or «refused»")
    if not path.with_suffix(".bpmn").is_file():
        raise BadConstruct(f"{where}: no diagram beside it")
    deploy = tuple(path.parent / name for name in data.get("deploy") or [path.with_suffix(".bpmn").name])
    for file in deploy:
        if not file.is_file():
            raise BadConstruct(f"{where}: «deploy» names {file.name}, which is not there")
    cases = tuple(_case(one, where) for one in data.get("cases") or ())
    if len({case.name for case in cases}) != len(cases):
        raise BadConstruct(f"{where}: two cases of one name")
    return Construct(
        path,
        str(data["section"]),
        data["construct"],
        data["italian"],
        data.get("note") or "",
        deploy,
        cases,
        tuple(data.get("refused") or ()),
    )


def _case(data: Any, where: str) -> Case:
    _only(data, _CASE, f"{where}, case {data.get('name') if isinstance(data, dict) else data}")
    if not data.get("name"):
        raise BadConstruct(f"{where}: a case without a name")
    state = data.get("state", "completed")
    if state not in ("completed", "waiting"):
        raise BadConstruct(f"{where}, {data['name']}: «state» is completed or waiting")
    if (state == "waiting") != (data.get("waiting") is not None or bool(data.get("incidents"))):
        raise BadConstruct(
            f"{where}, {data['name']}: say what is «waiting» when, and only when, state is waiting"
        )
    steps = tuple(data.get("steps") or ())
    for step in steps:
        if not isinstance(step, dict) or not step or next(iter(step)) not in STEPS:
            raise BadConstruct(f"{where}, {data['name']}: {step!r} begins with none of {', '.join(STEPS)}")
        verb = next(iter(step))
        _only(step, {verb, *STEPS[verb]}, f"{where}, {data['name']}, step {verb}")
    return Case(
        name=str(data["name"]),
        start=data.get("start"),
        variables=_exact(data.get("variables") or {}),
        steps=tuple(_exact(step) for step in steps),
        trace=None if data.get("trace") is None else tuple(data["trace"]),
        state=state,
        waiting=None if data.get("waiting") is None else tuple(data["waiting"]),
        incidents=tuple(data.get("incidents") or ()),
        values=_exact(data.get("values") or {}),
    )


def _exact(value: Any) -> Any:
    """Numbers with a point as decimals, as the engine keeps them."""
    if isinstance(value, dict):
        return {key: _exact(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_exact(one) for one in value]
    return Decimal(str(value)) if isinstance(value, float) else value


def _only(data: Any, known: set[str], where: str) -> None:
    if not isinstance(data, dict):
        raise BadConstruct(f"{where}: keys are needed: {', '.join(sorted(known))}")
    unknown = sorted(set(map(str, data)) - known)
    if unknown:
        raise BadConstruct(f"{where}: «{unknown[0]}» is none of {', '.join(sorted(known))}")
