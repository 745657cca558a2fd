"""Migrates a run to another version of its process: its tokens are placed on the specs of the target.

The open tasks are made anew, with the same ids, on the specs that the mapping names, and new boundary events are
subscribed. So whatever the tables say about a token still holds, and what the target draws after an open task will be
executed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import InvalidState
from engine.languages.bpmn.model import Element
from engine.localization import Message, message
from engine.spiff.activity_specs import CallActivity
from engine.spiff.base_specs import BOUNDARY_SPLIT
from engine.spiff.environment import ProcessEnvironment
from engine.spiff.event_specs import BoundaryEvent, EventBasedGateway, EventSubprocessStart
from engine.spiff.executable_process import ExecutableProcess
from engine.spiff.gateway_joins import Join
from engine.spiff.migration_joins import JoinMapping
from engine.spiff.migration_mapping import ElementMap, SpecMapping
from engine.spiff.multi_instance_specs import MULTI_INSTANCE
from engine.spiff.process_run import ProcessRun
from engine.spiff.workflow_tree import Subworkflow, TopWorkflow


@dataclass(frozen=True)
class Obstacle:
    """Why a run cannot be migrated: the element of the source that holds a token, and a sentence.

    `needs_mapping`: the migration plan can remove the obstacle by naming an element of the target.
    """

    element: Element
    sentence: Message
    needs_mapping: bool = False


@dataclass(frozen=True)
class MigratedToken:
    """A token that keeps its position: its name and element in the source, its new name and element in the target.

    Rows of the tables that refer to `token` must refer to `new_token` afterwards.
    """

    token: str
    new_token: str
    source: Element
    target: Element


@dataclass
class RunMigration:
    """A run on its way to another version. When there are no obstacles, `finish` returns the run on the target.

    `restarted`: (element left, element at which its token starts again). `active_elements`: (id, label) of the elements
    that hold a token, without the (sub)processes around them.
    """

    target: ExecutableProcess
    obstacles: list[Obstacle] = field(default_factory=list)
    migrated_tokens: list[MigratedToken] = field(default_factory=list)
    restarted: list[tuple[Element, Element]] = field(default_factory=list)
    active_elements: tuple[tuple[str, str], ...] = ()
    _run: ProcessRun | None = None
    _workflow: TopWorkflow | None = None
    _new_events: list[Task] = field(default_factory=list)
    _restarted_tasks: list[Task] = field(default_factory=list)
    _waiting_joins: list[Task] = field(default_factory=list)
    _compensation: dict[str, Any] = field(default_factory=dict)

    def finish(self, environment: ProcessEnvironment) -> ProcessRun:
        """The run on the target: new events are subscribed, restarted steps begun, and all runs to wait states."""
        assert self._run is not None
        assert self._workflow is not None
        assert not self.obstacles
        old = self._run
        run = ProcessRun(self.target, environment, self._workflow, old.scopes, old.phase, self._compensation)
        for task in [*self._new_events, *self._restarted_tasks]:
            task.task_spec._update(task)
        for task in self._waiting_joins:  # the target's join may be complete already
            if task.state == TaskState.WAITING:
                task.task_spec.try_join(task.workflow, None)
        run.run_to_wait_states()
        return run


def migrate_run(
    source: ExecutableProcess, target: ExecutableProcess, elements: ElementMap, state: bytes
) -> RunMigration:
    """Place the tokens of a saved run of `source` on `target`; nothing runs yet.

    `elements` maps (process id, element id) of the source to that of the target. A token stays on an element of the
    same kind, and starts again on one of another kind.
    """
    old = ProcessRun.for_inspection(source, state)
    migration = RunMigration(target)
    migration._run = old
    migration.active_elements = _active_elements(source, old)
    if old.compensation.is_running:
        sentence = message("MIGRATION_WHILE_COMPENSATING")
        migration.obstacles.append(Obstacle(source.element(*old.active_elements()[0]), sentence))
        return migration
    try:
        migration._compensation = old.compensation.migrated_ledger(elements, target)
    except InvalidState as problem:
        obstacle = Obstacle(source.element(*old.active_elements()[0]), problem.message)
        migration.obstacles.append(obstacle)
    migration._workflow = _TreeMigration(migration, old.workflow, source, elements).migrate()
    return migration


def _active_elements(source: ExecutableProcess, run: ProcessRun) -> tuple[tuple[str, str], ...]:
    active = [source.element(*key) for key in run.active_elements()]
    containers = ("callActivity", "subProcess", "transaction")
    innermost = [element for element in active if element.type not in containers] or active
    return tuple(sorted((element.id, element.label) for element in innermost))


class _TreeMigration:
    """Makes the trees of tasks of the target from those of the source."""

    def __init__(
        self,
        migration: RunMigration,
        old: TopWorkflow,
        source: ExecutableProcess,
        elements: Mapping[Any, Any],
    ) -> None:
        self._migration = migration
        self._old = old
        self._source = source
        self._elements = elements
        self._new = TopWorkflow(migration.target.spec, migration.target.subprocess_specs, deserializing=True)

    def migrate(self) -> TopWorkflow:
        """The workflow of the instance and those inside it, outer ones first."""
        self._fill(self._old, self._new, self._source.key)
        for inner in sorted(self._old.subprocesses.values(), key=lambda workflow: workflow.depth):
            parent = self._new.find(inner.parent_task_id)
            if parent is None:
                continue  # its activity starts again, or does not exist any more
            old_spec = self._old.get_task_from_id(inner.parent_task_id).task_spec
            calls = isinstance(old_spec, CallActivity)
            process_id = old_spec.element.called_element if calls else old_spec.element.process_id
            self._fill(inner, self._subworkflow(parent), process_id)
        return self._new

    def _subworkflow(self, parent: Task) -> Subworkflow:
        spec = self._migration.target.subprocess_specs[parent.task_spec.spec]
        made = Subworkflow(spec, parent, self._new, deserializing=True)
        self._new.subprocesses[parent.id] = made
        made.completed_event.connect(parent.task_spec._on_subworkflow_completed, parent)
        return made

    def _fill(self, old: Any, new: Any, process_id: str) -> None:
        specs = SpecMapping(old.spec, new.spec, process_id, self._elements)
        joins = JoinMapping(specs, self._source.models[process_id], self._migration.target)
        for task in _parents_first(old):
            if task.parent is None:
                new.task_tree = _copy(task, new, new.spec.start, None)
            elif task.has_state(TaskState.FINISHED_MASK):
                self._migrate_finished(task, new, specs)
            else:
                self._migrate_open(task, new, specs, joins)
        new.completed, new.success = old.completed, old.success
        for task in list(new.tasks.values()):
            if not task.has_state(TaskState.FINISHED_MASK):
                self._subscribe_new_boundary_events(task, old, specs)
        in_source = {specs.spec(spec) for spec in old.spec.event_subprocesses}
        for spec in new.spec.event_subprocesses:
            if spec not in in_source and not new.completed and not _is_interrupted(old):
                self._migration._new_events.append(
                    Task(new, spec, parent=new.task_tree, state=TaskState.FUTURE)
                )

    # -- one task --------------------------------------------------------------------------------------------------

    def _migrate_finished(self, task: Task, new: Any, specs: SpecMapping) -> None:
        """A finished task stays, for open tasks that read their parent, when the target has a spec for it."""
        spec = specs.spec(task.task_spec)
        if spec is not None and self._has_its_parent(task, spec, new, specs):
            _copy(task, new, spec, _new_parent(task, new))

    def _migrate_open(self, task: Task, new: Any, specs: SpecMapping, joins: JoinMapping) -> None:
        element: Element | None = task.task_spec.element
        spec = specs.spec(task.task_spec)
        outside_flow = isinstance(task.task_spec, BoundaryEvent | EventSubprocessStart)
        if element is None or outside_flow or _is_iteration(task):
            if spec is not None and self._has_its_parent(task, spec, new, specs):
                made = _copy(task, new, spec, _new_parent(task, new))
                self._add_migrated_token(task, made)
            return
        if spec is None:
            self._restart(task, element, new, specs)
            return
        parent = self._split_above(spec, new, _new_parent(task, new))
        made = _copy(task, new, spec, self._parent_at_join(task, spec, new, parent, joins))
        self._add_migrated_token(task, made)
        if isinstance(spec, Join) and made.state == TaskState.WAITING:
            self._migration._waiting_joins.append(made)

    def _parent_at_join(self, task: Task, spec: TaskSpec, new: Any, parent: Task, joins: JoinMapping) -> Task:
        """The parent of a migrated task; at a join, a completed task on the flow by which the token has arrived."""
        try:
            incoming = joins.incoming_spec(task, spec)
        except InvalidState as problem:
            self._migration.obstacles.append(Obstacle(task.task_spec.element, problem.message))
            return parent
        if incoming is None or incoming is parent.task_spec:
            return parent
        return Task(new, incoming, parent=parent, state=TaskState.COMPLETED)

    def _restart(self, task: Task, element: Element, new: Any, specs: SpecMapping) -> None:
        """The token cannot stay: it starts again where the plan says, in the same (sub)process."""
        goal = specs.target_id(element)
        if goal is None:
            sentence = message("ELEMENT_NOT_MAPPED", element=element.label)
            self._migration.obstacles.append(Obstacle(element, sentence, needs_mapping=True))
            return
        spec = new.spec.task_specs.get(f"{goal}{BOUNDARY_SPLIT}") or new.spec.task_specs.get(goal)
        if spec is None:
            sentence = message("ELEMENT_MAPPED_TO_ANOTHER_SCOPE", element=element.label, target=goal)
            self._migration.obstacles.append(Obstacle(element, sentence, needs_mapping=True))
            return
        made = Task(new, spec, parent=_new_parent(task, new), state=TaskState.FUTURE)
        self._migration._restarted_tasks.append(made)
        self._migration.restarted.append((element, new.spec.task_specs[goal].element))

    def _has_its_parent(self, task: Task, spec: TaskSpec, new: Any, specs: SpecMapping) -> bool:
        """Whether a task that needs its own parent (a boundary event, an iteration) has it in the target, too."""
        parent = new.tasks.get(task.parent.id)
        if isinstance(spec, BoundaryEvent):
            return (
                parent is not None and parent.task_spec.name == f"{spec.element.attached_to}{BOUNDARY_SPLIT}"
            )
        if spec.name.endswith(BOUNDARY_SPLIT):
            return not any(
                not child.has_state(TaskState.FINISHED_MASK) and specs.spec(child.task_spec) is None
                for child in task.children
                if not isinstance(child.task_spec, BoundaryEvent)
            )
        return parent is not None if spec.element is None or _is_iteration(task) else True

    def _split_above(self, spec: TaskSpec, new: Any, parent: Task) -> Task:
        """The parent of an activity: where the target draws boundary events, the split above it, made if needed."""
        split = new.spec.task_specs.get(f"{spec.name}{BOUNDARY_SPLIT}")
        if split is None or parent.task_spec is split:
            return parent
        return Task(new, split, parent=parent, state=TaskState.COMPLETED)

    def _add_migrated_token(self, old: Task, new: Task) -> None:
        element, new_element = old.task_spec.element, new.task_spec.element
        if element is None:
            return
        self._migration.migrated_tokens.append(MigratedToken(old.id.hex, new.id.hex, element, new_element))
        if isinstance(old.task_spec, EventBasedGateway):
            new_index = {output.element.id: index for index, output in enumerate(new.task_spec.outputs)}
            for index, output in enumerate(old.task_spec.outputs):
                _, goal = self._elements.get((element.process_id, output.element.id), ("", ""))
                if goal in new_index:
                    self._migration.migrated_tokens.append(
                        MigratedToken(
                            f"{old.id.hex}:{index}",
                            f"{new.id.hex}:{new_index[goal]}",
                            output.element,
                            new.task_spec.outputs[new_index[goal]].element,
                        )
                    )

    def _subscribe_new_boundary_events(self, task: Task, old: Any, specs: SpecMapping) -> None:
        """Subscribe the boundary events of an open activity that the target draws and the source does not."""
        split = task.parent
        if split is None or split.task_spec.name != f"{task.task_spec.name}{BOUNDARY_SPLIT}":
            return
        old_task = old.tasks.get(task.id)
        existing = specs.mapped_boundary_events(old_task.task_spec.element) if old_task is not None else set()
        for spec in split.task_spec.outputs:
            if isinstance(spec, BoundaryEvent) and spec.name not in existing:
                self._migration._new_events.append(
                    Task(task.workflow, spec, parent=split, state=TaskState.FUTURE)
                )


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


def _new_parent(task: Task, new: Any) -> Task:
    """The parent of a task in the target: its own, else the nearest ancestor that may get further children."""
    parent = task.parent
    made = new.tasks.get(parent.id)
    if made is not None:
        return made
    while True:
        parent = parent.parent
        made = new.tasks.get(parent.id)
        if made is not None and not _counts_children(made.task_spec):
            return made


def _counts_children(spec: TaskSpec) -> bool:
    """Whether tasks of a spec count their children, so that they must not get further ones."""
    return spec.name.endswith(BOUNDARY_SPLIT) or isinstance(spec, MULTI_INSTANCE)


def _is_interrupted(workflow: Any) -> bool:
    """Whether an event subprocess has interrupted a scope: no other event of it is waited for any more."""
    return any(
        isinstance(task.parent.task_spec, EventSubprocessStart) and task.parent.task_spec.element.interrupting
        for task in workflow.tasks.values()
        if task.parent is not None and not task.has_state(TaskState.FINISHED_MASK)
    )


def _is_iteration(task: Task) -> bool:
    """Whether a task is an iteration of a multi-instance activity."""
    return bool(task.triggered) and isinstance(task.parent.task_spec, MULTI_INSTANCE)
