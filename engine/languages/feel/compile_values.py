"""Compiles literals, paths, lists, contexts, ranges, conditions and `instance of`."""

from __future__ import annotations

from typing import Any

from engine.languages.feel.comparison import less_or_equal
from engine.languages.feel.compiler import Closure, Compiler, Env, Scope, compile_raw, compiles, convert
from engine.languages.feel.conversion import NATIVE_TYPES
from engine.languages.feel.properties import property_of
from engine.languages.feel.syntax import (
    Conditional,
    ContextLiteral,
    FunctionLiteral,
    InstanceOf,
    ListLiteral,
    Literal,
    OperatorTest,
    Path,
    RangeLiteral,
)
from engine.languages.feel.types import conforms
from engine.languages.feel.values import FunctionValue, Range


@compiles(Literal)
def compile_literal(compiler: Compiler, node: Literal, scope: Scope) -> Closure:
    """A constant."""
    value = node.value
    return lambda env: value


@compiles(Path)
def compile_path(compiler: Compiler, node: Path, scope: Scope) -> Closure:
    """base.name"""
    base, raw = compile_raw(compiler, node.base, scope)
    name = node.name
    if not raw:
        return lambda env: property_of(base(env), name, env[1])

    def path(env: Env) -> Any:
        value = base(env)
        if type(value) is dict:
            found = value.get(name)
            return found if type(found) in NATIVE_TYPES else convert(found, env[1])
        return property_of(convert(value, env[1]), name, env[1])

    return path


@compiles(ListLiteral)
def compile_list(compiler: Compiler, node: ListLiteral, scope: Scope) -> Closure:
    """[a, b]"""
    items = [compiler.compile(item, scope) for item in node.items]

    def make(env: Env) -> list[Any]:
        env[1].spend(len(items))
        return [item(env) for item in items]

    return make


@compiles(ContextLiteral)
def compile_context(compiler: Compiler, node: ContextLiteral, scope: Scope) -> Closure:
    """{a: 1, b: a + 1}: each entry sees those before it, and a function sees itself."""
    inner = Scope(parent=scope)
    entries: list[tuple[str, Closure, int]] = []
    for key, value in node.entries:
        closure = compiler.compile(value, _with_self(compiler, inner, key, value))
        register = inner.names.get(key)
        if register is None:
            register = inner.names[key] = compiler.new_register()
        entries.append((key, closure, register))

    def make(env: Env) -> dict[str, Any]:
        env[1].spend(len(entries))
        context: dict[str, Any] = {}
        for key, closure, register in entries:
            value = context[key] = env[register] = closure(env)
            if type(value) is FunctionValue and value.env is not None and register < len(value.env):
                value.env[register] = value
        return context

    return make


def _with_self(compiler: Compiler, inner: Scope, key: str, value: Any) -> Scope:
    """The scope of one entry; that of a function includes its own name, so that it can call itself."""
    if isinstance(value, FunctionLiteral):
        inner.names[key] = compiler.new_register()
    return inner


@compiles(RangeLiteral)
def compile_range(compiler: Compiler, node: RangeLiteral, scope: Scope) -> Closure:
    """[low..high]; null when the ends are out of order or of different kinds."""
    low, high = compiler.compile(node.low, scope), compiler.compile(node.high, scope)
    low_included, high_included = node.low_included, node.high_included

    def make(env: Env) -> Range | None:
        return make_range(low(env), high(env), low_included, high_included)

    return make


def make_range(low: Any, high: Any, low_included: bool, high_included: bool) -> Range | None:
    """The range between two values, or null."""
    if low is None and high is None:
        return None
    if low is not None and high is not None and less_or_equal(low, high) is not True:
        return None
    return Range(low, high, low_included, high_included)


@compiles(OperatorTest)
def compile_open_range(compiler: Compiler, node: OperatorTest, scope: Scope) -> Closure:
    """An operator test used as a value is a range open on one side: (>= 5) is [5..∞)."""
    operand, operator = compiler.compile(node.operand, scope), node.operator

    def make(env: Env) -> Range | None:
        end = operand(env)
        match operator:
            case "<":
                return Range(None, end, False, False, operator)
            case "<=":
                return Range(None, end, False, True, operator)
            case ">":
                return Range(end, None, False, False, operator)
            case ">=":
                return Range(end, None, True, False, operator)
            case "=":
                return Range(end, end, True, True, operator)
        return None

    return make


@compiles(Conditional)
def compile_conditional(compiler: Compiler, node: Conditional, scope: Scope) -> Closure:
    """if … then … else …: any condition but true gives the second value."""
    condition = compiler.compile(node.condition, scope)
    yes, no = compiler.compile(node.yes, scope), compiler.compile(node.no, scope)
    return lambda env: yes(env) if condition(env) is True else no(env)


@compiles(InstanceOf)
def compile_instance_of(compiler: Compiler, node: InstanceOf, scope: Scope) -> Closure:
    """value instance of type"""
    value, expected, types = compiler.compile(node.value, scope), node.expected, compiler.types
    return lambda env: conforms(value(env), expected, types, env[1], allowed=False)
