"""FEEL, the expression language of DMN: read once, compiled to functions, bounded in time and memory.

    greater = compile_expression("eta >= 18 and stato in (\"disoccupato\", \"inoccupato\")")
    greater.evaluate({"eta": 39, "stato": "disoccupato"})        # True

What is supported, and how, is in the README of this folder.
"""

from __future__ import annotations

from .camunda import from_camunda, has_camunda, is_camunda
from .columns import TestColumn
from .conversion import from_feel, to_feel
from .display import show, to_text
from .errors import FeelError, FeelEvaluationError, FeelLimitExceeded, FeelSyntaxError
from .expression import Expression, compile_expression, compile_unary_tests
from .functions import BUILTINS
from .limits import DEFAULT_LIMITS, Evaluation, Limits, shared_limits
from .python_conditions import feel_equivalent, from_python, looks_python, understood
from .registry import Function, FunctionRegistry
from .temporal import add_months, parse_temporal
from .values import FunctionValue, Range, YearsMonths

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
