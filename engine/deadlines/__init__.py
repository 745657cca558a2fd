"""Deadlines: every timer and date of the deployed diagrams, what is in force for each, and moving them all."""

from engine.deadlines.catalogue import Deadline, DeadlineUse
from engine.deadlines.clocks import CaseClock, CaseClocks, LedgerEntry
from engine.deadlines.preview import CaseMove, Preview
from engine.deadlines.service import Deadlines
from engine.deadlines.views import Change, DeadlineLine, Standing

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
