"""Runs what becomes due: `EmbeddedScheduler` inside the web process, `Worker` in processes of their own on PostgreSQL.

`Worker` is imported from `engine.jobs.worker`, because it needs Procrastinate, which a web process does without.
"""

from engine.jobs.due_work import DueWork, DueWorkRunner
from engine.jobs.embedded_scheduler import EmbeddedScheduler

__all__ = ["DueWork", "DueWorkRunner", "EmbeddedScheduler"]
