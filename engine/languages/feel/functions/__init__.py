"""The built-in functions of FEEL, each area in its file, together in one registry."""

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
"""Every built-in function of DMN 1.5; `now` and `today` have no clock until one is bound to them."""

__all__ = ["BUILTINS"]
