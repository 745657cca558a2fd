"""The built-in functions of FEEL: one module per area, one registry with all of them."""

from __future__ import annotations

from engine.languages.feel.function_registry import FunctionRegistry
from engine.languages.feel.functions import (
    aggregates,
    contexts,
    dates,
    general,
    lists,
    numbers,
    patterns,
    ranges,
    strings,
)

BUILTINS = FunctionRegistry().with_(
    *(
        function
        for area in (general, numbers, strings, patterns, lists, aggregates, contexts, dates, ranges)
        for function in area.FUNCTIONS
    )
)
"""The built-in functions of DMN 1.5. `now` and `today` have no implementation until one is bound."""

__all__ = ["BUILTINS"]
