"""FEEL as diagrams, tables and forms use it: with calendar functions and the parameters of a process."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from engine.errors import ExecutionFailed
from engine.languages.feel import (
    BUILTINS,
    Expression,
    FeelError,
    Function,
    FunctionBindings,
    FunctionRegistry,
    compile_expression,
    contains_juel,
    is_juel,
    is_python,
    juel_to_feel,
    suggest_feel,
)
from engine.localization import Message, message
from engine.temporal import FEEL_SIGNATURES, WorkingCalendar, feel_bindings

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
"""The functions that diagrams, tables and forms may call."""


def function_bindings(
    now: datetime,
    calendar: WorkingCalendar | Callable[[], WorkingCalendar],
    parameter: Callable[[str], Any],
    deadline: Callable[[str], Any] | None = None,
) -> FunctionBindings:
    """The implementations of the registered functions.

    now: an aware datetime; FEEL's own `now` and `today` use it too. calendar: the working calendar, or a function that
    loads it. parameter: the value of a parameter by name. deadline: the value of a named deadline, which is by default
    that of the parameter of the same name.
    """

    def make() -> dict[str, Callable[..., Any]]:
        dates = feel_bindings(calendar, now)
        named: Callable[..., Any] = lambda name: parameter(str(name))  # noqa: E731
        shared: Callable[..., Any] = named if deadline is None else lambda name: deadline(str(name))
        return {
            **dates,
            "now": dates["adesso"],
            "today": dates["oggi"],
            "parametro": named,
            "scadenza": shared,
        }

    return _LazyBindings(make)


class _LazyBindings(Mapping[str, Callable[..., Any]]):
    """Function bindings that are made on first use, because most steps call no function."""

    def __init__(self, make: Callable[[], dict[str, Callable[..., Any]]]) -> None:
        self._make = make

    @cached_property
    def _functions(self) -> dict[str, Callable[..., Any]]:
        return self._make()

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, name: str) -> Callable[..., Any]:
        return self._functions[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._functions)

    def __len__(self) -> int:
        return len(self._functions)


def compile_feel(text: str, names: Collection[str] | None = None) -> Expression:
    """The compiled expression of a text; a leading ``=`` is ignored. Raises FeelError when it is not FEEL."""
    return compile_expression(text.strip().removeprefix("="), functions=FUNCTIONS, names=names)


def evaluate_feel(text: str, variables: Mapping[str, Any], bindings: FunctionBindings) -> Any:
    """The value of a text; numbers are Decimal. Raises ExecutionFailed, with the text in its sentence."""
    try:
        return compile_feel(text).evaluate(variables, bindings=bindings)
    except FeelError as problem:
        raise ExecutionFailed(
            "FEEL_EVALUATION_FAILED", expression=text.strip()[:200], problem=problem.located_message
        ) from problem


def check_feel(text: str) -> Message | None:
    """What is wrong with a text that should be FEEL, with its position and, where it is known, the FEEL to write.

    None when it can be compiled, calls only functions that exist, and is not meant as Python or JUEL.
    """
    bare = text.strip().removeprefix("=").strip()
    try:
        expression = compile_feel(juel_to_feel(bare) if is_juel(bare) else bare)
    except FeelError as problem:
        if contains_juel(bare) and not is_juel(bare):
            return _template_problem(bare) or problem.located_message
        return _with_suggestion(problem.located_message, bare)
    unknown = expression.unknown_call_error()
    if unknown is not None:
        return _with_suggestion(unknown.located_message, bare)
    if is_python(bare, expression.names):
        return _with_suggestion(message("FEEL_ALWAYS_NULL", expression=bare[:120]), bare)
    return None


def _template_problem(text: str) -> Message | None:
    """What is wrong with a text with embedded JUEL expressions."""
    try:
        juel_to_feel(text)
    except FeelError as problem:
        return problem.located_message
    return None


def _with_suggestion(problem: Message, text: str) -> Message:
    """The problem with the FEEL to write for a text meant as Python; the problem alone when that is unknown."""
    feel = suggest_feel(text)
    if feel is None or feel == text:
        return problem
    try:
        if compile_feel(feel).unknown_calls:
            return problem
    except FeelError:
        return problem
    return message("FEEL_WITH_SUGGESTION", problem=problem, feel=feel)
