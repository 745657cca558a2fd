"""A plan of migration: from which versions to which, and which element takes the place of which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from engine.definitions.compilation import Compiled
from engine.errors import InvalidInput
from engine.languages.bpmn.model import Element
from engine.spiff import ElementMap, same_kind

HOLDERS = frozenset(
    [
        *("userTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask", "scriptTask"),
        *("callActivity", "subProcess", "transaction", "intermediateCatchEvent", "boundaryEvent"),
        *("eventBasedGateway", "parallelGateway", "inclusiveGateway"),
    ]
)
"""The elements at which a token can stand still; of gateways only those that wait."""


@dataclass(frozen=True)
class MigrationPlan:
    """From the versions `sources` to `target`; `elements` says what does not follow from equal ids.

    A name in `elements` is an element's id, or ``process/id`` for an element of a called process.
    """

    sources: tuple[str, ...]
    target: str
    elements: Mapping[str, str] = field(default_factory=dict)

    def as_values(self) -> dict[str, Any]:
        """As plain values, with the names of the plan's file."""
        return {"da": list(self.sources), "a": self.target, "elementi": dict(self.elements)}

    @classmethod
    def of_values(cls, values: Any) -> MigrationPlan:
        """Back from `as_values`, or from a file that a person wrote. Raises InvalidInput."""
        known = {"da", "a", "elementi"}
        if (
            not isinstance(values, Mapping)
            or not values.get("da")
            or not values.get("a")
            or set(values) - known
        ):
            raise InvalidInput(
                "Il piano ha tre voci: «da» (una o più versioni, come patto:1), «a» (una versione) e, se serve, "
                "«elementi» (vecchio: nuovo)"
            )
        sources, elements = values["da"], values.get("elementi") or {}
        listed = sources if isinstance(sources, list) else [sources]
        if not isinstance(elements, Mapping):
            raise InvalidInput("«elementi» è un elenco di coppie vecchio: nuovo")
        return cls(
            tuple(str(one) for one in listed),
            str(values["a"]),
            {str(before): str(after) for before, after in elements.items() if after},
        )

    @classmethod
    def from_file(cls, path: Path) -> MigrationPlan:
        """Read a plan from YAML or JSON. Raises InvalidInput."""
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
            raise InvalidInput(f"Il piano {path} non si legge: {problem}") from problem
        return cls.of_values(content)

    def to_text(self) -> str:
        """The plan as YAML, to be kept in a file and corrected."""
        return yaml.safe_dump(self.as_values(), allow_unicode=True, sort_keys=False)


@dataclass(frozen=True)
class Place:
    """An element of a source at which a token can stand, and what the plan makes of it.

    `how`: ``same`` (same id and kind), ``named`` (the plan says so, or an only element of the same kind has its name),
    ``missing``. `choices` are the elements that could take its place, those of its kind first.
    """

    name: str
    element: Element
    after: str
    how: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Proposal:
    """A plan with every place of the sources in it, for people to look through."""

    plan: MigrationPlan
    places: tuple[Place, ...]

    @property
    def missing(self) -> tuple[Place, ...]:
        """The places for which someone must decide, if a case stands there."""
        return tuple(place for place in self.places if place.how == "missing")


def name_of(key: str, process_id: str, element_id: str) -> str:
    """How a plan names an element of a process whose key is `key`."""
    return element_id if process_id == key else f"{process_id}/{element_id}"


def read_name(key: str, name: str) -> tuple[str, str]:
    """(process id, element id) of a name in a plan."""
    process_id, _, element_id = name.rpartition("/")
    return process_id or key, element_id


def complete(plan: MigrationPlan, source: Compiled, target: Compiled) -> ElementMap:
    """The whole mapping for one source: what the plan says and, for the rest, the same id of the same kind at the same
    level."""
    before, after = source.program.models, target.program.models
    told = {read_name(source.key, name): read_name(target.key, goal) for name, goal in plan.elements.items()}
    pairs = {source.key: target.key}
    found: dict[tuple[str, str], tuple[str, str]] = {}
    front = [source.key]
    while front:
        process_id = front.pop()
        twin = after.get(pairs[process_id])
        for element in before[process_id].elements.values():
            goal = told.get((process_id, element.id))
            if goal is None and twin is not None and element.id in twin.elements:
                around = found.get((process_id, element.parent_id)) if element.parent_id else (twin.id, "")
                same = twin.elements[element.id]
                stays = around == (twin.id, same.parent_id) and same_kind(element, same)
                goal = (twin.id, element.id) if stays else None
            if goal is None:
                continue
            found[process_id, element.id] = goal
            now = after[goal[0]].elements.get(goal[1]) if goal[0] in after else None
            if element.called and element.called in before and now is not None and now.called:
                if element.called not in pairs:
                    front.append(element.called)
                pairs.setdefault(element.called, now.called)
    return found


def propose(plan: MigrationPlan, sources: list[Compiled], target: Compiled) -> Proposal:
    """The plan filled in: same ids of the same kind follow by themselves, one of the same name is suggested."""
    elements = dict(plan.elements)
    places: dict[str, Place] = {}
    for source in sources:
        whole = complete(MigrationPlan(plan.sources, plan.target, elements), source, target)
        for process_id, model in source.program.models.items():
            for element in model.elements.values():
                name = name_of(source.key, process_id, element.id)
                if name in places or not can_hold(element):
                    continue
                choices = _choices(element, process_id, source, target, whole)
                goal, how = whole.get((process_id, element.id)), "same"
                if name in elements:
                    how = "named"
                elif goal is None:
                    alike = [c for c in choices if c[2] and c[1] == element.label]
                    if len(alike) == 1:
                        elements[name], how = alike[0][0], "named"
                        goal = read_name(target.key, alike[0][0])
                    else:
                        how = "missing"
                after = name_of(target.key, *goal) if goal else ""
                places[name] = Place(name, element, after, how, tuple((c[0], c[1]) for c in choices))
    return Proposal(MigrationPlan(plan.sources, plan.target, elements), tuple(places.values()))


def can_hold(element: Element) -> bool:
    """Whether a token can stand still at the element."""
    if element.type in ("parallelGateway", "inclusiveGateway"):
        return len(element.incoming) > 1
    return element.type in HOLDERS


def _choices(
    element: Element, process_id: str, source: Compiled, target: Compiled, whole: ElementMap
) -> list[tuple[str, str, bool]]:
    """(name, label, same kind) of what could take an element's place: the same level, the same kind first."""
    container = whole.get((process_id, element.parent_id)) if element.parent_id else None
    parent = container[1] if container else ""
    model = target.program.models.get(container[0] if container else process_id)
    if model is None:
        return []
    found = [
        (name_of(target.key, model.id, one.id), one.label, same_kind(element, one))
        for one in model.elements.values()
        if one.parent_id == parent and (same_kind(element, one) or may_begin(one, element))
    ]
    return sorted(found, key=lambda choice: (not choice[2], choice[1]))


def may_begin(goal: Element, before: Element) -> bool:
    """Whether a token of `before` may begin anew at `goal`, which is of another kind."""
    if before.type == "boundaryEvent" or goal.type in ("boundaryEvent", "startEvent"):
        return False
    joins = goal.type in ("parallelGateway", "inclusiveGateway") and len(goal.incoming) > 1
    return not joins
