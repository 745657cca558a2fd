"""FEEL, the expression language of DMN: compiled once to Python functions, evaluated within limits.

    condition = compile_expression("eta >= 18 and stato in (\"disoccupato\", \"inoccupato\")")
    condition.evaluate({"eta": 39, "stato": "disoccupato"})        # True

The README of this package lists what is supported.
"""

from __future__ import annotations

from engine.languages.feel.conversion import from_feel, to_feel
from engine.languages.feel.decision_columns import UnaryTestColumn
from engine.languages.feel.errors import FeelError, FeelEvaluationError, FeelLimitExceeded, FeelSyntaxError
from engine.languages.feel.expression import Expression, compile_expression, compile_unary_tests
from engine.languages.feel.formatting import format_value, to_string
from engine.languages.feel.function_registry import Function, FunctionBindings, FunctionRegistry
from engine.languages.feel.functions import BUILTINS
from engine.languages.feel.limits import DEFAULT_LIMITS, Evaluation, EvaluationLimits
from engine.languages.feel.temporal import add_months, parse_temporal
from engine.languages.feel.translate_juel import contains_juel, is_juel, juel_to_feel
from engine.languages.feel.translate_python import (
    is_python,
    python_to_feel,
    suggest_feel,
    translate_if_python,
)
from engine.languages.feel.values import FunctionValue, Range, YearsMonths

__all__ = [
    "BUILTINS",
    "DEFAULT_LIMITS",
    "Evaluation",
    "EvaluationLimits",
    "Expression",
    "FeelError",
    "FeelEvaluationError",
    "FeelLimitExceeded",
    "FeelSyntaxError",
    "Function",
    "FunctionBindings",
    "FunctionRegistry",
    "FunctionValue",
    "Range",
    "UnaryTestColumn",
    "YearsMonths",
    "add_months",
    "compile_expression",
    "compile_unary_tests",
    "contains_juel",
    "format_value",
    "from_feel",
    "is_juel",
    "is_python",
    "juel_to_feel",
    "parse_temporal",
    "python_to_feel",
    "suggest_feel",
    "to_feel",
    "to_string",
    "translate_if_python",
]
