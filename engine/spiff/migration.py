"""Takes a run to another version of its program: its tokens are placed again on the specs of the target.

The open tasks are made anew, with the same identifiers, on the specs that the mapping names, and new boundary events
are armed. So whatever the tables say about a token still holds, and what the target draws in front of an open task will
be met.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.languages.bpmn.model import Element
from engine.spiff import activity_specs, event_specs
from engine.spiff.base_specs import BOUNDARY_SPLIT
from engine.spiff.environment import Host
from engine.spiff.executable_process import Program
from engine.spiff.gateway_joins import Join
from engine.spiff.migration_joins import Arrivals
from engine.spiff.migration_mapping import ElementMap, Places
from engine.spiff.process_run import ProcessRun
from engine.spiff.workflow_tree import Subworkflow, TopWorkflow


@dataclass(frozen=True)
class Obstacle:
    """Why a run cannot move: the element of the source that holds a token, and a sentence.

    `needs_mapping`: the plan can mend it by naming an element of the target.
    """

    element: Element
    sentence: str
    needs_mapping: bool = False


@dataclass(frozen=True)
class Carried:
    """A token that stays where it is, under its name before and after; the rows of the tables that bear it stay too."""

    token: str
    now: str
    before: Element
    after: Element


@dataclass
class Transfer:
    """A run on its way to another program. When there are no obstacles, `finish` gives the run on the target.

    `begun`: (element left, element at which its token begins anew). `standing`: (id, label) of the elements that hold a
    token, without the (sub)processes around them.
    """

    target: Program
    obstacles: list[Obstacle] = field(default_factory=list)
    carried: list[Carried] = field(default_factory=list)
    begun: list[tuple[Element, Element]] = field(default_factory=list)
    standing: tuple[tuple[str, str], ...] = ()
    _run: ProcessRun | None = None
    _workflow: TopWorkflow | None = None
    _armed: list[Task] = field(default_factory=list)
    _placed: list[Task] = field(default_factory=list)
    _waiting: list[Task] = field(default_factory=list)
    _compensation: dict[str, Any] = field(default_factory=dict)

    def finish(self, host: Host) -> ProcessRun:
        """The run on the target, with its new boundary events armed and the steps that begin anew begun."""
        assert self._run is not None
        assert self._workflow is not None
        assert not self.obstacles
        old = self._run
        run = ProcessRun(self.target, host, self._workflow, old.scopes, old.phase, self._compensation)
        for task in [*self._armed, *self._placed]:
            task.task_spec._update(task)
        for task in self._waiting:  # a join may have nothing more to wait for
            if task.state == TaskState.WAITING:
                task.task_spec.take(task.workflow, None)
        run.settle()
        return run


def transfer(source: Program, target: Program, elements: ElementMap, state: bytes) -> Transfer:
    """Place the tokens of a saved run of `source` on `target`, where `elements` says; runs nothing yet.

    `elements` maps (process id, element id) of the source to that of the target; an element that keeps its kind keeps
    its token, another kind begins anew.
    """
    old = ProcessRun.restore(source, None, state)  # type: ignore[arg-type]
    found = Transfer(target)
    found._run = old
    found.standing = _standing(source, old)
    if old.compensation.undoing:
        sentence = "si sta annullando ciò che era stato fatto: la pratica si può spostare quando sarà finito"
        found.obstacles.append(Obstacle(source.element(*old.active_elements()[0]), sentence))
        return found
    try:
        found._compensation = old.compensation.moved(elements, target)
    except LookupError as problem:
        sentence = (
            f"«{problem.args[0]}» si può ancora annullare, ma nella nuova versione non c'è più chi lo "
            "annulla: lascia l'attività e la sua compensazione, o sposta la pratica più avanti"
        )
        found.obstacles.append(Obstacle(source.element(*old.active_elements()[0]), sentence))
    found._workflow = _Placing(found, old._workflow, source, elements).whole()
    return found


def _standing(source: Program, run: ProcessRun) -> tuple[tuple[str, str], ...]:
    found = [source.element(*place) for place in run.active_elements()]
    around = ("callActivity", "subProcess", "transaction")
    inmost = [element for element in found if element.type not in around] or found
    return tuple(sorted((element.id, element.label) for element in inmost))


class _Placing:
    """Makes the trees of the target from those of the source."""

    def __init__(
        self, found: Transfer, old: TopWorkflow, source: Program, elements: Mapping[Any, Any]
    ) -> None:
        self._found = found
        self._old = old
        self._source = source
        self._elements = elements
        self._new = TopWorkflow(found.target.spec, found.target.subprocess_specs, deserializing=True)

    def whole(self) -> TopWorkflow:
        """The workflow of the instance and those inside it, outer ones first."""
        self._fill(self._old, self._new, self._source.key)
        for inner in sorted(self._old.subprocesses.values(), key=lambda workflow: workflow.depth):
            holder = self._new.find(inner.parent_task_id)
            if holder is None:
                continue  # its activity begins anew, or is no more
            before = self._old.get_task_from_id(inner.parent_task_id).task_spec
            made = self._inner(holder)
            called = isinstance(before, activity_specs.CallActivity)
            self._fill(inner, made, before.element.called if called else before.element.process_id)
        return self._new

    def _inner(self, holder: Task) -> Subworkflow:
        spec = self._found.target.subprocess_specs[holder.task_spec.spec]
        made = Subworkflow(spec, holder, self._new, deserializing=True)
        self._new.subprocesses[holder.id] = made
        made.completed_event.connect(holder.task_spec._on_subworkflow_completed, holder)
        return made

    def _fill(self, old: Any, new: Any, process_id: str) -> None:
        places = Places(old.spec, new.spec, process_id, self._elements)
        arrivals = Arrivals(places, self._source.models[process_id], self._found.target)
        for task in _parents_first(old):
            if task.parent is None:
                new.task_tree = _copy(task, new, new.spec.start, None)
            elif task.has_state(TaskState.FINISHED_MASK):
                self._past(task, new, places)
            else:
                self._live(task, new, places, arrivals)
        new.completed, new.success = old.completed, old.success
        for task in list(new.tasks.values()):
            if not task.has_state(TaskState.FINISHED_MASK):
                self._arm(task, old, new, places)
        former = {places.spec(spec) for spec in old.spec.armed}
        for spec in new.spec.armed:
            if spec not in former and not new.completed and not _interrupted(old):
                self._found._armed.append(Task(new, spec, parent=new.task_tree, state=TaskState.FUTURE))

    # -- one task --------------------------------------------------------------------------------------------------

    def _past(self, task: Task, new: Any, places: Places) -> None:
        """A finished task stays for those that look back at it, when the target has a place for it."""
        spec = places.spec(task.task_spec)
        if spec is not None and self._belongs(task, spec, new, places):
            _copy(task, new, spec, _home(task, new))

    def _live(self, task: Task, new: Any, places: Places, arrivals: Arrivals) -> None:
        element: Element | None = task.task_spec.element
        spec = places.spec(task.task_spec)
        beside = isinstance(task.task_spec, event_specs.BoundaryEvent | event_specs.ArmedStart)
        if element is None or beside or _repeated(task):
            if spec is not None and self._belongs(task, spec, new, places):
                made = _copy(task, new, spec, _home(task, new))
                self._carry(task, made)
            return
        if spec is None:
            self._elsewhere(task, element, new, places)
            return
        parent = self._split_of(spec, new, _home(task, new))
        made = _copy(task, new, spec, self._came(task, spec, new, parent, arrivals))
        self._carry(task, made)
        if isinstance(spec, Join) and made.state == TaskState.WAITING:
            self._found._waiting.append(made)

    def _came(self, task: Task, spec: TaskSpec, new: Any, parent: Task, arrivals: Arrivals) -> Task:
        """The parent under which a task goes; before a join, a token that stands for the way it came."""
        try:
            arrived = arrivals.way_in(task, spec)
        except LookupError as problem:
            self._found.obstacles.append(Obstacle(task.task_spec.element, str(problem)))
            return parent
        if arrived is None or arrived is parent.task_spec:
            return parent
        return Task(new, arrived, parent=parent, state=TaskState.COMPLETED)

    def _elsewhere(self, task: Task, element: Element, new: Any, places: Places) -> None:
        """The token cannot stay: it begins anew where the plan says, in the same (sub)process."""
        goal = places.goal(element)
        if goal is None:
            sentence = (
                f"«{element.label}» non ha corrispondente nella nuova versione: indica quale elemento ne prende il "
                "posto"
            )
            self._found.obstacles.append(Obstacle(element, sentence, needs_mapping=True))
            return
        spec = new.spec.task_specs.get(f"{goal}{BOUNDARY_SPLIT}") or new.spec.task_specs.get(goal)
        if spec is None:
            sentence = (
                f"«{element.label}» dovrebbe continuare in «{goal}», che sta in un altro (sotto)processo: "
                "indica un elemento dello stesso livello"
            )
            self._found.obstacles.append(Obstacle(element, sentence, needs_mapping=True))
            return
        made = Task(new, spec, parent=_home(task, new), state=TaskState.FUTURE)
        self._found._placed.append(made)
        self._found.begun.append((element, new.spec.task_specs[goal].element))

    def _belongs(self, task: Task, spec: TaskSpec, new: Any, places: Places) -> bool:
        """Whether what only makes sense under its own parent (boundary events, runs of a repetition) still has it."""
        parent = new.tasks.get(task.parent.id)
        if isinstance(spec, event_specs.BoundaryEvent):
            return (
                parent is not None and parent.task_spec.name == f"{spec.element.attached_to}{BOUNDARY_SPLIT}"
            )
        if spec.name.endswith(BOUNDARY_SPLIT):
            return not any(
                not child.has_state(TaskState.FINISHED_MASK) and places.spec(child.task_spec) is None
                for child in task.children
                if not isinstance(child.task_spec, event_specs.BoundaryEvent)
            )
        return parent is not None if spec.element is None or _repeated(task) else True

    def _split_of(self, spec: TaskSpec, new: Any, parent: Task) -> Task:
        """The split above an activity with boundary events: the one there, or a new one for the first of them."""
        split = new.spec.task_specs.get(f"{spec.name}{BOUNDARY_SPLIT}")
        if split is None or parent.task_spec is split:
            return parent
        return Task(new, split, parent=parent, state=TaskState.COMPLETED)

    def _carry(self, before: Task, after: Task) -> None:
        element, now = before.task_spec.element, after.task_spec.element
        if element is None:
            return
        self._found.carried.append(Carried(before.id.hex, after.id.hex, element, now))
        if isinstance(before.task_spec, event_specs.EventBasedGateway):
            choices = {output.element.id: place for place, output in enumerate(after.task_spec.outputs)}
            for place, output in enumerate(before.task_spec.outputs):
                _, goal = self._elements.get((element.process_id, output.element.id), ("", ""))
                if goal in choices:
                    chosen = after.task_spec.outputs[choices[goal]].element
                    self._found.carried.append(
                        Carried(
                            f"{before.id.hex}:{place}",
                            f"{after.id.hex}:{choices[goal]}",
                            output.element,
                            chosen,
                        )
                    )

    def _arm(self, task: Task, old: Any, new: Any, places: Places) -> None:
        """Boundary events that the target draws on an open activity and that the source had not there."""
        split = task.parent
        if split is None or split.task_spec.name != f"{task.task_spec.name}{BOUNDARY_SPLIT}":
            return
        before = old.tasks.get(task.id)
        known = places.boundaries(before.task_spec.element) if before is not None else set()
        for spec in split.task_spec.outputs:
            if isinstance(spec, event_specs.BoundaryEvent) and spec.name not in known:
                self._found._armed.append(Task(new, spec, parent=split, state=TaskState.FUTURE))


def _copy(task: Task, workflow: Any, spec: TaskSpec, parent: Task | None) -> Task:
    made = Task(workflow, spec, parent=parent, state=task.state, id=task.id)
    made.internal_data = dict(task.internal_data)
    made.triggered = task.triggered
    made.last_state_change = task.last_state_change
    made.thread_id = task.thread_id
    return made


def _parents_first(workflow: Any) -> Iterator[Task]:
    front = [workflow.task_tree]
    while front:
        task = front.pop(0)
        yield task
        front.extend(task.children)


def _home(task: Task, new: Any) -> Task:
    """Under which task of the target a task goes: its own parent, else the nearest before it that adopts."""
    parent = task.parent
    made = new.tasks.get(parent.id)
    if made is not None:
        return made
    while True:
        parent = parent.parent
        made = new.tasks.get(parent.id)
        if made is not None and not _exclusive(made.task_spec):
            return made


def _exclusive(spec: TaskSpec) -> bool:
    """Whether a task counts its children, so that it must not adopt one."""
    return spec.name.endswith(BOUNDARY_SPLIT) or isinstance(
        spec, activity_specs.ParallelMultiInstance | activity_specs.SequentialMultiInstance
    )


def _interrupted(workflow: Any) -> bool:
    """Whether an event subprocess has put an end to all else in a scope: nothing is armed there any more."""
    return any(
        isinstance(task.parent.task_spec, event_specs.ArmedStart)
        and task.parent.task_spec.element.interrupting
        for task in workflow.tasks.values()
        if task.parent is not None and not task.has_state(TaskState.FINISHED_MASK)
    )


def _repeated(task: Task) -> bool:
    """Whether a task is one run of a multi-instance activity."""
    return bool(task.triggered) and isinstance(
        task.parent.task_spec, activity_specs.ParallelMultiInstance | activity_specs.SequentialMultiInstance
    )
