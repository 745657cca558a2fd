"""Compiles the loops: for, some, every and filters. Every iteration is charged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from engine.languages.feel.compiler import Closure, Compiler, Env, Scope, compiles
from engine.languages.feel.syntax import Filter, For, Iteration, Literal, Negation, Node, Quantified
from engine.languages.feel.values import DECIMAL128, Range, is_number

LoopBody = Callable[[Env], bool]
"""Called for each combination of the loop's names; False ends the loop."""


@compiles(For)
def compile_for(compiler: Compiler, node: For, scope: Scope) -> Closure:
    """for name in domain return body; `partial` is the list of the results so far."""
    inner = Scope(parent=scope)
    loops = [_compile_iteration(compiler, iteration, inner) for iteration in node.iterations]
    results = compiler.new_register()
    partial = compiler.new_register()
    inner.names["partial"] = partial
    body, weight = compiler.weigh(node.body, inner)
    uses_partial = partial in compiler.read_registers

    def iterate(env: Env) -> bool:
        evaluation, made = env[1], env[results]
        evaluation.spend(weight)
        if uses_partial:
            evaluation.spend(len(made) // 16)
            env[partial] = list(made)
        made.append(body(env))
        return True

    def run(env: Env) -> list[Any] | None:
        outer = env[results]
        made: list[Any] = []
        env[results] = made
        finished = _walk(loops, 0, env, iterate)
        env[results] = outer
        if finished is None:
            return None
        env[1].spend_items(len(made))
        return made

    return run


@compiles(Quantified)
def compile_quantified(compiler: Compiler, node: Quantified, scope: Scope) -> Closure:
    """some / every name in domain satisfies condition, in three-valued logic."""
    inner = Scope(parent=scope)
    loops = [_compile_iteration(compiler, iteration, inner) for iteration in node.iterations]
    condition, weight = compiler.weigh(node.condition, inner)
    answer, some = compiler.new_register(), node.some

    def iterate(env: Env) -> bool:
        env[1].spend(weight)
        found = condition(env)
        if found is some:
            env[answer] = some
            return False
        if type(found) is not bool:
            env[answer] = None
        return True

    def run(env: Env) -> bool | None:
        outer = env[answer]
        env[answer] = not some
        finished = _walk(loops, 0, env, iterate)
        found, env[answer] = env[answer], outer
        return None if finished is None else found

    return run


Loop = tuple[int, Callable[[Env], Iterable[Any] | None]]


def _compile_iteration(compiler: Compiler, node: Iteration, inner: Scope) -> Loop:
    """The register of the name, and a function that gives the values it takes."""
    domain = compiler.compile(node.domain, inner)
    end = None if node.end is None else compiler.compile(node.end, inner)
    register = compiler.new_register()
    inner.names[node.name] = register
    if end is None:
        return register, lambda env: domain_of(domain(env))
    return register, lambda env: _count(domain(env), end(env))


def _walk(loops: list[Loop], depth: int, env: Env, body: LoopBody) -> bool | None:
    """Calls `body` for every combination. False when it ended the loop, None when a domain is not a list."""
    register, domain = loops[depth]
    items = domain(env)
    if items is None:
        return None
    last = depth == len(loops) - 1
    for item in items:
        env[1].spend(1)
        env[register] = item
        outcome = body(env) if last else _walk(loops, depth + 1, env, body)
        if outcome is not True:
            return outcome
    return True


def domain_of(value: Any) -> Iterable[Any] | None:
    """The values of a loop over `value`: a list, a range of whole numbers or dates, or a single value."""
    if type(value) is list:
        return value
    if type(value) is Range:
        if type(value.low) is dt.date and type(value.high) is dt.date:
            day = dt.timedelta(days=1)
            return _count(
                value.low if value.low_included else value.low + day,
                value.high if value.high_included else value.high - day,
            )
        if is_number(value.low) and is_number(value.high):
            return _count(
                value.low if value.low_included else DECIMAL128.add(value.low, 1),
                value.high if value.high_included else DECIMAL128.subtract(value.high, 1),
            )
        return None
    return None if value is None else [value]


def _count(start: Any, end: Any) -> Iterable[Any] | None:
    """Whole numbers, or days, from `start` to `end`, upwards or downwards."""
    if is_number(start) and is_number(end):
        first, last = int(start), int(end)
        step = 1 if first <= last else -1
        return map(Decimal, range(first, last + step, step))
    if type(start) is dt.date and type(end) is dt.date:
        step = 1 if start <= end else -1
        return map(dt.date.fromordinal, range(start.toordinal(), end.toordinal() + step, step))
    return None


@compiles(Filter)
def compile_filter(compiler: Compiler, node: Filter, scope: Scope) -> Closure:
    """base[condition]: the items for which the condition holds, or the item at a position."""
    base = compiler.compile(node.base, scope)
    position = _constant_position(node.condition)
    if position is not None:
        return lambda env: _item_at(as_list(base(env)), position)
    item = compiler.new_register()
    condition, weight = compiler.weigh(node.condition, Scope({"item": item}, scope, item))

    def choose(env: Env) -> Any:
        items = as_list(base(env))
        evaluation = env[1]
        if not items:
            env[item] = None
            return None if is_number(condition(env)) else []
        chosen: list[Any] = []
        undecided = True
        for one in items:
            evaluation.spend(weight)
            env[item] = one
            answer = condition(env)
            if undecided:
                undecided = False
                if is_number(answer):
                    return _item_at(items, answer)
                if answer is not None and type(answer) is not bool:
                    return None
            if answer is True:
                chosen.append(one)
        return chosen

    return choose


def _constant_position(condition: Node) -> Decimal | None:
    if isinstance(condition, Literal) and is_number(condition.value):
        return condition.value  # type: ignore[no-any-return]
    if isinstance(condition, Negation) and isinstance(condition.operand, Literal):
        value = condition.operand.value
        return DECIMAL128.minus(value) if is_number(value) else None
    return None


def as_list(value: Any) -> list[Any]:
    """A value as a list: null is an empty one, anything else a list of one."""
    if type(value) is list:
        return value
    return [] if value is None else [value]


def _item_at(items: list[Any], position: Any) -> Any:
    """The item at a position from 1, or from the end when negative; null outside the list."""
    if position != int(position):
        return None
    index = int(position)
    if 0 < index <= len(items):
        return items[index - 1]
    return items[index] if index < 0 and -index <= len(items) else None
