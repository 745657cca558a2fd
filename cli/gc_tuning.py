"""Python's collector of garbage in a process that serves: what was loaded at the start is not looked through again."""

from __future__ import annotations

import gc

ALLOCATIONS, YOUNG, MIDDLE = 10_000, 20, 20
"""How many more objects made than freed before it looks at the youngest; how often it then looks at older ones."""


def serve_steadily() -> None:
    """To be called once everything is loaded. Steps leave few cycles: looking less often costs some memory, no more."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, YOUNG, MIDDLE)
