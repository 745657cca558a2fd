"""A loop of 500 turns without a person in it: everything runs, and the end has the data."""

from __future__ import annotations

import sys

from plain import conditional, flow, workflow

sys.setrecursionlimit(20_000)
running = workflow(
    '<startEvent id="S"/><scriptTask id="Begin"><script>n = 0</script></scriptTask><exclusiveGateway id="M"/>'
    '<scriptTask id="Count"><script>n = n + 1</script></scriptTask><exclusiveGateway id="G" default="G_E"/>'
    '<endEvent id="E"/>' + flow("S", "Begin", "M", "Count", "G", "E") + conditional("G", "M", "n &lt; 500")
)
assert running.data.get("n") == 500, (
    f"the engine stopped after {running.data.get('n')} turns and says it is done"
)
assert running.is_completed()
