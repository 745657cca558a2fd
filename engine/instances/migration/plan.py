"""The migration plan: the source versions, the target version, and which element replaces which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from engine.definitions.compilation import CompiledDefinition
from engine.errors import InvalidInput
from engine.languages.bpmn.model import Element
from engine.spiff import ElementMap, same_kind

JOINING_GATEWAYS = frozenset(["parallelGateway", "inclusiveGateway"])
WAIT_STATE_TYPES = frozenset(
    [
        *("userTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "scriptTask"),
        *("callActivity", "subProcess", "transaction", "intermediateCatchEvent", "boundaryEvent"),
        "eventBasedGateway",
    ]
)
"""The types of elements at which a token can wait, beside gateways that join several flows."""


@dataclass(frozen=True)
class MigrationPlan:
    """From the versions `sources` to the version `target`.

    `elements` maps elements of the sources to elements of the target; elements of the same id and kind at the same
    level need no entry. A name in it is an element's id, or ``process/id`` for an element of a called process.
    """

    sources: tuple[str, ...]
    target: str
    elements: Mapping[str, str] = field(default_factory=dict)

    def as_values(self) -> dict[str, Any]:
        """The plan as plain values, with the Italian names of the plan file."""
        return {"da": list(self.sources), "a": self.target, "elementi": dict(self.elements)}

    @classmethod
    def of_values(cls, values: Any) -> MigrationPlan:
        """The plan of the values of `as_values`, or of a file that a person wrote. Raises InvalidInput."""
        names = {"da", "a", "elementi"}
        if (
            not isinstance(values, Mapping)
            or not values.get("da")
            or not values.get("a")
            or set(values) - names
        ):
            raise InvalidInput("MIGRATION_PLAN_INVALID")
        sources, elements = values["da"], values.get("elementi") or {}
        listed = sources if isinstance(sources, list) else [sources]
        if not isinstance(elements, Mapping):
            raise InvalidInput("MIGRATION_PLAN_ELEMENTS_INVALID")
        return cls(
            tuple(str(source) for source in listed),
            str(values["a"]),
            {str(source): str(target) for source, target in elements.items() if target},
        )

    @classmethod
    def from_file(cls, path: Path) -> MigrationPlan:
        """Read a plan from a YAML or JSON file. Raises InvalidInput."""
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
            raise InvalidInput("MIGRATION_PLAN_UNREADABLE", path=str(path), problem=str(problem)) from problem
        return cls.of_values(content)

    def to_text(self) -> str:
        """The plan as YAML."""
        return yaml.safe_dump(self.as_values(), allow_unicode=True, sort_keys=False)


@dataclass(frozen=True)
class MigrationInstruction:
    """What a plan does with one element of a source at which a token can wait.

    `name` is the element's name in the plan, `target` the name of the element that replaces it, empty without one.
    `mapping` is ``same`` (same id and kind), ``named`` (by the plan, or because only one element of the same kind has
    the same label) or ``missing``. `candidates` are the (name, label) of the elements that could replace it, those of
    the same kind first.
    """

    name: str
    element: Element
    target: str
    mapping: str
    candidates: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ProposedPlan:
    """A generated plan, with an instruction for each element of the sources at which a token can wait."""

    plan: MigrationPlan
    instructions: tuple[MigrationInstruction, ...]

    @property
    def unmapped(self) -> tuple[MigrationInstruction, ...]:
        """The instructions without a target: a person must choose one where an instance is at the element."""
        return tuple(instruction for instruction in self.instructions if instruction.mapping == "missing")


def element_name(key: str, process_id: str, element_id: str) -> str:
    """The name in a plan of an element, for a definition with this key."""
    return element_id if process_id == key else f"{process_id}/{element_id}"


def parse_element_name(key: str, name: str) -> tuple[str, str]:
    """(process id, element id) of a name in a plan."""
    process_id, _, element_id = name.rpartition("/")
    return process_id or key, element_id


def complete_mapping(
    plan: MigrationPlan, source: CompiledDefinition, target: CompiledDefinition
) -> ElementMap:
    """The whole mapping of one source: the plan's elements, and those of the same id and kind at the same level."""
    source_models, target_models = source.executable.models, target.executable.models
    named = {
        parse_element_name(source.key, name): parse_element_name(target.key, target_name)
        for name, target_name in plan.elements.items()
    }
    target_processes = {source.key: target.key}
    mapping: dict[tuple[str, str], tuple[str, str]] = {}
    pending = [source.key]
    while pending:
        process_id = pending.pop()
        target_model = target_models.get(target_processes[process_id])
        for element in source_models[process_id].elements.values():
            found = named.get((process_id, element.id))
            if found is None and target_model is not None and element.id in target_model.elements:
                parent = (
                    mapping.get((process_id, element.parent_id))
                    if element.parent_id
                    else (target_model.id, "")
                )
                same = target_model.elements[element.id]
                same_level = parent == (target_model.id, same.parent_id)
                found = (target_model.id, element.id) if same_level and same_kind(element, same) else None
            if found is None:
                continue
            mapping[process_id, element.id] = found
            mapped = target_models[found[0]].elements.get(found[1]) if found[0] in target_models else None
            called = element.called_element
            if called and called in source_models and mapped is not None and mapped.called_element:
                if called not in target_processes:
                    pending.append(called)
                target_processes.setdefault(called, mapped.called_element)
    return mapping


