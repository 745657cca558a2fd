"""The cells of one column of a decision table, tested together.

Cells written alike are tested once, cells whose rules are all out already are not tested at all, and cells that
are just texts are found by looking the value up. Sets of rules are the bits of a number: rule 1 is bit 0.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from engine.languages.feel.compile_tests import constant_texts
from engine.languages.feel.compiler import EVALUATION, Closure, Compiler, Env, Scope, Variables
from engine.languages.feel.errors import FeelError, FeelSyntaxError
from engine.languages.feel.expression import explained, misnamed
from engine.languages.feel.function_registry import FunctionRegistry
from engine.languages.feel.functions import BUILTINS
from engine.languages.feel.limits import Evaluation
from engine.languages.feel.parser import parse_tests
from engine.languages.feel.syntax import UnaryTests
from engine.languages.feel.token_stream import KnownNames, known_names
from engine.languages.feel.types import Types


class TestColumn:
    """Cells over one input, with the rules each stands for."""

    __slots__ = ("_blank", "_by_text", "_cells", "_plain", "names", "unknown_call", "unknown_calls")
    __test__ = False  # not a case for pytest, in spite of its name

    def __init__(
        self,
        cells: Sequence[tuple[str, int]],
        *,
        functions: FunctionRegistry = BUILTINS,
        names: Collection[str] = (),
        types: Types | None = None,
    ) -> None:
        """cells: each text with the bits of its rules. Raises FeelSyntaxError, its `text` the cell's."""
        declared = frozenset(names)
        known = known_names(declared, functions.known)
        self._by_text: dict[str, int] = {}
        self._plain = 0
        self._cells: list[tuple[Closure, int, str]] = []
        self.unknown_call: FeelSyntaxError | None = None
        """The error of the first cell that calls a function nobody registered; None when there is none."""
        compiler = Compiler("", functions, declared, types if types is not None else {})
        scope = Scope({"?": compiler.new_register()})
        for text, rules in cells:
            compiler.text = text
            try:
                self._add(parse_tests(text, KnownNames(parent=known)), rules, compiler, scope)
            except (FeelError, RecursionError) as error:
                raise explained(error, text) from None
            self.unknown_call = self.unknown_call or misnamed(text, compiler.unknown_calls, functions)
        self.unknown_calls = frozenset(compiler.unknown_calls)
        self.names = frozenset(compiler.free)
        """Variables the cells read, beside the value under test."""
        self._blank: Env = [None] * (compiler.registers - EVALUATION - 2)

    def _add(self, tests: UnaryTests, rules: int, compiler: Compiler, scope: Scope) -> None:
        texts = constant_texts(tests.tests)
        if texts and not tests.negated:
            self._plain |= rules
            for value in texts:
                self._by_text[value] = self._by_text.get(value, 0) | rules
        else:
            self._cells.append((compiler.compile(tests, scope), rules, compiler.text))

    def passing(self, value: Any, variables: Variables, evaluation: Evaluation, alive: int) -> int:
        """The rules of `alive` whose cell accepts `value` (a FEEL value)."""
        if self._plain:
            alive &= ~(self._plain & ~(self._by_text.get(value, 0) if type(value) is str else 0))
        if not self._cells:
            return alive
        env: Env = [variables, evaluation, value, *self._blank]
        text = ""
        try:
            for test, rules, text in self._cells:  # noqa: B007  `text` tells which cell failed
                if rules & alive and test(env) is not True:
                    alive &= ~rules
        except (FeelError, RecursionError) as error:
            raise explained(error, text) from error.__cause__
        return alive
