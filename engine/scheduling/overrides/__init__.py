"""What an administrator may put in place of a diagram's date: values, their words, reading them, their moments."""

from engine.scheduling.overrides.calculation import due_of, needs_calendar, occurrence
from engine.scheduling.overrides.deadline_keys import shared_key, start_key, task_keys, timer_key
from engine.scheduling.overrides.description import sentence, sentence_of
from engine.scheduling.overrides.input import read_term
from engine.scheduling.overrides.model import After, At, Every, Term, term_of, values_of

__all__ = [
    "After",
    "At",
    "Every",
    "Term",
    "due_of",
    "needs_calendar",
    "occurrence",
    "read_term",
    "sentence",
    "sentence_of",
    "shared_key",
    "start_key",
    "task_keys",
    "term_of",
    "timer_key",
    "values_of",
]
