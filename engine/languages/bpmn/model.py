"""What a diagram says, element by element, free of XML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Timer:
    """A timer event: `kind` is date, duration or cycle; `text` an ISO 8601 literal or a FEEL expression."""

    kind: str
    text: str


@dataclass(frozen=True)
class MultiInstance:
    """A repeated activity: over a collection or a number of times; `gather` names the list of the results."""

    sequential: bool
    collection: str = ""
    element_variable: str = ""
    cardinality: str = ""
    condition: str = ""
    gather: str = ""


@dataclass(frozen=True)
class StandardLoop:
    """An activity done again while a condition holds, at most so many times."""

    test_before: bool
    maximum: int | None
    condition: str


@dataclass(frozen=True)
class DataMapping:
    """One camunda:in or camunda:out of a call activity."""

    source: str
    target: str
    is_expression: bool = False
    everything: bool = False


@dataclass(frozen=True)
class Assignment:
    """Who may do a user task and by when; each text is a literal, or FEEL when it begins with ``=``."""

    assignee: str = ""
    candidate_groups: str = ""
    candidate_users: str = ""
    due: str = ""
    follow_up: str = ""
    priority: str = ""


@dataclass(frozen=True)
class Element:
    """A flow node. Fields that its type does not use stay empty.

    `inputs` and `outputs` are the input/output parameters; `properties` the camunda:properties. The names of messages
    and signals are literals, or FEEL when they begin with ``=``; `condition` (of a conditional event) is FEEL.

    Compensation: `handler` is the activity that undoes this one, `undone_by` the compensation event subprocess inside
    it; `compensable` says that one of the two is here or further inside, `compensating` that this event has to do with
    undoing; `activity_ref` is what a throwing event undoes (empty: all that its scope has done).
    """

    id: str
    type: str
    name: str
    line: int
    documentation: str = ""
    lane: str = ""
    process_id: str = ""
    parent_id: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[tuple[str, str], ...] = ()
    outputs: tuple[tuple[str, str], ...] = ()
    assignment: Assignment = field(default_factory=Assignment)
    form_id: str = ""
    topic: str = ""
    decision: str = ""
    decision_result: str = "singleResult"
    result_variable: str = ""
    script: str = ""
    script_format: str = ""
    called: str = ""
    ins: tuple[DataMapping, ...] = ()
    outs: tuple[DataMapping, ...] = ()
    timer: Timer | None = None
    message: str = ""
    error_code: str | None = None
    error_code_variable: str = ""
    error_message_variable: str = ""
    signal: str = ""
    escalation_code: str | None = None
    escalation_code_variable: str = ""
    condition: str = ""
    events: tuple[str, ...] = ()
    attached_to: str = ""
    handler: str = ""
    undone_by: str = ""
    compensable: bool = False
    compensating: bool = False
    for_compensation: bool = False
    activity_ref: str = ""
    waits_for_completion: bool = True
    interrupting: bool = True
    triggered_by_event: bool = False
    multi_instance: MultiInstance | None = None
    loop: StandardLoop | None = None
    link: str = ""
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The name, or the identifier of what has no name."""
        return self.name or self.id


@dataclass(frozen=True)
class Flow:
    """A sequence flow; `condition` is FEEL or empty."""

    id: str
    name: str
    source: str
    target: str
    condition: str
    line: int
    is_default: bool = False


@dataclass(frozen=True)
class ProcessModel:
    """One process of a diagram: its elements by id (those inside subprocesses too) and its flows."""

    id: str
    name: str
    executable: bool
    documentation: str
    starters: tuple[str, ...]
    line: int
    properties: Mapping[str, str]
    elements: Mapping[str, Element]
    flows: tuple[Flow, ...]

    def start_events(self) -> tuple[Element, ...]:
        """The start events of the process itself, not of its subprocesses."""
        return self.starts_of("")

    def starts_of(self, parent_id: str) -> tuple[Element, ...]:
        """The start events of the (sub)process `parent_id`; of the process itself when it is empty."""
        return tuple(e for e in self.elements.values() if e.type == "startEvent" and e.parent_id == parent_id)

    @property
    def called(self) -> tuple[str, ...]:
        """The keys of the processes it calls, each once."""
        return tuple(dict.fromkeys(e.called for e in self.elements.values() if e.called))
