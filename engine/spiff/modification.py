"""Process instance modification: tokens cancelled and started by a person, as the diagram's scopes allow.

Everything that no instruction names keeps its tokens and their ids. A scope (subprocess, called process) without tokens
is cancelled with its last one; a scope that is not open yet is opened for the token started in it, without its start
event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import InvalidInput, InvalidState
from engine.languages.bpmn.model import Element
from engine.localization import restored_message
from engine.spiff.base_specs import BOUNDARY_SPLIT, is_boundary_split
from engine.spiff.event_specs import BoundaryEvent, cancel_boundary_events
from engine.spiff.internal_data import FAILURE, INDEX
from engine.spiff.modification_instructions import KINDS, Instruction
from engine.spiff.multi_instance_specs import MULTI_INSTANCE
from engine.spiff.run_state import RunState
from engine.spiff.variable_scopes import PROCESS_SCOPE, deep_copy

OPEN = TaskState.READY | TaskState.WAITING | TaskState.STARTED
CHOOSING_GATEWAYS = ("exclusiveGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway")


def modify(run: RunState, instructions: Sequence[Instruction]) -> None:
    """Carry out the instructions, all or nothing. Raises InvalidInput or InvalidState: throw the run away then."""
    if not instructions:
        raise InvalidInput("MODIFICATION_EMPTY")
    modification = _Modification(run)
    for one in instructions:
        modification.carry_out(one)
    modification.cancel_empty_scopes()
    if not any(_holds_token(task) for task in run.workflow.tasks.values()):
        raise InvalidInput("MODIFICATION_LEAVES_NO_TOKEN")


def tokens_per_element(run: RunState) -> list[tuple[Element, int]]:
    """Every element that holds tokens and their number, outer ones first."""
    count: Counter[tuple[str, str]] = Counter()
    elements: dict[tuple[str, str], Element] = {}
    for workflow in run.workflow.all_workflows():
        for task in workflow.tasks.values():
            if _holds_token(task) and not _is_iteration(task):
                element = task.task_spec.element
                count[element.process_id, element.id] += 1
                elements[element.process_id, element.id] = element
    return [(elements[key], number) for key, number in count.items()]


def open_iterations(run: RunState) -> dict[tuple[str, str], list[int]]:
    """(process id, element id) of each open multi-instance activity → the numbers of its open iterations, from 1."""
    found: dict[tuple[str, str], list[int]] = {}
    for workflow in run.workflow.all_workflows():
        for task in workflow.tasks.values():
            if _holds_token(task) and _is_iteration(task):
                element = task.task_spec.element
                found.setdefault((element.process_id, element.id), []).append(_iteration_number(task))
    return {key: sorted(numbers) for key, numbers in found.items()}


class _Modification:
    def __init__(self, run: RunState) -> None:
        self._run = run
        self._top = run.workflow
        self._executable = run.executable

    def carry_out(self, one: Instruction) -> None:
        if one.kind == "set":
            self._set_variables(one)
            return
        if one.kind not in KINDS:
            raise InvalidInput("INSTRUCTION_KIND_UNKNOWN", kind=one.kind, kinds=KINDS)
        element = self._element(one)
        if one.kind == "cancel":
            self._cancel(element, one.token, one.item)
        elif one.kind == "before":
            self._start_before(element)
        else:
            self._start_after(element)

    def _element(self, one: Instruction) -> Element:
        """The drawn element that an instruction names."""
        models = self._executable.models
        if one.process and one.process not in models:
            raise InvalidInput("PROCESS_NOT_IN_INSTANCE", process=one.process)
        found = [
            model.elements[one.element]
            for key, model in models.items()
            if one.element in model.elements and one.process in ("", key)
        ]
        if not found:
            raise InvalidInput("ELEMENT_NOT_IN_INSTANCE", element=one.element)
        if len(found) > 1:
            processes = [element.process_id for element in found]
            raise InvalidInput("ELEMENT_IN_SEVERAL_PROCESSES", element=one.element, processes=processes)
        element: Element = found[0]
        if element.type == "boundaryEvent":
            raise InvalidInput("BOUNDARY_EVENT_NOT_MODIFIABLE", element=element.label)
        return element

    # -- cancelling ------------------------------------------------------------------------------------------------

    def _cancel(self, element: Element, token: str, item: int) -> None:
        """Cancel the tokens of an element (only one, when named) with all that is inside.

        An iteration of a multi-instance activity is cancelled as if its item did not exist: the others go on.
        """
        found = [
            task
            for workflow in self._top.all_workflows()
            for task in workflow.tasks.values()
            if _holds_token(task) and _same(task.task_spec.element, element)
        ]
        if token:
            found = [task for task in found if task.id == _task_id(token)]
        elif item:
            found = [task for task in found if _is_iteration(task) and _iteration_number(task) == item]
        else:
            found = [task for task in found if not _is_iteration(task)]
        if not found and item:
            raise InvalidState("ITERATION_NOT_ACTIVE", iteration=item, element=element.label)
        if not found:
            raise InvalidState("ELEMENT_NOT_ACTIVE", element=element.label)
        if item and len(found) > 1:
            raise InvalidInput(
                "ITERATION_OPEN_SEVERAL_TIMES", iteration=item, element=element.label, times=len(found)
            )
        for task in found:
            if _is_iteration(task):
                task.parent.task_spec.remove_iteration(task.parent, task)
            else:
                _cancel_token(task)

    def cancel_empty_scopes(self) -> None:
        """Cancel the scopes in which no token is left, the innermost first."""
        for workflow in sorted(self._top.subprocesses.values(), key=lambda one: -one.depth):
            task = self._top.find(workflow.parent_task_id)
            if task is None or task.has_state(TaskState.FINISHED_MASK):
                continue
            if not any(_holds_token(inner) for inner in workflow.tasks.values()):
                if _is_iteration(task):
                    element = task.task_spec.element
                    iteration = f"{element.id}#{_iteration_number(task)}"
                    raise InvalidInput("ITERATION_LEFT_EMPTY", element=element.label, iteration=iteration)
                _cancel_token(task)

    # -- starting --------------------------------------------------------------------------------------------------

    def _start_before(self, element: Element) -> None:
        """Start a token before an element, in the element's scope."""
        if element.triggered_by_event:
            raise InvalidInput("EVENT_SUBPROCESS_NOT_STARTABLE", element=element.label)
        workflow = self._scope(element)
        _start_token(workflow.task_tree, _entry_spec(workflow, element))

    def _start_after(self, element: Element) -> None:
        """Start a token on each flow that leaves an element, as if the element had just been completed."""
        if element.type == "endEvent" or not element.outgoing:
            raise InvalidInput("NOTHING_AFTER_ELEMENT", element=element.label)
        if element.type in CHOOSING_GATEWAYS and len(element.outgoing) > 1:
            raise InvalidInput("START_AFTER_CHOOSING_GATEWAY", element=element.label)
        workflow = self._scope(element)
        spec = _find_spec(workflow, element.id)
        assert spec is not None
        completed = _completed_task(workflow, spec)
        for following in spec.outputs:
            _start_token(completed, following)

    def _scope(self, element: Element) -> Any:
        """The workflow of the scope that an element is drawn in; it is opened when it is not open."""
        scopes = self._open_scopes(element)
        if len(scopes) > 1:
            raise InvalidInput("SCOPE_OPEN_SEVERAL_TIMES", element=element.label, times=len(scopes))
        return scopes[0] if scopes else self._open_scope(element)

    def _open_scopes(self, element: Element) -> list[Any]:
        process_id, parent_id = element.process_id, element.parent_id
        if not parent_id and process_id == self._executable.key:
            return [self._top]
        spec = self._executable.subprocess_specs[f"{process_id}:{parent_id}" if parent_id else process_id]
        return [w for w in self._top.subprocesses.values() if w.spec is spec and self._is_open(w)]

    def _is_open(self, workflow: Any) -> bool:
        task = self._top.find(workflow.parent_task_id)
        return task is not None and bool(task.has_state(OPEN))

    def _open_scope(self, element: Element) -> Any:
        container = self._container(element)
        if container.multi_instance is not None:
            raise InvalidInput("SCOPE_IS_MULTI_INSTANCE", element=element.label, container=container.label)
        if container.triggered_by_event:
            raise InvalidInput("SCOPE_IS_EVENT_SUBPROCESS", element=element.label, container=container.label)
        outer = self._scope(container)
        spec = _entry_spec(outer, container)
        task = _start_token(outer.task_tree, spec)
        if spec.element is None:
            task = next(child for child in task.children if _same(child.task_spec.element, container))
        if FAILURE in task.internal_data:
            problem = task.internal_data[FAILURE]
            raise InvalidState(
                "SCOPE_NOT_OPENED",
                element=container.label,
                problem=restored_message(problem.get("code"), problem.get("parameters"), problem["sentence"]),
            )
        inner = self._top.subprocesses[task.id]
        for child in inner.task_tree.children:
            if not child.task_spec.listens:  # event subprocesses go on waiting
                inner._remove_task(child.id)
        return inner

    def _container(self, element: Element) -> Element:
        """The subprocess or call activity that an element is drawn in or called by."""
        models = self._executable.models
        if element.parent_id:
            return models[element.process_id].elements[element.parent_id]
        calls = [
            found
            for model in models.values()
            for found in model.elements.values()
            if found.called_element == element.process_id
        ]
        if len(calls) > 1:  # those whose own scope is open already, when there are any
            calls = [found for found in calls if self._open_scopes(found)] or calls
        if len(calls) != 1:
            raise InvalidInput(
                "PROCESS_CALLED_SEVERAL_TIMES",
                process=element.process_id,
                times=len(calls),
                element=element.label,
            )
        return calls[0]

    # -- variables -------------------------------------------------------------------------------------------------

    def _set_variables(self, one: Instruction) -> None:
        """Set variables of the process, or of the one open called process that the instruction names."""
        if not one.values:
            raise InvalidInput("NO_VARIABLE_TO_SET")
        scopes = self._run.scopes.by_key
        self._run.scopes.change_count += 1  # conditions are evaluated again
        if one.process in ("", self._executable.key):
            scopes[PROCESS_SCOPE].update(deep_copy(one.values))
            return
        spec = self._executable.subprocess_specs.get(one.process)
        called = [
            f"call:{w.parent_task_id.hex}"
            for w in self._top.subprocesses.values()
            if w.spec is spec and self._is_open(w)
        ]
        if spec is None or len(called) != 1:
            raise InvalidInput("CALLED_PROCESS_NOT_OPEN_ONCE", process=one.process, times=len(called))
        scopes[called[0]].update(deep_copy(one.values))


