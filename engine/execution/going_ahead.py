"""What a step leaves in memory, so that the next on the same instance can go ahead without reading the tables.

Whether it still holds is asked by the statement that writes the next step: the instance at the same revision and not
suspended, the task as it was, nothing configured anew. If not, the step is taken again with all of it read and locked.
Nothing may stand here that changes without one of these: parts in a case change only in a step.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from engine.access.actors import Actor
from engine.execution.instance_cache import Left, LiveRun
from engine.execution.locking import HeldCase
from engine.execution.step import Advance

_ASK = frozenset({"incident", "retry"})
_PASSED = frozenset({"participant.added", "participant.ended", "task.handed_over"})


def left_before(
    row: HeldCase | Row[Any], actor: Actor, parts: frozenset[str] | None, live: LiveRun | None
) -> Left | None:
    """How the last step had left the case, with what has been read of it since."""
    if not isinstance(row, HeldCase):
        return None
    left = live.left if live is not None and live.left is not None else Left(row, {}, {}, nobody_else=False)
    known = left.parts if parts is None else {**left.parts, actor.id: parts}
    return left._replace(case=row, parts=known)


def left_by(step: Advance) -> Left | None:
    """How a step leaves its case; None when the next had better ask."""
    if step.before is None or step.state != "active" or any(row.what in _ASK for row in step.open_rows):
        return None
    case, tasks, parts, nobody_else = step.before
    host = step.host
    if any(note["kind"] in _PASSED for note in host.events):
        tasks, parts, nobody_else = {}, {}, False
    subject, title = host.subject or (case.subject, case.title)
    new = {new.task.id: new for new in step.new_tasks}
    tasks = {row.id: tasks[row.id] for row in step.open_rows if row.id in tasks} | new
    case = case._replace(
        revision=step.revision + 1,
        phase=step.run.phase or step.phase,
        subject=subject,
        title=title,
        run_state=b"",
        changes=host.changes,
        open_rows=step.open_rows,
    )
    return Left(case, tasks, parts, nobody_else)
