"""The expression language as this engine offers it: FEEL, the calendar's functions and the parameters of a process."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from engine.calendar import FEEL_SIGNATURES
from engine.errors import ExecutionFailed
from engine.expressions import BUILTINS, Expression, FeelError, Function, FunctionRegistry, compile_expression

PARAMETER_FUNCTIONS = (
    Function(
        "parametro",
        ("nome",),
        None,
        "Il valore in vigore di un parametro del processo, per l'ambito del caso.",
    ),
    Function(
        "scadenza", ("nome",), None, "Il valore in vigore di una scadenza con nome, per l'ambito del caso."
    ),
)

FUNCTIONS: FunctionRegistry = BUILTINS.with_(
    *(Function(s.name, s.parameters, None, s.description) for s in FEEL_SIGNATURES), *PARAMETER_FUNCTIONS
)
"""Every function that diagrams, tables and forms may call."""

Bindings = Mapping[str, Callable[..., Any]]


def compiled(text: str, names: Collection[str] | None = None) -> Expression:
    """The expression of a text (a leading ``=`` is dropped). Raises FeelError where it is not FEEL."""
    return compile_expression(text.strip().removeprefix("="), functions=FUNCTIONS, names=names)


def evaluate(text: str, variables: Mapping[str, Any], bindings: Bindings) -> Any:
    """The value of a text, numbers as Decimal. Raises ExecutionFailed with the text in the sentence."""
    try:
        return compiled(text).evaluate(variables, bindings=bindings)
    except FeelError as problem:
        raise ExecutionFailed(
            f"L'espressione «{text.strip():.200}» non si può calcolare: {problem}"
        ) from problem
