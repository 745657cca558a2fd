"""From XML nodes to connected specs, node after node.

The library goes down each flow instead, so that some hundred elements in a row are too deep for it. Flows are taken in
the order of the file, which is the order in which their conditions are looked at.
"""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.spiff.base_specs import BOUNDARY_SPLIT, ProcessSpec


class WovenProcess(ProcessParser):
    """Makes the specs of a process: all that its starts lead to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unconnected: list[WovenNode] = []

    def create_spec(self) -> ProcessSpec:
        """A process that goes forward step by step."""
        return ProcessSpec(name=self.bpmn_id, description=self.get_name(), filename=self.filename)

    def add_tasks(self) -> None:
        """Make the starts, then connect what has been made, which makes what it leads to."""
        for node in self.xpath("./bpmn:startEvent"):
            self.parse_node(node)
        while self.unconnected:
            self.unconnected.pop(0).connect()


class WovenNode(TaskParser):
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
            known = self.spec.task_specs
            found = known.get(f"{target}{BOUNDARY_SPLIT}") or known.get(target)
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
