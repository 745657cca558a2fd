"""Compiles diagrams into an executable process: the library's specs of a process and of all processes it calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.exceptions import SpiffWorkflowException

from engine.errors import Finding, InvalidInput
from engine.languages.bpmn.compensation_handlers import HANDLER_SUFFIX, extract_compensation_handlers
from engine.languages.bpmn.model import Element, ProcessModel
from engine.languages.bpmn.normalization import normalize_process
from engine.languages.bpmn.parser import Diagram
from engine.localization import message
from engine.spiff.activity_specs import EmbeddedSubprocess
from engine.spiff.base_specs import BaseSpec
from engine.spiff.compensation_specs import add_compensation
from engine.spiff.gateway_joins import compute_upstream
from engine.spiff.multi_instance_specs import LOOP_ACTIVITIES
from engine.spiff.spec_parser import DialectParser


@dataclass(frozen=True)
class ExecutableProcess:
    """A process ready to run, with every process it calls. Shared by all runs, none of which changes it.

    `key` is the id of the process. `subprocess_specs` holds the specs of all processes by id, and of subprocesses and
    compensation handlers by ``process:element``. `models` are the drawn processes by id.
    """

    key: str
    spec: BpmnProcessSpec
    subprocess_specs: Mapping[str, BpmnProcessSpec]
    models: Mapping[str, ProcessModel]

    @cached_property
    def has_conditional_events(self) -> bool:
        """Whether some event waits for a condition."""
        elements = (element for model in self.models.values() for element in model.elements.values())
        return any("conditional" in element.events for element in elements)

    def element(self, process_id: str, element_id: str) -> Element:
        """A drawn element of one of the processes."""
        return self.models[process_id].elements[element_id]


def compile_process(key: str, diagrams: Sequence[Diagram]) -> ExecutableProcess:
    """Compile the process `key` and the processes it calls, all found in `diagrams`.

    Raises InvalidInput with a finding when the library cannot make a spec of a diagram.
    """
    specs: dict[str, BpmnProcessSpec] = {}
    models: dict[str, ProcessModel] = {}
    for diagram in diagrams:
        for process in diagram.executable:
            models[process.id] = process
            specs.update(_specs_of(diagram, process))
    _check_calls(key, specs)
    return ExecutableProcess(key, specs[key], specs, models)  # its own spec too: a process may call itself


def _specs_of(diagram: Diagram, process: ProcessModel) -> dict[str, BpmnProcessSpec]:
    parser = DialectParser()
    try:
        parser.add_bpmn_xml(
            normalize_process(extract_compensation_handlers(diagram.tree), process.id), diagram.file
        )
        specs = {process.id: parser.get_spec(process.id)}
        inner: dict[str, BpmnProcessSpec] = {}
        while new := [
            name
            for name in parser.process_parsers
            if name.removesuffix(HANDLER_SUFFIX) in process.elements and name not in inner
        ]:
            for name in new:  # parsing a spec adds parsers for the subprocesses inside it
                inner[name] = parser.get_spec(name)
    except (ValidationException, SpiffWorkflowException) as problem:
        raise _not_executable(diagram, process, problem) from problem
    specs.update((f"{process.id}:{name}", spec) for name, spec in inner.items())
    for spec in specs.values():
        _finish(spec, process)
    return specs


def _not_executable(diagram: Diagram, process: ProcessModel, problem: Any) -> InvalidInput:
    element_id = getattr(problem, "id", "") or ""
    element = process.elements.get(element_id)
    finding = Finding(
        "NOT_EXECUTABLE",
        message("DIAGRAM_NOT_EXECUTABLE", problem=str(problem)),
        diagram.file,
        element_id,
        element.name if element else getattr(problem, "name", "") or "",
        element.line if element else process.line,
    )
    return InvalidInput("DIAGRAM_FINDING", finding=finding, findings=[finding])


def _finish(spec: BpmnProcessSpec, process: ProcessModel) -> None:
    """Set the drawn element of each task spec, and connect what the library connects only while running."""
    for task_spec in spec.task_specs.values():
        if not isinstance(task_spec, BaseSpec):
            raise TypeError(f"{type(task_spec).__name__} is not a BaseSpec")
        element_id = getattr(task_spec, "bpmn_id", None)
        task_spec.element = process.elements.get(element_id) if element_id else None
        if isinstance(task_spec, EmbeddedSubprocess):
            task_spec.spec = f"{process.id}:{task_spec.spec}"
    add_compensation(spec, process.elements)
    for task_spec in list(spec.task_specs.values()):
        if isinstance(task_spec, LOOP_ACTIVITIES):
            child = spec.task_specs[task_spec.task_spec]
            child.element = task_spec.element
            child.completed_event.connect(task_spec.merge_child)
    compute_upstream(spec.task_specs.values())


def _check_calls(key: str, specs: Mapping[str, BpmnProcessSpec]) -> None:
    if key not in specs:
        raise InvalidInput(
            "PROCESS_NOT_IN_DIAGRAMS", process=key, processes=", ".join(specs) or message("NO_PROCESS")
        )
    for spec in specs.values():
        for task_spec in spec.task_specs.values():
            if isinstance(task_spec, SubWorkflowTask) and task_spec.spec and task_spec.spec not in specs:
                raise InvalidInput(
                    "CALLED_PROCESS_MISSING", element=task_spec.element.label, process=task_spec.spec
                )
