"""A gateway waits for the first of two timers; the second drawn is due at once, the other in a year."""

from __future__ import annotations

import time

from plain import flow, ready, workflow


def timer(name: str, duration: str) -> str:
    """A timer event that catches."""
    inner = (
        f'<timerEventDefinition id="d{name}"><timeDuration>"{duration}"</timeDuration></timerEventDefinition>'
    )
    return f'<intermediateCatchEvent id="{name}" name="{name}">{inner}</intermediateCatchEvent>'


running = workflow(
    '<startEvent id="S"/><eventBasedGateway id="G"/><userTask id="A"/><userTask id="B"/><endEvent id="E"/>'
    + timer("Late", "P365D")
    + timer("Soon", "PT0.01S")
    + flow("S", "G", "Late", "A", "E")
    + flow("G", "Soon", "B", "E")
)
time.sleep(0.05)
running.refresh_timers()
running.do_engine_steps()
assert ready(running, "B"), "the second timer was never looked at"
assert not ready(running, "A")
