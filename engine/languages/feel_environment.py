"""The expression language as this engine offers it: FEEL, the calendar's functions and the parameters of a process."""

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
    FunctionRegistry,
    compile_expression,
    feel_equivalent,
    from_camunda,
    has_camunda,
    is_camunda,
    looks_python,
)
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
"""Every function that diagrams, tables and forms may call."""

Bindings = Mapping[str, Callable[..., Any]]


def bindings_at(
    now: datetime,
    calendar: WorkingCalendar | Callable[[], WorkingCalendar],
    parameter: Callable[[str], Any],
    deadline: Callable[[str], Any] | None = None,
) -> Bindings:
    """What the registered functions do at an aware moment, on a calendar, with parameters looked up by name.

    `deadline` gives what a shared deadline is worth; without it, what the parameter of that name is.

    FEEL's own `now` and `today` tell the same time as `adesso` and `oggi`: the engine's clock.
    """

    def made() -> dict[str, Callable[..., Any]]:
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

    return _Bindings(made)


class _Bindings(Mapping[str, Callable[..., Any]]):
    """Functions that are made when the first of them is called: most steps call none."""

    def __init__(self, made: Callable[[], dict[str, Callable[..., Any]]]) -> None:
        self._make = made

    @cached_property
    def _made(self) -> dict[str, Callable[..., Any]]:
        return self._make()

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, name: str) -> Callable[..., Any]:
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


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


def check_feel(text: str) -> str | None:
    """What is wrong with a text that should be FEEL, with its place and, where it is known, what to write instead.

    None when it can be read, calls only functions that there are, and is not Python or Camunda 7 in disguise.
    """
    bare = text.strip().removeprefix("=").strip()
    try:
        expression = compiled(from_camunda(bare) if is_camunda(bare) else bare)
    except FeelError as problem:
        if has_camunda(bare) and not is_camunda(bare):
            return _refusal_of_gaps(bare) or str(problem)
        return f"{problem}{_instead(bare)}"
    unknown = expression.unknown_call()
    if unknown is not None:
        return f"{unknown}{_instead(bare)}"
    if looks_python(bare, expression.names):
        return f"«{bare:.120}» in FEEL vale sempre null{_instead(bare)}"
    return None


def _refusal_of_gaps(text: str) -> str | None:
    try:
        from_camunda(text)
    except FeelError as problem:
        return str(problem)
    return None


def _instead(text: str) -> str:
    """The FEEL of a Python-looking text, as the end of a sentence; nothing when it is not known."""
    feel = feel_equivalent(text)
    if feel is None or feel == text:
        return ""
    try:
        return "" if compiled(feel).unknown_calls else f". In FEEL si scrive: {feel}"
    except FeelError:
        return ""
