"""Which deadline a timer, a due date or a follow-up date belongs to: its place in a diagram, or the name it shares."""

from __future__ import annotations

import re

from engine.languages.bpmn.model import Element

TIMER, DUE, FOLLOW_UP, STARTS = "timer", "due", "follow_up", "start"
SHARED = "scadenza:"
_NAMED = re.compile(r'=?\s*scadenza\(\s*"([^"]+)"\s*\)\s*')


def shared_key(text: str) -> str:
    """The key of the shared deadline that a text names, when it says nothing else; otherwise empty."""
    found = _NAMED.fullmatch(text)
    return SHARED + found[1] if found else ""


def as_drawn(text: str) -> str:
    """A text that says what the diagram says, whatever is in force for the shared deadline that it names."""
    return f'=parametro("{shared_key(text).removeprefix(SHARED)}")' if shared_key(text) else text


def timer_key(element: Element) -> str:
    """The key of a timer event's deadline."""
    assert element.timer is not None
    return shared_key(element.timer.text) or f"{element.process_id}/{element.id}/{TIMER}"


def start_key(process_id: str, element_id: str) -> str:
    """The key of what begins a process by itself."""
    return f"{process_id}/{element_id}/{STARTS}"


def task_keys(element: Element) -> tuple[str | None, str | None]:
    """The keys of a task's due and follow-up dates; None where the diagram gives no such date."""
    assigned = element.assignment
    place = f"{element.process_id}/{element.id}"
    return (
        (shared_key(assigned.due) or f"{place}/{DUE}") if assigned.due.strip() else None,
        (shared_key(assigned.follow_up) or f"{place}/{FOLLOW_UP}") if assigned.follow_up.strip() else None,
    )
