"""The model of a diagram: processes, elements and flows, without XML."""

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
    """Multi-instance: over a collection or a number of times; `output_collection` is the variable with the results."""

    sequential: bool
    collection: str = ""
    element_variable: str = ""
    cardinality: str = ""
    condition: str = ""
    output_collection: str = ""


@dataclass(frozen=True)
class StandardLoop:
    """A standard loop: the activity is repeated while the condition holds, at most `maximum` times."""

    test_before: bool
    maximum: int | None
    condition: str


@dataclass(frozen=True)
class DataMapping:
    """One camunda:in or camunda:out of a call activity; `all_variables` passes every visible variable."""

    source: str
    target: str
    is_expression: bool = False
    all_variables: bool = False


@dataclass(frozen=True)
class Assignment:
    """Assignment and dates of a user task; each text is a literal, or FEEL when it begins with ``=``."""

    assignee: str = ""
    candidate_groups: str = ""
    candidate_users: str = ""
    due_date: str = ""
    follow_up_date: str = ""
    priority: str = ""


@dataclass(frozen=True)
class Element:
    """A flow node. Fields that its type does not use are empty.

    `inputs` and `outputs` are the input/output parameters, `properties` the camunda:properties. Names of messages and
    signals are literals, or FEEL when they begin with ``=``; `condition` (of a conditional event) is FEEL.

    `compensation_handler` is the id of the activity that compensates this one, `compensation_subprocess` that of the
    compensation event subprocess in it. `has_compensation`: one of the two is here or inside. `involves_compensation`:
    it is an event of compensation or cancel. `activity_ref` is what a throwing event compensates (empty: all that was
    completed in its scope).
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
    called_element: str = ""
    in_mappings: tuple[DataMapping, ...] = ()
    out_mappings: tuple[DataMapping, ...] = ()
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
    compensation_handler: str = ""
    compensation_subprocess: str = ""
    has_compensation: bool = False
    involves_compensation: bool = False
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
        return self.start_events_of("")

    def start_events_of(self, parent_id: str) -> tuple[Element, ...]:
        """The start events of the (sub)process `parent_id`; of the process itself when it is empty."""
        return tuple(e for e in self.elements.values() if e.type == "startEvent" and e.parent_id == parent_id)

    @property
    def called_processes(self) -> tuple[str, ...]:
        """The keys of the processes it calls, each once."""
        return tuple(dict.fromkeys(e.called_element for e in self.elements.values() if e.called_element))
