"""The library's parser with our specs and our dialect; one mixin over its node parsers reads all kinds of node."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.parser import event_parsers, task_parsers
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.util import full_tag

from engine.languages.bpmn.expression_dialect import condition_to_feel
from engine.spiff import activity_specs, event_specs
from engine.spiff.base_specs import BOUNDARY_SPLIT, BoundarySplit
from engine.spiff.compensation_specs import CompensationEnd, CompensationThrow
from engine.spiff.event_specs import CatchDefinition, ThrowDefinition
from engine.spiff.gateway_joins import InclusiveGateway, ParallelGateway
from engine.spiff.multi_instance_specs import ParallelMultiInstance, SequentialMultiInstance
from engine.spiff.spec_builder import NodeBuilder, ScopeBuilder
from engine.spiff.standard_loop import StandardLoop


class _Node(NodeBuilder):
    """Mixed in before each of the library's node parsers."""

    def _add_multiinstance_task(self, loop_characteristics: Any) -> None:
        sequential = loop_characteristics.get("isSequential") == "true"
        original: Any = self.spec.task_specs.pop(self.task.name)
        kind = SequentialMultiInstance if sequential else ParallelMultiInstance
        self.task = kind(
            self.spec, original.name, task_spec="", description="MultiInstance", lane=original.lane
        )
        self._copy_task_attrs(original, loop_characteristics)

    def _add_loop_task(self, loop_characteristics: Any) -> None:
        original: Any = self.spec.task_specs.pop(self.task.name)
        self.task = StandardLoop(
            self.spec,
            original.name,
            task_spec="",
            maximum=None,
            condition=None,
            test_before=False,
            description="Loop",
            lane=original.lane,
        )
        self._copy_task_attrs(original, loop_characteristics)

    def _add_boundary_event(self, children: Any) -> Any:
        """The activity first, then the events on its boundary."""
        split = BoundarySplit(self.spec, f"{self.bpmn_id}{BOUNDARY_SPLIT}", lane=self.task.lane)
        split.connect(self.task)
        self.task.completed_event.connect(_cancel_boundary_events)
        for event in children:
            split.connect(self.process_parser.parse_node(event))
        return split

    def parse_condition(self, sequence_flow: Any) -> str | None:
        """A condition in FEEL."""
        return condition_to_feel(super().parse_condition(sequence_flow)) or None

    def parse_timer_event(self, event: Any) -> CatchDefinition:
        """A timer; the engine's table says when it is due."""
        return CatchDefinition("timer", self.bpmn_id)

    def parse_message_event(self, message_event: Any) -> CatchDefinition:
        """A message; the engine's table says who waits for it."""
        return CatchDefinition("message", self.bpmn_id)

    def parse_signal_event(self, signal_event: Any) -> CatchDefinition:
        """A signal; the engine's table says who waits for it."""
        return CatchDefinition("signal", self.bpmn_id)

    def parse_conditional_event(self, event: Any) -> CatchDefinition:
        """A condition; the run evaluates it when variables change."""
        return CatchDefinition("condition", self.bpmn_id)

    def parse_error_event(self, error_event: Any) -> CatchDefinition:
        """An error; the run finds its catcher."""
        return CatchDefinition("error", self.bpmn_id)

    def parse_escalation_event(self, escalation_event: Any) -> CatchDefinition:
        """An escalation; the run finds its catcher."""
        return CatchDefinition("escalation", self.bpmn_id)


def _cancel_boundary_events(workflow: Any, my_task: Any) -> None:
    event_specs.cancel_boundary_events(my_task)


class _Task(_Node):
    pass


class _Gateway(_Node, task_parsers.GatewayParser):
    pass


class _Conditional(_Node, task_parsers.ConditionalGatewayParser):
    pass


class _Call(_Node, task_parsers.CallActivityParser):
    pass


class _Subprocess(_Node, task_parsers.SubWorkflowParser):
    def create_task(self) -> Any:
        """A subprocess has a start event after normalisation; it ends when nothing in it is open."""
        self.process_parser.parser.create_parser(self.node, filename=self.filename, lane=self.lane)
        self.process_parser.parser.process_parsers[self.bpmn_id].parent = self.process_parser
        return self.spec_class(self.spec, self.bpmn_id, subworkflow_spec=self.bpmn_id, **self.bpmn_attributes)


