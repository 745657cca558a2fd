"""The cells (input entries) of one column of a decision table, tested together.

Equal cells are tested once, cells whose rules are already excluded are not tested, and cells that are literal texts
are found by the value. A set of rules is the bits of a number: rule 1 is bit 0.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from engine.languages.feel.compile_tests import constant_texts
from engine.languages.feel.compiler import EVALUATION, Closure, Compiler, Env, Scope, Variables
from engine.languages.feel.errors import FeelError, FeelSyntaxError
from engine.languages.feel.expression import located, unknown_function_error
from engine.languages.feel.function_registry import FunctionRegistry
from engine.languages.feel.functions import BUILTINS
from engine.languages.feel.limits import Evaluation
from engine.languages.feel.parser import parse_tests
from engine.languages.feel.syntax import UnaryTests
from engine.languages.feel.token_stream import KnownNames, known_names
from engine.languages.feel.types import NamedTypes


class UnaryTestColumn:
    """The distinct cells of one column, with the rules that use each."""

    __slots__ = (
        "_blank",
        "_cells",
        "_literal_rules",
        "_rules_by_literal",
        "names",
        "unknown_call_error",
        "unknown_calls",
    )

    def __init__(
        self,
        cells: Sequence[tuple[str, int]],
        *,
        functions: FunctionRegistry = BUILTINS,
        names: Collection[str] = (),
        types: NamedTypes | None = None,
    ) -> None:
        """cells: each text with the bits of its rules. Raises FeelSyntaxError, whose `text` is that of the cell."""
        declared = frozenset(names)
        known = known_names(declared, functions.known)
        self._rules_by_literal: dict[str, int] = {}
        self._literal_rules = 0
        self._cells: list[tuple[Closure, int, str]] = []
        self.unknown_call_error: FeelSyntaxError | None = None
        """The error about the first cell that calls an unregistered function; None when there is none."""
        compiler = Compiler("", functions, declared, types if types is not None else {})
        scope = Scope({"?": compiler.new_register()})
        for text, rules in cells:
            compiler.text = text
            try:
                self._add(parse_tests(text, KnownNames(parent=known)), rules, compiler, scope)
            except (FeelError, RecursionError) as error:
                raise located(error, text) from None
            self.unknown_call_error = self.unknown_call_error or unknown_function_error(
                text, compiler.unknown_calls, functions
            )
        self.unknown_calls = frozenset(compiler.unknown_calls)
        self.names = frozenset(compiler.free)
        """Variables that the cells read, besides the tested value."""
        self._blank: Env = [None] * (compiler.registers - EVALUATION - 2)

    def _add(self, tests: UnaryTests, rules: int, compiler: Compiler, scope: Scope) -> None:
        texts = constant_texts(tests.tests)
        if texts and not tests.negated:
            self._literal_rules |= rules
            for value in texts:
                self._rules_by_literal[value] = self._rules_by_literal.get(value, 0) | rules
        else:
            self._cells.append((compiler.compile(tests, scope), rules, compiler.text))

    def accepting_rules(
        self, value: Any, variables: Variables, evaluation: Evaluation, candidates: int
    ) -> int:
        """The rules among `candidates` whose cell accepts `value` (a FEEL value)."""
        if self._literal_rules:
            candidates &= ~(
                self._literal_rules & ~(self._rules_by_literal.get(value, 0) if type(value) is str else 0)
            )
        if not self._cells:
            return candidates
        env: Env = [variables, evaluation, value, *self._blank]
        text = ""
        try:
            for test, rules, text in self._cells:  # noqa: B007  used by the except clause
                if rules & candidates and test(env) is not True:
                    candidates &= ~rules
        except (FeelError, RecursionError) as error:
            raise located(error, text) from error.__cause__
        return candidates
