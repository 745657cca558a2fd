"""How a file of built-ins lists its functions, and what their implementations ask of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, TypeVar

from engine.languages.feel.function_registry import Function
from engine.languages.feel.values import as_decimal, is_number

Implementation = TypeVar("Implementation", bound=Callable[..., Any])


class Catalogue:
    """Collects the built-ins of one area, in order."""

    def __init__(self) -> None:
        self._functions: list[Function] = []

    def add(
        self,
        name: str,
        *parameters: tuple[str, ...],
        description: str,
        variadic: bool = False,
        bounded: bool = False,
        singles: tuple[str, ...] = (),
    ) -> Callable[[Implementation], Implementation]:
        """Declares the decorated function as the built-in `name`, with one or more parameter lists."""

        def declare(implementation: Implementation) -> Implementation:
            first, *others = parameters or ((),)
            self._functions.append(
                Function(
                    name,
                    first,
                    implementation,
                    description,
                    alternatives=tuple(others),
                    variadic=variadic,
                    lenient=True,
                    bounded=bounded,
                    singles=singles,
                )
            )
            return implementation

        return declare

    def put(self, function: Function) -> None:
        """Adds a function declared whole."""
        self._functions.append(function)

    def __iter__(self) -> Iterator[Function]:
        return iter(self._functions)


class _Missing:
    """What an argument that was not given is (null may be given)."""


MISSING: Any = _Missing()


def text(value: Any) -> str:
    """The argument, which must be a text; TypeError (null to the caller) otherwise."""
    if type(value) is not str:
        raise TypeError("not a string")
    return value


def number(value: Any) -> Decimal:
    """The argument, which must be a number."""
    return as_decimal(value)


def whole(value: Any) -> int:
    """The argument, a number, without its fraction."""
    if not is_number(value) or not -(10**15) < value < 10**15:
        raise TypeError("not a usable whole number")
    return int(value)


def items(value: Any) -> list[Any]:
    """The argument as a list: a single value is a list of one; null is refused."""
    if value is None:
        raise TypeError("null instead of a list")
    return value if type(value) is list else [value]


def spread(arguments: tuple[Any, ...]) -> list[Any]:
    """f(list) and f(a, b, c) alike."""
    return items(arguments[0]) if len(arguments) == 1 else list(arguments)


def place(position: Any, length: int) -> int:
    """The index of a FEEL position (from 1, or from the end when negative); IndexError outside the list."""
    index = whole(position)
    if index == 0 or abs(index) > length:
        raise IndexError("position")
    return index - 1 if index > 0 else length + index
