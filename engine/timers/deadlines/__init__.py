"""Deadlines: every timer and date of the deployed diagrams, what is in force for each, and moving them all."""

from engine.timers.deadlines.case_timers import CaseClock, CaseClocks, LedgerEntry
from engine.timers.deadlines.catalogue import Deadline, DeadlineUse
from engine.timers.deadlines.models import Change, DeadlineLine, Standing
from engine.timers.deadlines.preview import CaseMove, Preview
from engine.timers.deadlines.service import Deadlines

__all__ = [
    "CaseClock",
    "CaseClocks",
    "CaseMove",
    "Change",
    "Deadline",
    "DeadlineLine",
    "DeadlineUse",
    "Deadlines",
    "LedgerEntry",
    "Preview",
    "Standing",
]
