"""Changing where a run stands: tokens taken away and set down by a person, as the diagram's scopes allow.

Everything that is not named keeps its tokens and their identity. A scope (subprocess, called process) in which nothing
is left goes with its last token; one that is not open yet is opened for the token set down in it, without its start.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import InvalidInput, InvalidState
from engine.languages.bpmn.model import Element
from engine.spiff import activity_specs, event_specs, wait_states
from engine.spiff.base_specs import BOUNDARY_SPLIT, is_split
from engine.spiff.modification_instructions import KINDS, Instruction
from engine.spiff.variable_scopes import PROCESS, own
from engine.spiff.wait_states import FAILURE

if TYPE_CHECKING:
    from engine.spiff.process_run import ProcessRun

HELD = TaskState.READY | TaskState.WAITING | TaskState.STARTED
CHOOSING = ("exclusiveGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway")


def modify(run: ProcessRun, instructions: Sequence[Instruction]) -> None:
    """Change where the run stands and its variables, all or nothing; what that sets going runs at the next `settle`.

    Raises InvalidInput or InvalidState with a sentence; the run is then of no more use and must be thrown away.
    """
    if not instructions:
        raise InvalidInput("Non c'è nessuna modifica da fare")
    change = _Change(run)
    for one in instructions:
        change.make(one)
    change.leave_empty_scopes()
    if not any(_keeps(task) for task in run._workflow.tasks.values()):
        raise InvalidInput(
            "Così non resterebbe attivo nulla: fai partire un altro elemento, oppure annulla la pratica"
        )


def standing(run: ProcessRun) -> list[tuple[Element, int]]:
    """Every element that holds tokens with how many, outer ones first."""
    found: Counter[tuple[str, str]] = Counter()
    elements: dict[tuple[str, str], Element] = {}
    for workflow in run._workflow.all():
        for task in workflow.tasks.values():
            if _keeps(task) and not _is_item(task):
                element = task.task_spec.element
                found[element.process_id, element.id] += 1
                elements[element.process_id, element.id] = element
    return [(elements[place], many) for place, many in found.items()]


def open_runs(run: ProcessRun) -> dict[tuple[str, str], list[int]]:
    """(process id, element id) of each activity that repeats and is open → the numbers of its open runs, from 1."""
    found: dict[tuple[str, str], list[int]] = {}
    for workflow in run._workflow.all():
        for task in workflow.tasks.values():
            if _keeps(task) and _is_item(task):
                element = task.task_spec.element
                found.setdefault((element.process_id, element.id), []).append(_number(task))
    return {place: sorted(numbers) for place, numbers in found.items()}


def leave(run: ProcessRun, token: str) -> None:
    """A failed step is left as it is by a person's decision: it is no failure any more, and nothing tries it."""
    run._task(token).internal_data.get(FAILURE, {})["left"] = True


def process_of(run: ProcessRun, token: str) -> str:
    """The id of the (called) process that a token is in."""
    return wait_states.drawn(run._task(token)).process_id


