"""Two branches meet in a loop; in the second turn they finish in the other order. The join must wait for both."""

from __future__ import annotations

from plain import complete, conditional, flow, ready, workflow

running = workflow(
    '<startEvent id="S"/><exclusiveGateway id="M"/><parallelGateway id="F"/><userTask id="A"/><userTask id="B"/>'
    '<parallelGateway id="J"/><userTask id="C"/><exclusiveGateway id="G" default="G_E"/><endEvent id="E"/>'
    + flow("S", "M", "F", "A", "J", "C", "G", "E")
    + flow("F", "B", "J")
    + conditional("G", "M", "again")
)
complete(running, "A", from_a=1)
complete(running, "B", from_b=1)
complete(running, "C", again=True)
complete(running, "B", from_b=2)
assert not ready(running, "C"), "the join went on without its other branch"
complete(running, "A", from_a=2)
assert len(ready(running, "C")) == 1
complete(running, "C", again=False)
assert running.is_completed()
