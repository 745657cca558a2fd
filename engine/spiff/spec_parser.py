"""The library's parser, taught our specs: one mixin over its node parsers reads the dialect the same way everywhere."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.parser import event_parsers, task_parsers
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.util import full_tag

from engine.languages.bpmn.expression_dialect import condition_in_feel
from engine.spiff import activity_specs, event_specs
from engine.spiff.base_specs import BOUNDARY_SPLIT, BoundarySplit
from engine.spiff.compensation_specs import CompensationEnd, CompensationThrow
from engine.spiff.event_specs import ThrownEvent, WaitedEvent
from engine.spiff.process_specs import ScopeParser
from engine.spiff.spec_builder import WovenNode
from engine.spiff.standard_loop import StandardLoop


class _Dialect(WovenNode):
    """What every node parser of ours does differently."""

    def _add_multiinstance_task(self, loop_characteristics: Any) -> None:
        sequential = loop_characteristics.get("isSequential") == "true"
        original: Any = self.spec.task_specs.pop(self.task.name)
        kind = activity_specs.SequentialMultiInstance if sequential else activity_specs.ParallelMultiInstance
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
        self.task.completed_event.connect(_leave_boundary)
        for event in children:
            split.connect(self.process_parser.parse_node(event))
        return split

    def parse_condition(self, sequence_flow: Any) -> str | None:
        """A condition in FEEL."""
        return condition_in_feel(super().parse_condition(sequence_flow)) or None

    def parse_timer_event(self, event: Any) -> WaitedEvent:
        """A timer: when it is due is kept in the engine's table."""
        return WaitedEvent("timer", self.bpmn_id)

    def parse_message_event(self, message_event: Any) -> WaitedEvent:
        """A message: who waits for it is kept in the engine's table."""
        return WaitedEvent("message", self.bpmn_id)

    def parse_signal_event(self, signal_event: Any) -> WaitedEvent:
        """A signal: likewise."""
        return WaitedEvent("signal", self.bpmn_id)

    def parse_conditional_event(self, event: Any) -> WaitedEvent:
        """A condition: the run looks at it when variables change."""
        return WaitedEvent("condition", self.bpmn_id)

    def parse_error_event(self, error_event: Any) -> WaitedEvent:
        """An error: the run finds who catches it."""
        return WaitedEvent("error", self.bpmn_id)

    def parse_escalation_event(self, escalation_event: Any) -> WaitedEvent:
        """An escalation: likewise."""
        return WaitedEvent("escalation", self.bpmn_id)


def _leave_boundary(workflow: Any, my_task: Any) -> None:
    event_specs.leave_boundary(my_task)


class _Task(_Dialect):
    pass


class _Gateway(_Dialect, task_parsers.GatewayParser):
    pass


class _Conditional(_Dialect, task_parsers.ConditionalGatewayParser):
    pass


class _Call(_Dialect, task_parsers.CallActivityParser):
    pass


class _Subprocess(_Dialect, task_parsers.SubWorkflowParser):
    def create_task(self) -> Any:
        """The normaliser has given it a beginning; it ends when nothing in it is open."""
        self.process_parser.parser.create_parser(self.node, filename=self.filename, lane=self.lane)
        self.process_parser.parser.process_parsers[self.bpmn_id].parent = self.process_parser
        return self.spec_class(self.spec, self.bpmn_id, subworkflow_spec=self.bpmn_id, **self.bpmn_attributes)


class _Start(_Dialect, event_parsers.StartEventParser):
    def create_task(self) -> Any:
        """A start never waits: whoever starts the instance is the event."""
        task = self._create_task(event_parsers.NoneEventDefinition(description="Default"))
        self.spec.start.connect(task)
        return task


def _compensates(node: Any) -> bool:
    """Whether a throwing event undoes: compensation, or the end that cancels a transaction."""
    return any(node.find(f"{{*}}{kind}EventDefinition") is not None for kind in ("compensate", "cancel"))


def _thrown(node: Any) -> ThrownEvent | None:
    """What a throwing event gives, when the run is to throw it."""
    for kind in ("error", "escalation", "signal", "message"):
        if node.find(f"{{*}}{kind}EventDefinition") is not None:
            return ThrownEvent(kind, node.get("id"))
    return None


class _End(_Dialect, event_parsers.EndEventParser):
    def create_task(self) -> Any:
        """An end leads nowhere; it may throw something, terminate its scope, or undo."""
        if _compensates(self.node):
            self.spec_class = CompensationEnd
        return self._create_task(
            _thrown(self.node) or self.get_event_definition([event_parsers.TERMINATION_EVENT_XPATH])
        )


class _Catch(_Dialect, event_parsers.IntermediateCatchEventParser):
    pass


class _Throw(_Dialect, event_parsers.IntermediateThrowEventParser):
    def create_task(self) -> Any:
        """Something thrown, compensation, or a milestone."""
        if _compensates(self.node):
            self.spec_class = CompensationThrow
        return self._create_task(
            _thrown(self.node) or event_parsers.NoneEventDefinition(description="Default")
        )


class _Receive(_Dialect, event_parsers.ReceiveTaskParser):
    def create_task(self) -> Any:
        """Waits for its message."""
        return self._create_task(WaitedEvent("message", self.bpmn_id))


class _Boundary(_Dialect, event_parsers.BoundaryEventParser):
    def parse_cancel_event(self, event: Any) -> WaitedEvent:
        """A transaction is cancelled: the run leaves by here."""
        return WaitedEvent("cancel", self.bpmn_id)


class _EventGateway(_Dialect, event_parsers.EventBasedGatewayParser):
    def create_task(self) -> Any:
        """The gateway waits for its events itself."""
        return self._create_task(WaitedEvent("gateway", self.bpmn_id))


class DialectParser(BpmnParser):
    """One for each attempt: after a failure the library's parser gives back half-built specs without a word."""

    PROCESS_PARSER_CLASS = ScopeParser
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
        full_tag("inclusiveGateway"): (_Conditional, activity_specs.InclusiveGateway),
        full_tag("parallelGateway"): (_Gateway, activity_specs.ParallelGateway),
        full_tag("eventBasedGateway"): (_EventGateway, event_specs.EventBasedGateway),
        full_tag("intermediateCatchEvent"): (_Catch, activity_specs.IntermediateCatchEvent),
        full_tag("intermediateThrowEvent"): (_Throw, event_specs.ThrowEvent),
        full_tag("receiveTask"): (_Receive, activity_specs.ReceiveTask),
        full_tag("boundaryEvent"): (_Boundary, event_specs.BoundaryEvent),
    }