class _Start(_Node, event_parsers.StartEventParser):
    def create_task(self) -> Any:
        """A start event never waits: it has occurred when the instance is started."""
        task = self._create_task(event_parsers.NoneEventDefinition(description="Default"))
        self.spec.start.connect(task)
        return task


def _compensates(node: Any) -> bool:
    """Whether a throwing event compensates: a compensation event, or the end that cancels a transaction."""
    return any(node.find(f"{{*}}{kind}EventDefinition") is not None for kind in ("compensate", "cancel"))


def _thrown(node: Any) -> ThrowDefinition | None:
    """What a throwing event throws by the run; None for other events."""
    for kind in ("error", "escalation", "signal", "message"):
        if node.find(f"{{*}}{kind}EventDefinition") is not None:
            return ThrowDefinition(kind, node.get("id"))
    return None


class _End(_Node, event_parsers.EndEventParser):
    def create_task(self) -> Any:
        """An end event may throw something, terminate its scope, or compensate."""
        if _compensates(self.node):
            self.spec_class = CompensationEnd
        return self._create_task(
            _thrown(self.node) or self.get_event_definition([event_parsers.TERMINATION_EVENT_XPATH])
        )


class _Catch(_Node, event_parsers.IntermediateCatchEventParser):
    pass


class _Throw(_Node, event_parsers.IntermediateThrowEventParser):
    def create_task(self) -> Any:
        """An event that throws something, compensation, or a milestone."""
        if _compensates(self.node):
            self.spec_class = CompensationThrow
        return self._create_task(
            _thrown(self.node) or event_parsers.NoneEventDefinition(description="Default")
        )


class _Receive(_Node, event_parsers.ReceiveTaskParser):
    def create_task(self) -> Any:
        """A task that waits for its message."""
        return self._create_task(CatchDefinition("message", self.bpmn_id))


class _Boundary(_Node, event_parsers.BoundaryEventParser):
    def parse_cancel_event(self, event: Any) -> CatchDefinition:
        """The cancellation of a transaction; the run triggers it."""
        return CatchDefinition("cancel", self.bpmn_id)


class _EventGateway(_Node, event_parsers.EventBasedGatewayParser):
    def create_task(self) -> Any:
        """The gateway itself waits for its events."""
        return self._create_task(CatchDefinition("gateway", self.bpmn_id))


class DialectParser(BpmnParser):
    """Make a new one for each diagram: after a failure the parser of the library returns incomplete specs silently."""

    PROCESS_PARSER_CLASS = ScopeBuilder
    OVERRIDE_PARSER_CLASSES = {
        full_tag("startEvent"): (_Start, activity_specs.StartEvent),
        full_tag("endEvent"): (_End, event_specs.EndEvent),
        full_tag("userTask"): (_Task, activity_specs.UserTask),
        full_tag("task"): (_Task, activity_specs.PassThrough),
        full_tag("manualTask"): (_Task, activity_specs.PassThrough),
        full_tag("serviceTask"): (_Task, activity_specs.AutomaticTask),
        full_tag("sendTask"): (_Task, activity_specs.AutomaticTask),
        full_tag("scriptTask"): (_Task, activity_specs.AutomaticTask),
        full_tag("businessRuleTask"): (_Task, activity_specs.AutomaticTask),
        full_tag("subProcess"): (_Subprocess, activity_specs.EmbeddedSubprocess),
        full_tag("transaction"): (_Subprocess, activity_specs.Transaction),
        full_tag("callActivity"): (_Call, activity_specs.CallActivity),
        full_tag("exclusiveGateway"): (_Conditional, activity_specs.ExclusiveGateway),
        full_tag("inclusiveGateway"): (_Conditional, InclusiveGateway),
        full_tag("parallelGateway"): (_Gateway, ParallelGateway),
        full_tag("eventBasedGateway"): (_EventGateway, event_specs.EventBasedGateway),
        full_tag("intermediateCatchEvent"): (_Catch, activity_specs.IntermediateCatchEvent),
        full_tag("intermediateThrowEvent"): (_Throw, event_specs.ThrowEvent),
        full_tag("receiveTask"): (_Receive, activity_specs.ReceiveTask),
        full_tag("boundaryEvent"): (_Boundary, event_specs.BoundaryEvent),
    }
