"""Which deadlines there are: every timer and date of the latest version of each process, those with a name once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.definitions.compilation import Parts
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
from engine.scheduling.overrides.embedded import mentioned
from engine.timers.deadlines.diagram_descriptions import default_words


@dataclass(frozen=True)
class DeadlineUse:
    """A place of a diagram where a deadline is used."""

    process_key: str
    process_name: str
    element_id: str
    element_name: str
    what: str


@dataclass(frozen=True)
class Deadline:
    """A deadline. `what` is timer, due or follow_up; a shared one has a `name` and any number of uses.

    What begins a process by itself is a `start`: no case waits on it.

    `inside` are the uses within a bigger expression, where it is worth a value of the type of `value`.

    `tasks` are the tasks of its process, by identifier, that an offset may count from; `repeats` says that it is a
    repetition, and `mixed` that under one name there are repetitions and others.
    """

    key: str
    label: str
    what: str
    default: str
    repeats: bool
    uses: tuple[DeadlineUse, ...]
    name: str = ""
    mixed: bool = False
    tasks: Mapping[str, str] = field(default_factory=dict)
    inside: tuple[DeadlineUse, ...] = ()
    value: Any = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """What may be put in its place: an offset (dopo), a moment (data), a repetition (ogni).

        What begins a process has no case yet whose moments an offset could count from.
        """
        if self.what == STARTS:
            return ("data", "ogni")
        return ("ogni",) if self.repeats else ("dopo", "data")

    @property
    def everywhere(self) -> tuple[DeadlineUse, ...]:
        """All its uses."""
        return (*self.uses, *self.inside)

    @property
    def process_key(self) -> str:
        """The process it is drawn in; of a shared one the first."""
        return self.everywhere[0].process_key

    @property
    def process(self) -> str:
        """The name of the process, or of all that share it."""
        return ", ".join(dict.fromkeys(use.process_name for use in self.everywhere))


def read_catalogue(repository: Repository) -> dict[str, Deadline]:
    """Every deadline by key, in the order of processes and diagrams."""
    found: dict[str, Deadline] = {}
    seen: set[str] = set()
    for definition in repository.list():
        if definition.key in seen or definition.state != "active":
            continue
        seen.add(definition.key)
        parts = repository.compiled(definition.id).parts[definition.key]
        for deadline in _of_process(parts, definition.name):
            known = found.get(deadline.key)
            found[deadline.key] = deadline if known is None else _joined(known, deadline)
    return found


def _of_process(parts: Parts, process_name: str) -> Iterable[Deadline]:
    model = parts.diagram.executable[0]
    tasks = {e.id: e.label for e in model.elements.values() if e.type == "userTask"}
    for element in model.elements.values():
        places: list[tuple[str | None, str, str]] = []
        if element.timer is not None and not waits(element, model.elements):
            places.append((start_key(element.process_id, element.id), STARTS, element.timer.text))
        elif element.timer is not None:
            places.append((timer_key(element), TIMER, element.timer.text))
        if element.type == "userTask":
            due, follow_up = task_keys(element)
            places += [
                (due, DUE, element.assignment.due),
                (follow_up, FOLLOW_UP, element.assignment.follow_up),
            ]
        for key, what, text in places:
            if key is None:
                continue
            use = DeadlineUse(model.id, process_name, element.id, element.label, what)
            for inner in sorted(mentioned(text) & parts.parameters.keys()):
                declared = parts.parameters[inner]
                words = default_words(f'=scadenza("{inner}")', parts.parameters)
                yield Deadline(SHARED + inner, declared.label, what, words, False, (), inner, False, tasks,
                               (use,), declared.default)  # fmt: skip
            name = key.removeprefix(SHARED) if key.startswith(SHARED) else ""
            own = parts.parameters.get(name)
            label = (own.label if own else name) if name else _label(element, model.elements)
            repeats = element.timer is not None and element.timer.kind == "cycle" and what in (TIMER, STARTS)
            words = default_words(text, parts.parameters)
            value = own.default if own else None
            yield Deadline(key, label, what, words, repeats, (use,), name, False, tasks, (), value)


def waits(element: Element, elements: Mapping[str, Element]) -> bool:
    """Whether cases wait at a timer: one that starts the whole process belongs to none."""
    if element.type != "startEvent":
        return True
    parent = elements.get(element.parent_id)
    return parent is not None and parent.triggered_by_event


def _label(element: Element, elements: Mapping[str, Element]) -> str:
    holder = elements.get(element.attached_to)
    return f"{holder.label}: {element.label}" if holder is not None else element.label


def _joined(one: Deadline, other: Deadline) -> Deadline:
    return Deadline(
        one.key,
        one.label,
        one.what,
        one.default,
        one.repeats,
        (*one.uses, *other.uses),
        one.name,
        one.mixed or one.repeats != other.repeats,
        {**one.tasks, **other.tasks},
        (*one.inside, *other.inside),
        one.value,
    )
