"""Compiles unary tests: the cells of decision tables and the tests after `in`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.languages.feel.comparison import equal, less, less_or_equal, negate, satisfies, within
from engine.languages.feel.compile_operators import compare_with
from engine.languages.feel.compile_values import make_range
from engine.languages.feel.compiler import Closure, Compiler, Env, Scope, compiles
from engine.languages.feel.syntax import Literal, Membership, Node, OperatorTest, RangeLiteral, UnaryTests
from engine.languages.feel.values import Range, whole_if_exact

Test = Callable[[Env], bool | None]


@compiles(Membership)
def compile_membership(compiler: Compiler, node: Membership, scope: Scope) -> Closure:
    """value in (test, …)"""
    value = compiler.compile(node.value, scope)
    texts = constant_texts(node.tests)
    if texts is not None and len(node.tests) > 1:

        def among(env: Env) -> bool | None:
            found = value(env)
            if type(found) is str:
                return found in texts
            return False if found is None else None

        return among
    register = compiler.new_register()
    test = any_of([compile_test(compiler, one, scope, register) for one in node.tests])

    def member(env: Env) -> bool | None:
        env[register] = value(env)
        return test(env)

    return member


def constant_texts(tests: tuple[Node, ...]) -> frozenset[str] | None:
    """The texts, when all the tests are literal texts; else None."""
    if all(isinstance(test, Literal) and type(test.value) is str for test in tests):
        return frozenset(test.value for test in tests if isinstance(test, Literal))
    return None


@compiles(UnaryTests)
def compile_unary_tests(compiler: Compiler, node: UnaryTests, scope: Scope) -> Closure:
    """A whole cell; the tested value is in the register of `?`."""
    register = scope.names["?"]
    if not node.tests:
        return lambda env: True
    texts = constant_texts(node.tests)
    if texts is not None:
        return _among_texts(register, texts, node.negated)
    test = any_of([compile_test(compiler, one, scope, register) for one in node.tests])
    return (lambda env: negate(test(env))) if node.negated else test


def _among_texts(register: int, texts: frozenset[str], negated: bool) -> Test:
    def among(env: Env) -> bool | None:
        found = env[register]
        if type(found) is str:
            return (found in texts) is not negated
        return negated if found is None else None

    return among


def any_of(tests: list[Test]) -> Test:
    """True when a test passes; null when none passes and one is null."""
    if len(tests) == 1:
        return tests[0]

    def outcome(env: Env) -> bool | None:
        answer: bool | None = False
        for test in tests:
            passed = test(env)
            if passed is True:
                return True
            if passed is None:
                answer = None
        return answer

    return outcome


def compile_test(compiler: Compiler, node: Node, scope: Scope, register: int) -> Test:
    """One test of the value in `register`."""

    def tested(env: Env) -> Any:
        return env[register]

    compiler.nodes += 1
    if isinstance(node, OperatorTest):
        return _operator_test(compiler, node, scope, tested)
    if isinstance(node, RangeLiteral):
        return _range_test(compiler, node, scope, tested)
    if isinstance(node, Literal) and type(node.value) is not str:
        return compare_with(tested, "=", node.value)
    before = register in compiler.read_registers
    compiler.read_registers.discard(register)
    closure = compiler.compile(node, Scope({"?": register}, scope))
    reads_value = register in compiler.read_registers
    if before:
        compiler.read_registers.add(register)
    if reads_value:
        return _condition_test(closure, tested)
    return _value_test(closure, tested)


def _value_test(closure: Closure, tested: Closure) -> Test:
    """A test without `?`: a value to equal, or a list or range to lie in.

    A condition on other values is the result itself when the tested value is not a boolean.
    """

    def test(env: Env) -> bool | None:
        answer, value = closure(env), tested(env)
        if type(answer) is bool and type(value) is not bool:
            return answer
        return satisfies(value, answer, env[1])

    return test


def _condition_test(closure: Closure, tested: Closure) -> Test:
    """A test with `?`: its result, when that is true, false or null; else a value to equal, as in `_value_test`."""

    def test(env: Env) -> bool | None:
        answer = closure(env)
        if type(answer) is bool or answer is None:
            return answer
        return satisfies(tested(env), answer, env[1])

    return test


def _operator_test(compiler: Compiler, node: OperatorTest, scope: Scope, tested: Closure) -> Test:
    if isinstance(node.operand, Literal):
        return compare_with(tested, node.operator, node.operand.value)
    operand = compiler.compile(node.operand, scope)
    match node.operator:
        case "=":
            return lambda env: equal(tested(env), operand(env), env[1])
        case "!=":
            return lambda env: negate(equal(tested(env), operand(env), env[1]))
        case "<":
            return lambda env: less(tested(env), operand(env))
        case "<=":
            return lambda env: less_or_equal(tested(env), operand(env))
        case ">":
            return lambda env: less(operand(env), tested(env))
    return lambda env: less_or_equal(operand(env), tested(env))


def _range_test(compiler: Compiler, node: RangeLiteral, scope: Scope, tested: Closure) -> Test:
    low, high = compiler.compile(node.low, scope), compiler.compile(node.high, scope)
    if isinstance(node.low, Literal) and isinstance(node.high, Literal):
        fixed = make_range(node.low.value, node.high.value, node.low_included, node.high_included)
        if fixed is not None and type(fixed.low) is Decimal and type(fixed.high) is Decimal:
            return _number_range_test(fixed, tested)
        return lambda env: satisfies(tested(env), fixed, env[1])

    def test(env: Env) -> bool | None:
        ends = make_range(low(env), high(env), node.low_included, node.high_included)
        value = tested(env)
        return (
            satisfies(value, ends, env[1])
            if ends is None or type(value) is type(ends)
            else within(value, ends)
        )

    return test


def _number_range_test(ends: Range, tested: Closure) -> Test:
    """A range of written-out numbers, the commonest cell of all."""
    low, high = whole_if_exact(ends.low), whole_if_exact(ends.high)
    low_included, high_included = ends.low_included, ends.high_included
    both = low_included and high_included

    def test(env: Env) -> bool | None:
        value = tested(env)
        kind = type(value)
        if kind is int or kind is Decimal:
            found: bool = low <= value <= high
            if both or not found:
                return found
            return (low_included or value != low) and (high_included or value != high)
        return satisfies(value, ends, env[1])

    return test
