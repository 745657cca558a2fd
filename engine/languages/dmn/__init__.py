"""DMN decisions: tables, requirement graphs, business knowledge models and boxed expressions, in FEEL.

model = parse_decisions(xml, source="requisiti.dmn")
outcome = model.decide("requisiti_patto", {"eta": 39, "stato": "disoccupato"})
outcome.value, outcome.sentences
"""

from __future__ import annotations

from engine.languages.dmn.errors import DecisionError
from engine.languages.dmn.evidence import MatchedRule, UnmatchedRule
from engine.languages.dmn.model import DecisionModel, DecisionOutcome
from engine.languages.dmn.parser import parse_decisions

__all__ = [
    "DecisionError",
    "DecisionModel",
    "DecisionOutcome",
    "MatchedRule",
    "UnmatchedRule",
    "parse_decisions",
]
