"""Garbage collection tuned for a process that serves: objects loaded at the start are no longer scanned."""

from __future__ import annotations

import gc

ALLOCATIONS, YOUNG, MIDDLE = 10_000, 20, 20
"""The thresholds of `gc.set_threshold`: allocations before generation 0 is collected, then for generations 1 and 2."""


def tune_garbage_collection() -> None:
    """Freeze what is loaded and collect less often. Call it once everything is loaded; it costs some memory."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(ALLOCATIONS, YOUNG, MIDDLE)
