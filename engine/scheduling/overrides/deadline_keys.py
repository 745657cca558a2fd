"""The keys of deadlines: `process/element/kind` of a timer or a date in a diagram, `scadenza:name` of a shared one."""

from __future__ import annotations

import re

from engine.languages.bpmn.model import Element

TIMER, DUE, FOLLOW_UP, STARTS = "timer", "due", "follow_up", "start"
"""The kinds of deadlines: timer event, due date and follow-up date of a task, timer start event."""
SHARED = "scadenza:"
"""The prefix of the keys of shared deadlines."""
_REFERENCE = re.compile(r'=?\s*scadenza\(\s*"([^"]+)"\s*\)\s*')


def shared_key(text: str) -> str:
    """The key of the shared deadline when a text is nothing but a reference to it; otherwise empty."""
    found = _REFERENCE.fullmatch(text)
    return SHARED + found[1] if found else ""


def diagram_default(text: str) -> str:
    """The text without overrides: a reference to a shared deadline becomes one to the parameter of that name."""
    return f'=parametro("{shared_key(text).removeprefix(SHARED)}")' if shared_key(text) else text


def timer_key(element: Element) -> str:
    """The key of a timer event's deadline."""
    assert element.timer is not None
    return shared_key(element.timer.text) or f"{element.process_id}/{element.id}/{TIMER}"


def start_key(process_id: str, element_id: str) -> str:
    """The key of a timer start event's deadline."""
    return f"{process_id}/{element_id}/{STARTS}"


def task_keys(element: Element) -> tuple[str | None, str | None]:
    """The keys of a task's due date and follow-up date; None where the diagram gives no such date."""
    assigned = element.assignment
    prefix = f"{element.process_id}/{element.id}"
    return (
        (shared_key(assigned.due_date) or f"{prefix}/{DUE}") if assigned.due_date.strip() else None,
        (shared_key(assigned.follow_up_date) or f"{prefix}/{FOLLOW_UP}")
        if assigned.follow_up_date.strip()
        else None,
    )