def _start_token(parent: Task, spec: TaskSpec) -> Task:
    """A new token of a spec below a completed task."""
    task = parent._add_child(spec, TaskState.FUTURE)
    task.triggered = True
    spec._update(task)
    if is_boundary_split(task):
        task.run()  # the activity begins, and its boundary events wait
    return task


def _completed_task(workflow: Any, spec: TaskSpec) -> Task:
    """A task of a spec that counts as completed, as the parent of what follows it."""
    task: Task = workflow.task_tree._add_child(spec, TaskState.FUTURE)
    task.triggered = True
    task._set_state(TaskState.COMPLETED)
    return task


def _cancel_token(task: Task) -> None:
    """Cancel a token and its boundary events; tokens that such an event has started stay."""
    task.cancel()
    cancel_boundary_events(task)


def _holds_token(task: Task) -> bool:
    """Whether a task holds a token; boundary events and event subprocesses that only wait do not."""
    return bool(
        task.has_state(OPEN)
        and getattr(task.task_spec, "element", None) is not None
        and not isinstance(task.task_spec, BoundaryEvent)
        and not task.task_spec.listens
    )


def _is_iteration(task: Task) -> bool:
    """Whether a task is an iteration of a multi-instance activity; what follows the activity is below it too."""
    parent = task.parent
    return INDEX in task.internal_data and parent is not None and isinstance(parent.task_spec, MULTI_INSTANCE)


def _iteration_number(task: Task) -> int:
    """The number of an iteration, from 1."""
    return int(task.internal_data[INDEX]) + 1


def _same(one: Element | None, other: Element) -> bool:
    return one is not None and (one.process_id, one.id) == (other.process_id, other.id)


def _entry_spec(workflow: Any, element: Element) -> TaskSpec:
    """The spec that the flows into an element lead to."""
    spec = _find_spec(workflow, f"{element.id}{BOUNDARY_SPLIT}") or _find_spec(workflow, element.id)
    if spec is None:
        raise InvalidInput("ELEMENT_NOT_STARTABLE", element=element.label)
    return spec


def _find_spec(workflow: Any, name: str) -> TaskSpec | None:
    found: TaskSpec | None = workflow.spec.task_specs.get(name)
    return found


def _task_id(token: str) -> UUID:
    try:
        return UUID(token.partition(":")[0])
    except ValueError as problem:
        raise InvalidInput("TOKEN_INVALID", token=token) from problem