class _Change:
    def __init__(self, run: ProcessRun) -> None:
        self.run = run
        self.top = run._workflow
        self.program = run.program

    def make(self, one: Instruction) -> None:
        if one.kind == "set":
            self.set_values(one)
            return
        if one.kind not in KINDS:
            raise InvalidInput(f"La modifica «{one.kind}» non c'è: ci sono {', '.join(KINDS)}")
        element = self.element(one)
        if one.kind == "cancel":
            self.cancel(element, one.token, one.item)
        elif one.kind == "before":
            self.start_before(element)
        else:
            self.start_after(element)

    def element(self, one: Instruction) -> Element:
        """The drawn element that an instruction names."""
        models = self.program.models
        if one.process and one.process not in models:
            raise InvalidInput(f"Il processo «{one.process}» non fa parte di questa pratica")
        found = [
            model.elements[one.element]
            for key, model in models.items()
            if one.element in model.elements and one.process in ("", key)
        ]
        if not found:
            raise InvalidInput(f"L'elemento «{one.element}» non c'è nel diagramma di questa pratica")
        if len(found) > 1:
            listed = ", ".join(element.process_id for element in found)
            raise InvalidInput(f"L'elemento «{one.element}» c'è in più processi ({listed}): di' in quale")
        element: Element = found[0]
        if element.type == "boundaryEvent":
            raise InvalidInput(
                f"«{element.label}» è un evento sul bordo di un'attività: nomina l'attività, "
                "oppure l'elemento che viene dopo l'evento"
            )
        return element

    # -- taking away -----------------------------------------------------------------------------------------------

    def cancel(self, element: Element, token: str, item: int) -> None:
        """Take away the tokens of an element (one of them, when named) with all that lies within.

        One run of an activity that repeats goes as if its item had not been in the collection: the others go on.
        """
        found = [
            task
            for workflow in self.top.all()
            for task in workflow.tasks.values()
            if _keeps(task) and _same(task.task_spec.element, element)
        ]
        if token:
            found = [task for task in found if task.id == _uuid(token)]
        elif item:
            found = [task for task in found if _is_item(task) and _number(task) == item]
        else:
            found = [task for task in found if not _is_item(task)]
        if not found and item:
            raise InvalidState(f"La ripetizione {item} di «{element.label}» non è attiva")
        if not found:
            raise InvalidState(f"«{element.label}» non è attivo: non c'è nulla da togliere")
        if item and len(found) > 1:
            raise InvalidInput(f"La ripetizione {item} di «{element.label}» è aperta {len(found)} volte")
        for task in found:
            if _is_item(task):
                task.parent.task_spec.leave_out(task.parent, task)
            else:
                _cancel(task)

    def leave_empty_scopes(self) -> None:
        """What has nothing left in it goes too, from the inside out."""
        for workflow in sorted(self.top.subprocesses.values(), key=lambda one: -one.depth):
            task = self.top.find(workflow.parent_task_id)
            if task is None or task.has_state(TaskState.FINISHED_MASK):
                continue
            if not any(_keeps(inner) for inner in workflow.tasks.values()):
                if _is_item(task):
                    raise InvalidInput(
                        f"«{task.task_spec.element.label}» si ripete: "
                        f"togli l'intero elemento, o la ripetizione «{task.task_spec.element.id}#{_number(task)}»"
                    )
                _cancel(task)

    # -- setting down ----------------------------------------------------------------------------------------------

    def start_before(self, element: Element) -> None:
        """Set a token in front of an element, in its scope."""
        if element.triggered_by_event:
            raise InvalidInput(
                f"«{element.label}» è un sottoprocesso evento: lo avvia solo il suo evento, "
                "ma si può far partire un elemento al suo interno"
            )
        workflow = self.scope(element)
        _place(workflow.task_tree, _entry(workflow, element))

    def start_after(self, element: Element) -> None:
        """Set a token on each flow that leaves an element, as if it had just ended."""
        if element.type == "endEvent" or not element.outgoing:
            raise InvalidInput(f"Dopo «{element.label}» non c'è nulla: il percorso finisce lì")
        if element.type in CHOOSING and len(element.outgoing) > 1:
            raise InvalidInput(
                f"«{element.label}» sceglie fra più strade: fai partire l'elemento della strada voluta"
            )
        workflow = self.scope(element)
        spec = _spec(workflow, element.id)
        assert spec is not None
        passed = _passed(workflow, spec)
        for following in spec.outputs:
            _place(passed, following)

    def scope(self, element: Element) -> Any:
        """The workflow of the scope that an element is drawn in, opened when it is not."""
        open_ones = self._open_scopes(element)
        if len(open_ones) > 1:
            raise InvalidInput(
                f"«{element.label}» sta in una parte che è aperta {len(open_ones)} volte: "
                "non si può dire in quale farlo partire"
            )
        return open_ones[0] if open_ones else self._opened(element)

    def _open_scopes(self, element: Element) -> list[Any]:
        process_id, parent_id = element.process_id, element.parent_id
        if not parent_id and process_id == self.program.key:
            return [self.top]
        spec = self.program.subprocess_specs[f"{process_id}:{parent_id}" if parent_id else process_id]
        return [w for w in self.top.subprocesses.values() if w.spec is spec and self._open(w)]

    def _open(self, workflow: Any) -> bool:
        task = self.top.find(workflow.parent_task_id)
        return task is not None and bool(task.has_state(HELD))

    def _opened(self, element: Element) -> Any:
        container = self._container(element)
        if container.multi_instance is not None:
            raise InvalidInput(
                f"«{element.label}» sta in «{container.label}», che si ripete: fai partire «{container.label}»"
            )
        if container.triggered_by_event:
            raise InvalidInput(
                f"«{element.label}» sta in «{container.label}», che solo il suo evento può aprire"
            )
        outer = self.scope(container)
        spec = _entry(outer, container)
        task = _place(outer.task_tree, spec)
        if spec.element is None:
            task = next(child for child in task.children if _same(child.task_spec.element, container))
        if FAILURE in task.internal_data:
            raise InvalidState(f"«{container.label}» non si apre: {task.internal_data[FAILURE]['sentence']}")
        inner = self.top.subprocesses[task.id]
        for child in inner.task_tree.children:
            if not child.task_spec.listens:  # what listens for its event stays
                inner._remove_task(child.id)
        return inner

    def _container(self, element: Element) -> Element:
        models = self.program.models
        if element.parent_id:
            return models[element.process_id].elements[element.parent_id]
        calls = [
            found
            for model in models.values()
            for found in model.elements.values()
            if found.called == element.process_id
        ]
        if len(calls) > 1:  # the one whose own scope is open already, when there is only one
            calls = [found for found in calls if self._open_scopes(found)] or calls
        if len(calls) != 1:
            raise InvalidInput(
                f"Il processo «{element.process_id}» è chiamato da {len(calls)} punti del diagramma: "
                f"fai partire prima quello giusto, poi «{element.label}»"
            )
        return calls[0]

    # -- variables -------------------------------------------------------------------------------------------------

    def set_values(self, one: Instruction) -> None:
        """Set variables of the process, or of the one called process named."""
        if not one.values:
            raise InvalidInput("Non c'è nessuna variabile da scrivere")
        sets = self.run.scopes.sets
        self.run.scopes.changes += 1  # conditions are looked at again
        if one.process in ("", self.program.key):
            sets[PROCESS].update(own(one.values))
            return
        spec = self.program.subprocess_specs.get(one.process)
        called = [
            f"call:{w.parent_task_id.hex}"
            for w in self.top.subprocesses.values()
            if w.spec is spec and self._open(w)
        ]
        if spec is None or len(called) != 1:
            raise InvalidInput(
                f"Il processo chiamato «{one.process}» non è aperto una volta sola, ma {len(called)}: "
                "le sue variabili non si possono scrivere"
            )
        sets[called[0]].update(own(one.values))


