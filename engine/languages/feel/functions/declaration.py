"""Declaration of the built-in functions, and checks of their arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, TypeVar

from engine.languages.feel.function_registry import Function
from engine.languages.feel.values import as_decimal, is_number

Implementation = TypeVar("Implementation", bound=Callable[..., Any])


class FunctionGroup:
    """The built-in functions of one area, in order."""

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

    def add_function(self, function: Function) -> None:
        """Adds a function that has been made already."""
        self._functions.append(function)

    def __iter__(self) -> Iterator[Function]:
        return iter(self._functions)


class _Missing:
    """The value of an argument that is not passed (null can be passed)."""


MISSING: Any = _Missing()


def text(value: Any) -> str:
    """The argument, if it is a text. Raises TypeError, which gives null, if not."""
    if type(value) is not str:
        raise TypeError("not a string")
    return value


def number(value: Any) -> Decimal:
    """The argument, if it is a number. Raises TypeError if not."""
    return as_decimal(value)


def whole_number(value: Any) -> int:
    """The argument, if it is a number of usual size, without its fraction. Raises TypeError if not."""
    if not is_number(value) or not -(10**15) < value < 10**15:
        raise TypeError("not a usable whole number")
    return int(value)


def items(value: Any) -> list[Any]:
    """The argument as a list; a single value is a list of one. Raises TypeError for null."""
    if value is None:
        raise TypeError("null instead of a list")
    return value if type(value) is list else [value]


def values_of(arguments: tuple[Any, ...]) -> list[Any]:
    """The values of f(list) and of f(a, b, c)."""
    return items(arguments[0]) if len(arguments) == 1 else list(arguments)


def list_index(position: Any, length: int) -> int:
    """The index of a FEEL position (from 1, or from the end when negative). Raises IndexError outside the list."""
    index = whole_number(position)
    if index == 0 or abs(index) > length:
        raise IndexError("position")
    return index - 1 if index > 0 else length + index
