"""From diagrams to a program: the library's specs of a process and of all it calls, parsed once for each version."""

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
from engine.languages.bpmn.compensation_handlers import SUFFIX, set_apart
from engine.languages.bpmn.model import Element, ProcessModel
from engine.languages.bpmn.normalization import normalised
from engine.languages.bpmn.parser import Diagram
from engine.spiff import activity_specs
from engine.spiff.base_specs import Stepwise
from engine.spiff.compensation_specs import equip
from engine.spiff.gateway_joins import wire
from engine.spiff.spec_parser import DialectParser


@dataclass(frozen=True)
class Program:
    """A process ready to run, with every process it calls. Shared by all runs; never changed by one."""

    key: str
    spec: BpmnProcessSpec
    subprocess_specs: Mapping[str, BpmnProcessSpec]
    models: Mapping[str, ProcessModel]

    @cached_property
    def conditional(self) -> bool:
        """Whether some event waits for a condition."""
        elements = (element for model in self.models.values() for element in model.elements.values())
        return any("conditional" in element.events for element in elements)

    def element(self, process_id: str, element_id: str) -> Element:
        """A drawn element of one of the program's processes."""
        return self.models[process_id].elements[element_id]


def compile_program(key: str, diagrams: Sequence[Diagram]) -> Program:
    """Compile the process `key` and the processes it calls, all found in `diagrams`.

    Raises InvalidInput with a finding when the library cannot make a spec of a diagram.
    """
    found: dict[str, BpmnProcessSpec] = {}
    models: dict[str, ProcessModel] = {}
    for diagram in diagrams:
        for process in diagram.executable:
            models[process.id] = process
            found.update(_specs_of(diagram, process))
    _check_calls(key, found, models)
    return Program(key, found[key], found, models)  # its own spec too: a process may call itself


def _specs_of(diagram: Diagram, process: ProcessModel) -> dict[str, BpmnProcessSpec]:
    parser = DialectParser()
    try:
        parser.add_bpmn_xml(normalised(set_apart(diagram.tree), process.id), diagram.file)
        top = parser.get_spec(process.id)
        inner: dict[str, BpmnProcessSpec] = {}
        while fresh := [
            name
            for name in parser.process_parsers
            if name.removesuffix(SUFFIX) in process.elements and name not in inner
        ]:
            inner.update(
                (name, parser.get_spec(name)) for name in fresh
            )  # a spec brings the subprocesses inside it
    except (ValidationException, SpiffWorkflowException) as problem:
        raise _refused(diagram, process, problem) from problem
    renamed: dict[str, BpmnProcessSpec] = {process.id: top}
    for name, spec in inner.items():
        renamed[f"{process.id}:{name}"] = spec
    for spec in renamed.values():
        _attach(spec, process)
    return renamed


def _refused(diagram: Diagram, process: ProcessModel, problem: Any) -> InvalidInput:
    element_id = getattr(problem, "id", "") or ""
    element = process.elements.get(element_id)
    sentence = f"Il diagramma non si può eseguire: {problem}"
    finding = Finding(
        "NOT_EXECUTABLE",
        sentence,
        diagram.file,
        element_id,
        element.name if element else getattr(problem, "name", "") or "",
        element.line if element else process.line,
    )
    return InvalidInput(str(finding), findings=[finding])


def _attach(spec: BpmnProcessSpec, process: ProcessModel) -> None:
    """Hang the drawn element on each spec, and connect what the library connects only while running."""
    for task_spec in spec.task_specs.values():
        drawn = getattr(task_spec, "bpmn_id", None)
        task_spec.element = process.elements.get(drawn) if drawn else None
        if isinstance(task_spec, activity_specs.EmbeddedSubprocess):
            task_spec.spec = f"{process.id}:{task_spec.spec}"
    equip(spec, process.elements)
    for task_spec in list(spec.task_specs.values()):
        if isinstance(task_spec, activity_specs.REPEATED):
            child = spec.task_specs[task_spec.task_spec]
            child.element = task_spec.element
            child.completed_event.connect(task_spec.merge_child)
    for task_spec in spec.task_specs.values():
        if not isinstance(task_spec, Stepwise):
            raise TypeError(f"{type(task_spec).__name__} is not a Stepwise spec")
    wire(spec.task_specs.values())


def _check_calls(key: str, found: Mapping[str, BpmnProcessSpec], models: Mapping[str, ProcessModel]) -> None:
    if key not in found:
        raise InvalidInput(
            f"Il processo «{key}» non è fra i diagrammi dati ({', '.join(found) or 'nessuno'})"
        )
    for spec in found.values():
        for task_spec in spec.task_specs.values():
            if isinstance(task_spec, SubWorkflowTask) and task_spec.spec and task_spec.spec not in found:
                element = task_spec.element
                raise InvalidInput(f"«{element.label}» chiama il processo «{task_spec.spec}», che non c'è")