def _place(parent: Task, spec: TaskSpec) -> Task:
    """A new token of a spec below a task that has passed."""
    task = parent._add_child(spec, TaskState.FUTURE)
    task.triggered = True
    spec._update(task)
    if is_split(task):
        task.run()  # the activity begins, and its boundary events wait
    return task


def _passed(workflow: Any, spec: TaskSpec) -> Task:
    """A task of a spec that counts as passed, for what comes from it."""
    task: Task = workflow.task_tree._add_child(spec, TaskState.FUTURE)
    task.triggered = True
    task._set_state(TaskState.COMPLETED)
    return task


def _cancel(task: Task) -> None:
    """Take a token away with its boundary events; tokens that such an event has set going stay."""
    task.cancel()
    event_specs.leave_boundary(task)


def _keeps(task: Task) -> bool:
    """Whether a task holds a token of its own: what only listens at a border, or for its event, does not."""
    return bool(
        task.has_state(HELD)
        and getattr(task.task_spec, "element", None) is not None
        and not isinstance(task.task_spec, event_specs.BoundaryEvent)
        and not task.task_spec.listens
    )


def _is_item(task: Task) -> bool:
    """Whether a task is one run of an activity that repeats; what follows such an activity is below it too."""
    parent = task.parent
    return (
        "index" in task.internal_data
        and parent is not None
        and isinstance(parent.task_spec, activity_specs.MULTI_INSTANCE)
    )


def _number(task: Task) -> int:
    """Which run of an activity that repeats, from 1."""
    return int(task.internal_data["index"]) + 1


def _same(one: Element | None, other: Element) -> bool:
    return one is not None and (one.process_id, one.id) == (other.process_id, other.id)


def _entry(workflow: Any, element: Element) -> TaskSpec:
    """The spec that flows into an element lead to."""
    spec = _spec(workflow, f"{element.id}{BOUNDARY_SPLIT}") or _spec(workflow, element.id)
    if spec is None:
        raise InvalidInput(f"«{element.label}» non si può far partire: nessun percorso vi arriva")
    return spec


def _spec(workflow: Any, name: str) -> TaskSpec | None:
    found: TaskSpec | None = workflow.spec.task_specs.get(name)
    return found


def _uuid(token: str) -> UUID:
    try:
        return UUID(token.partition(":")[0])
    except ValueError as problem:
        raise InvalidInput(f"«{token}» non è il contrassegno di un passo") from problem
