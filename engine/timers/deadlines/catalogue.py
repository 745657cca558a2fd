"""The deadlines that exist: every timer and date of the latest version of each process, shared ones once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.definitions.compilation import ParsedBundle
from engine.definitions.repository import Repository
from engine.languages.bpmn.model import Element
from engine.scheduling.overrides.deadline_keys import (
    DUE,
    FOLLOW_UP,
    SHARED,
    STARTS,
    TIMER,
    start_key,
    task_keys,
    timer_key,
)
from engine.scheduling.overrides.embedded import embedded_deadlines
from engine.timers.deadlines.diagram_descriptions import describe_default


@dataclass(frozen=True)
class DeadlineUse:
    """An element of a diagram that uses a deadline; `kind` is timer, due, follow_up or start."""

    process_key: str
    process_name: str
    element_id: str
    element_name: str
    kind: str


@dataclass(frozen=True)
class Deadline:
    """A deadline. `kind` is timer, due, follow_up, or start for a timer start event, for which no instance waits.

    `default` describes in a sentence what the diagram says. A shared deadline has a `name` and any number of `uses`;
    `embedded_uses` are those within a larger expression, where it has a value of the type of `default_value`. `tasks`
    are the tasks of its process that an offset may count from: name by element id. `repeats`: it is a repetition;
    `mixed`: the name is used for repetitions and for other deadlines.
    """

    key: str
    label: str
    kind: str
    default: str
    repeats: bool
    uses: tuple[DeadlineUse, ...]
    name: str = ""
    mixed: bool = False
    tasks: Mapping[str, str] = field(default_factory=dict)
    embedded_uses: tuple[DeadlineUse, ...] = ()
    default_value: Any = None

    @property
    def override_kinds(self) -> tuple[str, ...]:
        """The kinds of overrides it can have: an offset (dopo), a moment (data), a repetition (ogni).

        A timer start can have no offset: there is no instance yet to count from.
        """
        if self.kind == STARTS:
            return ("data", "ogni")
        return ("ogni",) if self.repeats else ("dopo", "data")

    @property
    def all_uses(self) -> tuple[DeadlineUse, ...]:
        """Its uses, then the embedded ones."""
        return (*self.uses, *self.embedded_uses)

    @property
    def process_key(self) -> str:
        """The key of its process; of a shared one the first."""
        return self.all_uses[0].process_key

    @property
    def process(self) -> str:
        """The names of the processes that use it."""
        return ", ".join(dict.fromkeys(use.process_name for use in self.all_uses))


def read_catalogue(repository: Repository) -> dict[str, Deadline]:
    """Every deadline by key, in the order of processes and diagrams."""
    found: dict[str, Deadline] = {}
    seen: set[str] = set()
    for definition in repository.list():
        if definition.key in seen or definition.state != "active":
            continue
        seen.add(definition.key)
        bundle = repository.compiled(definition.id).bundles[definition.key]
        for deadline in _of_process(bundle, definition.name):
            known = found.get(deadline.key)
            found[deadline.key] = deadline if known is None else _merged(known, deadline)
    return found


def _of_process(bundle: ParsedBundle, process_name: str) -> Iterable[Deadline]:
    model = bundle.diagram.executable[0]
    tasks = {e.id: e.label for e in model.elements.values() if e.type == "userTask"}
    for element in model.elements.values():
        for key, kind, text in _texts(element, model.elements):
            if key is None:
                continue
            use = DeadlineUse(model.id, process_name, element.id, element.label, kind)
            for name in sorted(embedded_deadlines(text) & bundle.parameters.keys()):
                declared = bundle.parameters[name]
                yield Deadline(
                    SHARED + name,
                    declared.label,
                    kind,
                    describe_default(f'=scadenza("{name}")', bundle.parameters),
                    False,
                    (),
                    name=name,
                    tasks=tasks,
                    embedded_uses=(use,),
                    default_value=declared.default,
                )
            name = key.removeprefix(SHARED) if key.startswith(SHARED) else ""
            own = bundle.parameters.get(name)
            yield Deadline(
                key,
                (own.label if own else name) if name else _label(element, model.elements),
                kind,
                describe_default(text, bundle.parameters),
                element.timer is not None and element.timer.kind == "cycle" and kind in (TIMER, STARTS),
                (use,),
                name=name,
                tasks=tasks,
                default_value=own.default if own else None,
            )


def _texts(element: Element, elements: Mapping[str, Element]) -> list[tuple[str | None, str, str]]:
    """The key, the kind and the text of each deadline of an element."""
    found: list[tuple[str | None, str, str]] = []
    if element.timer is not None and _starts_process(element, elements):
        found.append((start_key(element.process_id, element.id), STARTS, element.timer.text))
    elif element.timer is not None:
        found.append((timer_key(element), TIMER, element.timer.text))
    if element.type == "userTask":
        due, follow_up = task_keys(element)
        found.append((due, DUE, element.assignment.due_date))
        found.append((follow_up, FOLLOW_UP, element.assignment.follow_up_date))
    return found


def _starts_process(element: Element, elements: Mapping[str, Element]) -> bool:
    """Whether an element is a start event of the process itself and not of an event subprocess."""
    if element.type != "startEvent":
        return False
    parent = elements.get(element.parent_id)
    return parent is None or not parent.triggered_by_event


def _label(element: Element, elements: Mapping[str, Element]) -> str:
    holder = elements.get(element.attached_to)
    return f"{holder.label}: {element.label}" if holder is not None else element.label


def _merged(one: Deadline, other: Deadline) -> Deadline:
    return replace(
        one,
        uses=(*one.uses, *other.uses),
        mixed=one.mixed or one.repeats != other.repeats,
        tasks={**one.tasks, **other.tasks},
        embedded_uses=(*one.embedded_uses, *other.embedded_uses),
    )
