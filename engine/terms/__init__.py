"""What an administrator may put in place of a diagram's date: values, their words, reading them, their moments."""

from engine.terms.dates import due_of, needs_calendar, occurrence
from engine.terms.keys import shared_key, start_key, task_keys, timer_key
from engine.terms.reading import read_term
from engine.terms.values import After, At, Every, Term, term_of, values_of
from engine.terms.words import sentence, sentence_of

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
