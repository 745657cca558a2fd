"""Compiled expressions: compiled once, cached, evaluated as often as needed with the caller's variables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from engine.languages.feel import (  # noqa: F401  (imported because they register the compilers of the nodes)
    compile_calls,
    compile_loops,
    compile_operators,
    compile_tests,
    compile_values,
)
from engine.languages.feel.compiler import (
    EVALUATION,
    FIRST_REGISTER,
    Closure,
    Compiler,
    Env,
    Scope,
    Variables,
    convert,
)
from engine.languages.feel.conversion import from_feel
from engine.languages.feel.errors import FeelError, FeelLimitExceeded, FeelSyntaxError
from engine.languages.feel.function_registry import FunctionBindings, FunctionRegistry
from engine.languages.feel.functions import BUILTINS
from engine.languages.feel.limits import DEFAULT_LIMITS, Evaluation, EvaluationLimits
from engine.languages.feel.parser import parse_expression, parse_tests
from engine.languages.feel.token_stream import KnownNames, known_names
from engine.languages.feel.types import NamedTypes

CACHE_SIZE = 8192


class Expression:
    """A compiled expression or the compiled unary tests of a cell; safe to share between threads."""

    __slots__ = ("_blank", "_functions", "_is_test", "_run", "names", "text", "unknown_calls")

    def __init__(self, text: str, run: Closure, compiler: Compiler, *, is_test: bool) -> None:
        self.text = text
        self.names = frozenset(compiler.free)
        """Variables the expression reads."""
        self.unknown_calls = frozenset(compiler.unknown_calls)
        """Names it calls that are neither registered functions nor declared names: most often typing errors."""
        self._functions = compiler.functions
        self._run = run
        self._blank: Env = [None] * (compiler.registers - EVALUATION - 1)
        self._is_test = is_test

    def evaluate(
        self,
        variables: Mapping[str, Any],
        *,
        bindings: FunctionBindings | None = None,
        limits: EvaluationLimits = DEFAULT_LIMITS,
    ) -> Any:
        """The value for these variables, as Python data (numbers are Decimal; missing variables are null).

        `bindings` gives implementations, by name, to registered functions for this evaluation only. What FEEL
        itself cannot compute is None. Raises FeelEvaluationError when a bound function fails and
        FeelLimitExceeded beyond `limits`.
        """
        evaluation = Evaluation(bindings, limits)
        try:
            value = self.run(variables, evaluation)
            if type(value) is bool or type(value) is str or value is None:
                return value
            return locate_errors(lambda: from_feel(value, evaluation), self.text)
        finally:
            evaluation.charge_parent()

    def run(self, variables: Variables, evaluation: Evaluation) -> Any:
        """The FEEL value, inside an evaluation that other expressions share (for decisions)."""
        try:
            return self._run([variables, evaluation, *self._blank])
        except (FeelError, RecursionError) as error:
            raise located(error, self.text) from error.__cause__

    def evaluate_test(
        self,
        value: Any,
        variables: Mapping[str, Any],
        bindings: FunctionBindings | None = None,
        *,
        limits: EvaluationLimits = DEFAULT_LIMITS,
    ) -> bool | None:
        """Whether `value` passes these unary tests; None when that is unknown. Raises as `evaluate` does."""
        evaluation = Evaluation(bindings, limits)
        try:
            return self.run_test(convert(value, evaluation), variables, evaluation)
        finally:
            evaluation.charge_parent()

    def run_test(self, value: Any, variables: Variables, evaluation: Evaluation) -> bool | None:
        """As `evaluate_test`, for a FEEL value and inside an evaluation that other expressions share."""
        env: Env = [variables, evaluation, *self._blank]
        env[FIRST_REGISTER] = value
        try:
            outcome = self._run(env)
        except (FeelError, RecursionError) as error:
            raise located(error, self.text) from error.__cause__
        return outcome if type(outcome) is bool else None

    def unknown_call_error(self) -> FeelSyntaxError | None:
        """The error about the first of `unknown_calls`, with a similar name if there is one; None without any."""
        return unknown_function_error(self.text, self.unknown_calls, self._functions)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


def unknown_function_error(
    text: str, names: Collection[str], functions: FunctionRegistry
) -> FeelSyntaxError | None:
    """The error about the first of these functions in the text, which do not exist; None without names."""
    if not names:
        return None
    name = min(names, key=text.find)
    close = get_close_matches(name, [function.name for function in functions], n=1)
    offset = max(0, text.find(name))
    if close:
        return FeelSyntaxError(
            "FEEL_MISSPELT_FUNCTION", name=name, similar=close[0], text=text, offset=offset
        )
    return FeelSyntaxError("FEEL_UNKNOWN_FUNCTION", name=name, text=text, offset=offset)


def locate_errors(work: Callable[[], Any], text: str) -> Any:
    """The result of `work()`; its errors are located in the expression `text`."""
    try:
        return work()
    except (FeelError, RecursionError) as error:
        raise located(error, text) from error.__cause__


def located(error: FeelError | RecursionError, text: str) -> FeelError:
    """The error with a location; RecursionError becomes FeelLimitExceeded."""
    if isinstance(error, RecursionError):
        return FeelLimitExceeded("FEEL_RECURSION_TOO_DEEP", text=text)
    return error.with_location(text, 0)


def compile_expression(
    text: str,
    *,
    functions: FunctionRegistry = BUILTINS,
    names: Collection[str] | None = None,
    types: NamedTypes | None = None,
) -> Expression:
    """Compiles an expression. Results are cached, so the same text is compiled once.

    names: declared variables; only names of several words have to be declared. types: named types for
    `instance of` (the cache compares this mapping by identity). Raises FeelSyntaxError with line and column.
    """
    return _compiled(text, functions, _frozen(names), _TypesKey(types), False)


def compile_unary_tests(
    text: str,
    *,
    functions: FunctionRegistry = BUILTINS,
    names: Collection[str] | None = None,
    types: NamedTypes | None = None,
) -> Expression:
    """Compiles the unary tests of a cell, such as `[18..39]`, `"a","b"`, `not(null)`, `? > 5`, `-`."""
    return _compiled(text, functions, _frozen(names), _TypesKey(types), True)


def _frozen(names: Collection[str] | None) -> frozenset[str]:
    return names if isinstance(names, frozenset) else frozenset(names or ())


class _TypesKey:
    """A mapping of types as part of a cache key, compared by identity."""

    __slots__ = ("types",)

    def __init__(self, types: NamedTypes | None) -> None:
        self.types: NamedTypes = types if types is not None else _NO_TYPES

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _TypesKey) and other.types is self.types

    def __hash__(self) -> int:
        return id(self.types)


_NO_TYPES: NamedTypes = {}


@lru_cache(maxsize=CACHE_SIZE)
def _compiled(
    text: str, functions: FunctionRegistry, names: frozenset[str], types: _TypesKey, is_test: bool
) -> Expression:
    known = KnownNames(parent=known_names(names, functions.known))
    compiler = Compiler(text, functions, names, types.types)
    try:
        if is_test:
            scope = Scope({"?": compiler.new_register()})
            run = compiler.compile(parse_tests(text, known), scope)
        else:
            run = compiler.compile(parse_expression(text, known), Scope())
    except (FeelError, RecursionError) as error:
        raise located(error, text) from None
    return Expression(text, run, compiler, is_test=is_test)
