"""FEEL, the expression language of DMN: read once, compiled to functions, bounded in time and memory.

    greater = compile_expression("eta >= 18 and stato in (\"disoccupato\", \"inoccupato\")")
    greater.evaluate({"eta": 39, "stato": "disoccupato"})        # True

What is supported, and how, is in the README of this folder.
"""

from __future__ import annotations

from engine.languages.feel.conversion import from_feel, to_feel
from engine.languages.feel.decision_columns import TestColumn
from engine.languages.feel.errors import FeelError, FeelEvaluationError, FeelLimitExceeded, FeelSyntaxError
from engine.languages.feel.expression import Expression, compile_expression, compile_unary_tests
from engine.languages.feel.formatting import show, to_text
from engine.languages.feel.function_registry import Function, FunctionRegistry
from engine.languages.feel.functions import BUILTINS
from engine.languages.feel.limits import DEFAULT_LIMITS, Evaluation, Limits, shared_limits
from engine.languages.feel.temporal import add_months, parse_temporal
from engine.languages.feel.translate_juel import from_camunda, has_camunda, is_camunda
from engine.languages.feel.translate_python import feel_equivalent, from_python, looks_python, understood
from engine.languages.feel.values import FunctionValue, Range, YearsMonths

__all__ = [
    "BUILTINS",
    "DEFAULT_LIMITS",
    "Evaluation",
    "Expression",
    "FeelError",
    "FeelEvaluationError",
    "FeelLimitExceeded",
    "FeelSyntaxError",
    "Function",
    "FunctionRegistry",
    "FunctionValue",
    "Limits",
    "Range",
    "TestColumn",
    "YearsMonths",
    "add_months",
    "compile_expression",
    "compile_unary_tests",
    "feel_equivalent",
    "from_camunda",
    "from_feel",
    "from_python",
    "has_camunda",
    "is_camunda",
    "looks_python",
    "parse_temporal",
    "shared_limits",
    "show",
    "to_feel",
    "to_text",
    "understood",
]
