"""An expression ready to run: read once, kept, evaluated as often as needed with the caller's own data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from engine.languages.feel import (  # noqa: F401  (they declare rules)
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
from engine.languages.feel.function_registry import FunctionRegistry
from engine.languages.feel.functions import BUILTINS
from engine.languages.feel.limits import DEFAULT_LIMITS, Evaluation, Limits
from engine.languages.feel.parser import parse_expression, parse_tests
from engine.languages.feel.token_stream import KnownNames, known_names
from engine.languages.feel.types import Types

Bindings = Mapping[str, Callable[..., Any]]
CACHED = 8192


class Expression:
    """A compiled expression or cell; safe to share between threads."""

    __slots__ = ("_blank", "_functions", "_is_test", "_run", "names", "text", "unknown_calls")

    def __init__(self, text: str, run: Closure, compiler: Compiler, *, is_test: bool) -> None:
        self.text = text
        self.names = frozenset(compiler.free)
        """Variables the expression reads."""
        self.unknown_calls = frozenset(compiler.unknown_calls)
        """Names it calls that are neither registered functions nor declared: most often a slip of the pen."""
        self._functions = compiler.functions
        self._run = run
        self._blank: Env = [None] * (compiler.registers - EVALUATION - 1)
        self._is_test = is_test

    def evaluate(
        self,
        variables: Mapping[str, Any],
        *,
        bindings: Bindings | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Any:
        """The value for these variables, as Python data (numbers are Decimal; missing variables are null).

        `bindings` gives implementations, by name, to registered functions for this evaluation only. Raises
        FeelEvaluationError when one of them fails and FeelLimitExceeded past `limits`; what FEEL itself
        cannot compute is None.
        """
        evaluation = Evaluation(bindings, limits)
        try:
            value = self.run(variables, evaluation)
            if type(value) is bool or type(value) is str or value is None:
                return value
            return guarded(lambda: from_feel(value, evaluation), self.text)
        finally:
            evaluation.settle()

    def run(self, variables: Variables, evaluation: Evaluation) -> Any:
        """The FEEL value, on an account shared with other expressions (for decisions)."""
        try:
            return self._run([variables, evaluation, *self._blank])
        except (FeelError, RecursionError) as error:
            raise explained(error, self.text) from error.__cause__

    def evaluate_test(
        self,
        value: Any,
        variables: Mapping[str, Any],
        bindings: Bindings | None = None,
        *,
        limits: Limits = DEFAULT_LIMITS,
    ) -> bool | None:
        """Whether `value` passes these unary tests; None when it cannot be said. Errors as `evaluate`."""
        evaluation = Evaluation(bindings, limits)
        try:
            return self.run_test(convert(value, evaluation), variables, evaluation)
        finally:
            evaluation.settle()

    def run_test(self, value: Any, variables: Variables, evaluation: Evaluation) -> bool | None:
        """As `evaluate_test`, for a FEEL value and on a shared account."""
        env: Env = [variables, evaluation, *self._blank]
        env[FIRST_REGISTER] = value
        try:
            outcome = self._run(env)
        except (FeelError, RecursionError) as error:
            raise explained(error, self.text) from error.__cause__
        return outcome if type(outcome) is bool else None

    def unknown_call(self) -> FeelSyntaxError | None:
        """The error of the first of `unknown_calls`, with its place and the name it is like; None without any."""
        return misnamed(self.text, self.unknown_calls, self._functions)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


def misnamed(text: str, names: Collection[str], functions: FunctionRegistry) -> FeelSyntaxError | None:
    """The error of calling a function that is not there, the first in the text; None without names."""
    if not names:
        return None
    name = min(names, key=text.find)
    close = get_close_matches(name, [function.name for function in functions], n=1)
    sentence = f"La funzione «{name}» non esiste" + (f": forse «{close[0]}»?" if close else "")
    return FeelSyntaxError(sentence, text=text, offset=max(0, text.find(name)))


def guarded(work: Callable[[], Any], text: str) -> Any:
    """`work()` with its failures told as errors of the expression `text`."""
    try:
        return work()
    except (FeelError, RecursionError) as error:
        raise explained(error, text) from error.__cause__


def explained(error: FeelError | RecursionError, text: str) -> FeelError:
    """The error with its place; running out of Python's stack is a limit like the others."""
    if isinstance(error, RecursionError):
        return FeelLimitExceeded("Valori o chiamate troppo annidati", text=text)
    return error.placed(text, 0)


def compile_expression(
    text: str,
    *,
    functions: FunctionRegistry = BUILTINS,
    names: Collection[str] | None = None,
    types: Types | None = None,
) -> Expression:
    """Reads an expression; kept in a cache, so the same text is read once.

    names: variables known to exist; only those of several words need to be told. types: named types for
    `instance of` (an object with identity: the cache keeps it). Raises FeelSyntaxError with line and column.
    """
    return _compiled(text, functions, _frozen(names), _Types(types), False)


def compile_unary_tests(
    text: str,
    *,
    functions: FunctionRegistry = BUILTINS,
    names: Collection[str] | None = None,
    types: Types | None = None,
) -> Expression:
    """Reads the unary tests of a cell, such as `[18..39]`, `"a","b"`, `not(null)`, `? > 5`, `-`."""
    return _compiled(text, functions, _frozen(names), _Types(types), True)


def _frozen(names: Collection[str] | None) -> frozenset[str]:
    return names if isinstance(names, frozenset) else frozenset(names or ())


class _Types:
    """A mapping of types as part of a cache key, by identity."""

    __slots__ = ("types",)

    def __init__(self, types: Types | None) -> None:
        self.types: Types = types if types is not None else _NO_TYPES

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Types) and other.types is self.types

    def __hash__(self) -> int:
        return id(self.types)


_NO_TYPES: Types = {}


@lru_cache(maxsize=CACHED)
def _compiled(
    text: str, functions: FunctionRegistry, names: frozenset[str], types: _Types, is_test: bool
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
        raise explained(error, text) from None
    return Expression(text, run, compiler, is_test=is_test)
