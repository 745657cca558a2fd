"""A message that does not interrupt reaches an activity twice; it must be taken twice."""

from __future__ import annotations

from plain import complete, flow, ready, workflow
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.util.event import BpmnEvent

running = workflow(
    '<startEvent id="S"/><userTask id="A"/><endEvent id="E"/><userTask id="B"/><endEvent id="E2"/>'
    '<boundaryEvent id="Call" attachedToRef="A" cancelActivity="false"><messageEventDefinition messageRef="m"/>'
    "</boundaryEvent>" + flow("S", "A", "E") + flow("Call", "B", "E2"),
    before='<message id="m" name="m"/>',
)
for _ in range(2):
    running.send_event(BpmnEvent(MessageEventDefinition("m")))
    running.do_engine_steps()
assert len(ready(running, "B")) == 2, "the second message was lost"
complete(running, "B")
complete(running, "A")
complete(running, "B")
assert running.is_completed()
