"""The functions that expressions may call: built-in ones and those that an application registers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.languages.feel.properties import SPACED_PARTS
from engine.languages.feel.token_stream import KnownNames


@dataclass(frozen=True, slots=True)
class Function:
    """A function callable from expressions, e.g. `aggiungi giorni lavorativi(data, giorni)`.

    name: may contain spaces. parameters: their names, in order, for calls by name and for messages.
    implementation: called with FEEL values (numbers are Decimal) by position; None when it is bound at each
    evaluation. description: a sentence in Italian for the analyst. optional: how many of the last parameters
    may be left out. The other fields are for the built-ins: alternatives (other parameter lists), variadic,
    lenient (a failure gives null, not an error), bounded (the first argument is the Evaluation to charge), singles
    (parameters that, passed by name, are null when they are lists: `key` where `keys` takes the list).
    """

    name: str
    parameters: tuple[str, ...]
    implementation: Callable[..., Any] | None = None
    description: str = ""
    optional: int = 0
    alternatives: tuple[tuple[str, ...], ...] = ()
    variadic: bool = False
    lenient: bool = False
    bounded: bool = False
    singles: tuple[str, ...] = ()

    def accepts(self, count: int) -> bool:
        """Whether it can be called with `count` positional arguments."""
        if self.variadic:
            return count > 0
        if len(self.parameters) - self.optional <= count <= len(self.parameters):
            return True
        return any(len(parameters) == count for parameters in self.alternatives)

    def positional_order(self, names: frozenset[str]) -> tuple[str, ...] | None:
        """The positional order of arguments passed by name; None when the names do not fit."""
        for parameters in (self.parameters, *self.alternatives):
            used = parameters[: len(names)]
            if frozenset(used) == names and (len(names) == len(parameters) or self.accepts(len(names))):
                return used
        return None


FunctionBindings = Mapping[str, Callable[..., Any]]
"""Implementations of registered functions, by name, for one evaluation."""


class FunctionRegistry:
    """An immutable set of functions, by name; `with_` makes a larger one."""

    def __init__(self, functions: Mapping[str, Function] | None = None) -> None:
        self._functions = dict(functions or {})
        self.known = KnownNames([*self._functions, *SPACED_PARTS])
        """Names of several words, for the parser."""

    def with_(self, *functions: Function) -> FunctionRegistry:
        """A registry that also has these functions; one of the same name replaces the old one."""
        return FunctionRegistry(self._functions | {function.name: function for function in functions})

    def get(self, name: str) -> Function | None:
        """The function of that name, or None."""
        return self._functions.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._functions

    def __iter__(self) -> Iterator[Function]:
        return iter(self._functions.values())
