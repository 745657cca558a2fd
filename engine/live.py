"""Runs kept in memory between two steps of an instance: whoever steps next need not restore them.

The revision guards them: what another process has changed meanwhile is never used. A step takes the run out, and only
its commit gives it back, so no two threads share one and nothing of a step that failed is kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from engine.spiff import ProcessRun


@dataclass(frozen=True)
class LiveRun:
    """A run as it is at a revision of its instance."""

    revision: int
    run: ProcessRun


class LiveRuns:
    """The last so many instances that stepped."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._runs: OrderedDict[str, LiveRun] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, instance_id: str, revision: int) -> LiveRun | None:
        """The run of an instance at this very revision, now the caller's alone; None when it must be restored."""
        with self._lock:
            found = self._runs.pop(instance_id, None)
        return found if found is not None and found.revision == revision else None

    def keep(self, instance_id: str, live: LiveRun) -> None:
        """Give a run back after its step is durable; the one that stepped longest ago makes room."""
        with self._lock:
            self._runs[instance_id] = live
            self._runs.move_to_end(instance_id)
            while len(self._runs) > self._most:
                self._runs.popitem(last=False)
