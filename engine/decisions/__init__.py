"""Decisions drawn as DMN: tables, requirement graphs, business knowledge models and boxed expressions, in FEEL.

model = parse_decisions(xml, source="requisiti.dmn")
outcome = model.decide("requisiti_patto", {"eta": 39, "stato": "disoccupato"})
outcome.value, outcome.sentences
"""

from __future__ import annotations

from .errors import DecisionError
from .evidence import Failure, RuleHit
from .model import DecisionModel, DecisionOutcome
from .parsing import parse_decisions

__all__ = ["DecisionError", "DecisionModel", "DecisionOutcome", "Failure", "RuleHit", "parse_decisions"]