def propose_plan(
    plan: MigrationPlan, sources: list[CompiledDefinition], target: CompiledDefinition
) -> ProposedPlan:
    """Complete a plan: elements of the same id and kind are mapped, for others one of the same label is suggested."""
    elements = dict(plan.elements)
    instructions: dict[str, MigrationInstruction] = {}
    for source in sources:
        mapping = complete_mapping(MigrationPlan(plan.sources, plan.target, elements), source, target)
        for process_id, model in source.executable.models.items():
            for element in model.elements.values():
                name = element_name(source.key, process_id, element.id)
                if name in instructions or not can_hold_token(element):
                    continue
                candidates = _candidates(element, process_id, source, target, mapping)
                found, kind_of_mapping = mapping.get((process_id, element.id)), "same"
                if name in elements:
                    kind_of_mapping = "named"
                elif found is None:
                    alike = [one for one in candidates if one[2] and one[1] == element.label]
                    if len(alike) == 1:
                        elements[name], kind_of_mapping = alike[0][0], "named"
                        found = parse_element_name(target.key, alike[0][0])
                    else:
                        kind_of_mapping = "missing"
                instructions[name] = MigrationInstruction(
                    name=name,
                    element=element,
                    target=element_name(target.key, *found) if found else "",
                    mapping=kind_of_mapping,
                    candidates=tuple((candidate, label) for candidate, label, _ in candidates),
                )
    return ProposedPlan(MigrationPlan(plan.sources, plan.target, elements), tuple(instructions.values()))


def can_hold_token(element: Element) -> bool:
    """Whether a token can wait at the element."""
    return element.type in WAIT_STATE_TYPES or _joins(element)


def can_restart_at(target: Element, source: Element) -> bool:
    """Whether a token of `source` may start again at `target`, an element of another kind."""
    if source.type == "boundaryEvent" or target.type in ("boundaryEvent", "startEvent"):
        return False
    return not _joins(target)


def _joins(element: Element) -> bool:
    return element.type in JOINING_GATEWAYS and len(element.incoming) > 1


def _candidates(
    element: Element,
    process_id: str,
    source: CompiledDefinition,
    target: CompiledDefinition,
    mapping: ElementMap,
) -> list[tuple[str, str, bool]]:
    """(name, label, same kind) of the elements of the same level that could replace one, the same kind first."""
    container = mapping.get((process_id, element.parent_id)) if element.parent_id else None
    parent_id = container[1] if container else ""
    model = target.executable.models.get(container[0] if container else process_id)
    if model is None:
        return []
    found = [
        (element_name(target.key, model.id, other.id), other.label, same_kind(element, other))
        for other in model.elements.values()
        if other.parent_id == parent_id and (same_kind(element, other) or can_restart_at(other, element))
    ]
    return sorted(found, key=lambda candidate: (not candidate[2], candidate[1]))
