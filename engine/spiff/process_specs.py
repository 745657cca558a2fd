"""Where a scope (process or subprocess) begins: which start event is taken, and what is armed beside the flow."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.specs.control import SimpleBpmnTask
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.languages.bpmn.lint.events import EVENT_SUBPROCESS_STARTS
from engine.spiff.base_specs import ProcessSpec, Start, Stepwise
from engine.spiff.event_specs import ArmedStart, WaitedEvent, arm, kind_named
from engine.spiff.spec_builder import WovenProcess

START_CHOSEN = "start"
"""In the first task of a process: the identifier of the start event that was meant."""


class ScopeStart(Start):
    """The first task: takes one start event, and arms the event subprocesses of the scope."""

    def follow(self, my_task: Task) -> None:
        """Make the task of the start event that was meant; otherwise of all plain ones, or of the first drawn."""
        outputs = self.outputs
        if len(outputs) > 1:
            meant = [spec for spec in outputs if spec.name == my_task.internal_data.get(START_CHOSEN)]
            plain = [spec for spec in outputs if spec.element is None or not spec.element.events]
            outputs = meant or plain or outputs[:1]
        my_task._sync_children(outputs, TaskState.FUTURE)

    def _on_complete_hook(self, my_task: Task) -> None:
        super()._on_complete_hook(my_task)
        for spec in self._wf_spec.armed:
            arm(my_task, spec)


class FormerSplit(Stepwise, SimpleBpmnTask):
    """What began a process of several starts in states that the first version saved; no token comes here any more."""


class ScopeSpec(ProcessSpec):
    """A process or subprocess; `armed` are the starts of its event subprocesses."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.task_specs.clear()
        self.start = ScopeStart(self, "Start")
        self.armed: list[ArmedStart] = []


class ScopeParser(WovenProcess):
    """Parses a scope: start events one beside the other, event subprocesses apart from the flow."""

    def create_spec(self) -> ScopeSpec:
        """An empty scope."""
        return ScopeSpec(name=self.bpmn_id, description=self.get_name(), filename=self.filename)

    def add_tasks(self) -> None:
        """Everything that start events lead to, and the event subprocesses."""
        super().add_tasks()
        if len(self.spec.start._outputs) > 1:
            FormerSplit(self.spec, "StartEventSplit")
        for node in self.xpath("./bpmn:subProcess[@triggeredByEvent='true']"):
            self._arm(node, self.parse_node(node))

    def _arm(self, node: Any, subprocess: Any) -> None:
        (start,) = node.iterfind("{*}startEvent")
        event = next(
            kind for kind in EVENT_SUBPROCESS_STARTS if start.find(f"{{*}}{kind}EventDefinition") is not None
        )
        definition = WaitedEvent(kind_named(event), start.get("id"))
        waiting = ArmedStart(self.spec, start.get("id"), event_definition=definition)
        waiting.connect(subprocess)
        self.spec.armed.append(waiting)
