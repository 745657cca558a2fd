"""Builds connected task specs from the XML nodes of a scope, node by node.

The library recurses along the flows instead, so that some hundred elements in a row are too deep for it. Flows are
taken in the order of the file, which is the order in which their conditions are evaluated.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.languages.bpmn.lint.events import EVENT_SUBPROCESS_STARTS
from engine.spiff.base_specs import BOUNDARY_SPLIT
from engine.spiff.event_specs import CatchDefinition, EventSubprocessStart, wait_kind
from engine.spiff.process_specs import LegacyStartSplit, ScopeSpec


class ScopeBuilder(ProcessParser):
    """Makes the specs of a process or subprocess: all that its start events lead to, and its event subprocesses."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unconnected: list[NodeBuilder] = []

    def create_spec(self) -> ScopeSpec:
        """An empty scope."""
        return ScopeSpec(name=self.bpmn_id, description=self.get_name(), filename=self.filename)

    def add_tasks(self) -> None:
        """Make the start events, then connect what has been made, which makes what it leads to."""
        for node in self.xpath("./bpmn:startEvent"):
            self.parse_node(node)
        self._connect_all()
        if len(self.spec.start._outputs) > 1:
            LegacyStartSplit(self.spec, "StartEventSplit")
        for node in self.xpath("./bpmn:subProcess[@triggeredByEvent='true']"):
            self._add_event_subprocess(node, self.parse_node(node))

    def _connect_all(self) -> None:
        while self.unconnected:
            self.unconnected.pop(0).connect()

    def _add_event_subprocess(self, node: Any, subprocess: Any) -> None:
        (start,) = node.iterfind("{*}startEvent")
        event = next(
            kind for kind in EVENT_SUBPROCESS_STARTS if start.find(f"{{*}}{kind}EventDefinition") is not None
        )
        definition = CatchDefinition(wait_kind(event), start.get("id"))
        waiting = EventSubprocessStart(self.spec, start.get("id"), event_definition=definition)
        waiting.connect(subprocess)
        self.spec.event_subprocesses.append(waiting)


class NodeBuilder(TaskParser):
    """Makes the spec of a node; its flows are connected later."""

    def parse_node(self) -> Any:
        """The spec to connect to: that of the node, or of the split before an activity with boundary events."""
        try:
            self.task = self.create_task()
            self._add_loop()
            self.process_parser.unconnected.append(self)
            boundary = self.process_parser.get_boundary_events(self.bpmn_id)
            return self._add_boundary_event(boundary) if boundary else self.task
        except ValidationException:
            raise
        except Exception as problem:
            raise ValidationException(repr(problem), node=self.node, file_name=self.filename) from problem

    def connect(self) -> None:
        """Connect the flows that leave the node."""
        for flow in self.process_parser.get_outgoing_sequence_flows(self.bpmn_id):
            target = flow.get("targetRef")
            specs = self.spec.task_specs
            found = specs.get(f"{target}{BOUNDARY_SPLIT}") or specs.get(target)
            if found is None:
                node = self.process_parser.get_node_by_id(target)
                if node is None:
                    self.raise_validation_exception(f"no element «{target}»")
                found = self.process_parser.parse_node(node)
            self.connect_outgoing(found, flow, flow.get("id") == self.node.get("default"))

    def _add_loop(self) -> None:
        for loop in self.xpath("./bpmn:standardLoopCharacteristics"):
            self._add_loop_task(loop)
        for loop in self.xpath("./bpmn:multiInstanceLoopCharacteristics"):
            self._add_multiinstance_task(loop)
