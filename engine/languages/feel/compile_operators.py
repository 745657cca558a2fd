"""Compiles arithmetic, comparisons and logic, with faster code for the most common conditions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.languages.feel import arithmetic
from engine.languages.feel.comparison import equal, greater, greater_or_equal, less, less_or_equal, negate
from engine.languages.feel.compiler import Closure, Compiler, Env, Scope, compiles
from engine.languages.feel.syntax import Arithmetic, Between, Comparison, Literal, Logic, Negation
from engine.languages.feel.values import whole_if_exact

OPERATIONS: dict[str, Callable[..., Any]] = {
    "+": arithmetic.add,
    "-": arithmetic.subtract,
    "*": arithmetic.multiply,
    "/": arithmetic.divide,
    "**": arithmetic.power,
}
ORDERINGS: dict[str, Callable[[Any, Any], bool | None]] = {
    "<": less,
    "<=": less_or_equal,
    ">": greater,
    ">=": greater_or_equal,
}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}


@compiles(Arithmetic)
def compile_arithmetic(compiler: Compiler, node: Arithmetic, scope: Scope) -> Closure:
    """left + right and the other operations; a result out of range is null."""
    operation = OPERATIONS[node.operator]
    left, right = compiler.compile(node.left, scope), compiler.compile(node.right, scope)
    failures = arithmetic.FAILURES

    def compute(env: Env) -> Any:
        one, other = left(env), right(env)
        try:
            return operation(one, other, env[1])
        except failures:
            return None

    return compute


@compiles(Negation)
def compile_negation(compiler: Compiler, node: Negation, scope: Scope) -> Closure:
    """-operand"""
    if isinstance(node.operand, Literal):
        value = arithmetic.negative(node.operand.value)
        return lambda env: value
    operand, negative, failures = (
        compiler.compile(node.operand, scope),
        arithmetic.negative,
        arithmetic.FAILURES,
    )

    def compute(env: Env) -> Any:
        value = operand(env)
        try:
            return negative(value)
        except failures:
            return None

    return compute


@compiles(Logic)
def compile_logic(compiler: Compiler, node: Logic, scope: Scope) -> Closure:
    """Three-valued and, or. An operand that is not a boolean counts as null."""
    left, right = compiler.compile(node.left, scope), compiler.compile(node.right, scope)
    deciding = node.operator == "or"

    def conjunction(env: Env) -> bool | None:
        one = left(env)
        if one is False:
            return False
        other = right(env)
        if other is False:
            return False
        return True if one is True and other is True else None

    def disjunction(env: Env) -> bool | None:
        one = left(env)
        if one is True:
            return True
        other = right(env)
        if other is True:
            return True
        return False if one is False and other is False else None

    return disjunction if deciding else conjunction


@compiles(Comparison)
def compile_comparison(compiler: Compiler, node: Comparison, scope: Scope) -> Closure:
    """left = right and the other comparisons."""
    if isinstance(node.right, Literal):
        return compare_with(compiler.compile(node.left, scope), node.operator, node.right.value)
    if isinstance(node.left, Literal):
        return compare_with(compiler.compile(node.right, scope), MIRRORED[node.operator], node.left.value)
    left, right = compiler.compile(node.left, scope), compiler.compile(node.right, scope)
    if node.operator == "=":
        return lambda env: equal(left(env), right(env), env[1])
    if node.operator == "!=":
        return lambda env: negate(equal(left(env), right(env), env[1]))
    ordering = ORDERINGS[node.operator]
    return lambda env: ordering(left(env), right(env))


def compare_with(value: Closure, operator: str, constant: Any) -> Closure:
    """A comparison with a constant."""
    if operator in ("=", "!="):
        return _equal_to(value, constant, operator == "=")
    if type(constant) is Decimal:
        return _compare_with_number(value, operator, constant)
    ordering = ORDERINGS[operator]
    return lambda env: ordering(value(env), constant)


def _equal_to(value: Closure, constant: Any, positive: bool) -> Closure:
    kind = type(constant)
    if kind is str or kind is bool:
        negative = not positive

        def same(env: Env) -> bool | None:
            found = value(env)
            if type(found) is kind:
                return positive if found == constant else negative
            return negative if found is None else None

        return same
    if constant is None:
        return (lambda env: value(env) is None) if positive else (lambda env: value(env) is not None)
    if positive:
        return lambda env: equal(value(env), constant, env[1])
    return lambda env: negate(equal(value(env), constant, env[1]))


def _compare_with_number(value: Closure, operator: str, constant: Decimal) -> Closure:
    """A comparison with a constant number; an int is compared as an int, which is faster."""
    whole = whole_if_exact(constant)
    match operator:
        case "<":

            def compare(env: Env) -> bool | None:
                found = value(env)
                kind = type(found)
                return found < whole if kind is int else found < constant if kind is Decimal else None
        case "<=":

            def compare(env: Env) -> bool | None:
                found = value(env)
                kind = type(found)
                return found <= whole if kind is int else found <= constant if kind is Decimal else None
        case ">":

            def compare(env: Env) -> bool | None:
                found = value(env)
                kind = type(found)
                return found > whole if kind is int else found > constant if kind is Decimal else None
        case _:

            def compare(env: Env) -> bool | None:
                found = value(env)
                kind = type(found)
                return found >= whole if kind is int else found >= constant if kind is Decimal else None

    return compare


@compiles(Between)
def compile_between(compiler: Compiler, node: Between, scope: Scope) -> Closure:
    """value between low and high, both included."""
    value = compiler.compile(node.value, scope)
    low, high = compiler.compile(node.low, scope), compiler.compile(node.high, scope)

    def compare(env: Env) -> bool | None:
        found = value(env)
        above, below = less_or_equal(low(env), found), less_or_equal(found, high(env))
        if above is False or below is False:
            return False
        return None if above is None or below is None else True

    return compare
