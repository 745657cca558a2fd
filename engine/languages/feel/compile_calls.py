"""How calls are compiled: of registered functions, checked when read, and of function values, found when run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from engine.languages.feel.arithmetic import FAILURES
from engine.languages.feel.compiler import Closure, Compiler, Env, Scope, convert, rule
from engine.languages.feel.errors import FeelError, FeelEvaluationError, FeelSyntaxError
from engine.languages.feel.function_registry import Function
from engine.languages.feel.limits import Evaluation
from engine.languages.feel.syntax import Call, FunctionLiteral, Name
from engine.languages.feel.types import ANY, FunctionType, fit
from engine.languages.feel.values import NUMBERS, FunctionValue

LENIENT_FAILURES = (*FAILURES, AttributeError, LookupError)


@rule(Call)
def compile_call(compiler: Compiler, node: Call, scope: Scope) -> Closure:
    """function(…)"""
    if isinstance(node.function, Name) and compiler.is_function(node.function.name, scope):
        function = compiler.functions.get(node.function.name)
        assert function is not None
        return _registered_call(compiler, node, function, scope)
    if isinstance(node.function, Name) and not compiler.is_known(node.function.name, scope):
        compiler.unknown_calls.add(node.function.name)
    callee = compiler.compile(node.function, scope)
    if node.named is not None:
        return _call_by_name(compiler, node, callee, scope)
    arguments = [compiler.compile(argument, scope) for argument in node.positional]

    def call(env: Env) -> Any:
        function = callee(env)
        if type(function) is not FunctionValue:
            return None
        return function.call([argument(env) for argument in arguments])

    return call


def _call_by_name(compiler: Compiler, node: Call, callee: Closure, scope: Scope) -> Closure:
    named = {name: compiler.compile(argument, scope) for name, argument in node.named or ()}

    def call(env: Env) -> Any:
        function = callee(env)
        if type(function) is not FunctionValue or function.parameters is None:
            return None
        if named.keys() != set(function.parameters):
            return None
        return function.call([named[name](env) for name in function.parameters])

    return call


def _registered_call(compiler: Compiler, node: Call, function: Function, scope: Scope) -> Closure:
    """A call of a registered function; a wrong number or name of arguments is a syntax error."""
    order: tuple[str, ...] | None = None
    if node.named is None:
        given = node.positional
        if not function.accepts(len(given)):
            _wrong_arguments(compiler, node, function)
    else:
        order = function.order(frozenset(name for name, _ in node.named))
        if order is None:
            _wrong_arguments(compiler, node, function)
        by_name = dict(node.named)
        given = tuple(by_name[name] for name in order)
    arguments = [compiler.compile(argument, scope) for argument in given]
    if node.named is not None and function.singles:
        arguments = [
            _single(argument) if name in function.singles else argument
            for name, argument in zip(order or (), arguments, strict=True)
        ]
    if function.lenient and function.implementation is not None:
        return _builtin_call(function, function.implementation, arguments)
    return _bound_call(compiler, node, function, arguments)


def _single(argument: Closure) -> Closure:
    """An argument that is null when it is a list."""

    def single(env: Env) -> Any:
        value = argument(env)
        return None if type(value) is list else value

    return single


def _wrong_arguments(compiler: Compiler, node: Call, function: Function) -> NoReturn:
    wanted = ", oppure ".join(
        f"{function.name}({', '.join(parameters)})"
        for parameters in (function.parameters, *function.alternatives)
    )
    raise FeelSyntaxError(
        f"«{function.name}» non si chiama con questi argomenti: si scrive {wanted}",
        text=compiler.text,
        offset=node.at,
    )


def charge(arguments: list[Any], evaluation: Evaluation) -> None:
    """A call costs one step, plus what its lists and texts are long."""
    steps = 1
    for argument in arguments:
        kind = type(argument)
        if kind is list:
            steps += len(argument)
        elif kind is str:
            steps += len(argument) >> 6
    evaluation.spend(steps)


def _builtin_call(
    function: Function, implementation: Callable[..., Any], arguments: list[Closure]
) -> Closure:
    """A built-in: what it cannot do is null."""
    bounded = function.bounded

    def call(env: Env) -> Any:
        values = [argument(env) for argument in arguments]
        charge(values, env[1])
        try:
            return implementation(env[1], *values) if bounded else implementation(*values)
        except LENIENT_FAILURES:
            return None

    return call


def _bound_call(compiler: Compiler, node: Call, function: Function, arguments: list[Closure]) -> Closure:
    """A function of the application: bound at evaluation, else its own implementation; its failure is an error."""

    def call(env: Env) -> Any:
        values = [argument(env) for argument in arguments]
        charge(values, env[1])
        try:
            return apply_bound(function, values, env[1])
        except FeelError as error:
            raise compiler.place(error, node) from error.__cause__

    return call


def apply_bound(function: Function, values: list[Any], evaluation: Evaluation) -> Any:
    """Calls a function of the application with FEEL values."""
    implementation = evaluation.bindings.get(function.name) if evaluation.bindings else None
    if implementation is None:
        implementation = function.implementation
    if implementation is None:
        raise FeelEvaluationError(f"La funzione «{function.name}» non è disponibile qui")
    numbers = [NUMBERS.create_decimal(value) if type(value) is int else value for value in values]
    try:
        with evaluation.on_this_thread():
            found = implementation(*numbers)
        return convert(found, evaluation)
    except (FeelError, RecursionError):
        raise
    except Exception as error:
        raise FeelEvaluationError(f"La funzione «{function.name}» non è riuscita: {error}") from error


def function_as_value(compiler: Compiler, name: str) -> Closure:
    """A registered function used as a value, e.g. handed to another function."""
    function = compiler.functions.get(name)
    assert function is not None
    parameters = None if function.variadic or function.alternatives else function.parameters

    def make(env: Env) -> FunctionValue:
        evaluation = env[1]

        def apply(values: list[Any]) -> Any:
            charge(values, evaluation)
            if not function.accepts(len(values)):
                return None
            if not function.lenient or function.implementation is None:
                return apply_bound(function, values, evaluation)
            try:
                if function.bounded:
                    return function.implementation(evaluation, *values)
                return function.implementation(*values)
            except LENIENT_FAILURES:
                return None

        return FunctionValue(parameters, apply)

    return make


@rule(FunctionLiteral)
def compile_function(compiler: Compiler, node: FunctionLiteral, scope: Scope) -> Closure:
    """function(parameter: type, …) body: a closure over what is in scope."""
    inner = Scope(parent=scope)
    registers = []
    for name, _ in node.parameters:
        register = inner.names[name] = compiler.new_register()
        registers.append(register)
    body, weight = compiler.weigh(node.body, inner)
    names = tuple(name for name, _ in node.parameters)
    wanted = [kind for _, kind in node.parameters]
    own_type = FunctionType(tuple(kind or ANY for kind in wanted), ANY) if any(wanted) else None
    types = compiler.types

    def make(env: Env) -> FunctionValue:
        def apply(values: list[Any]) -> Any:
            evaluation = captured[1]
            evaluation.spend(weight)
            evaluation.enter()
            frame = captured.copy()
            for register, kind, value in zip(registers, wanted, values, strict=True):
                frame[register] = value if kind is None else fit(value, kind, types, evaluation)
            result = body(frame)
            evaluation.leave()
            return result

        captured = env.copy()
        function = FunctionValue(names, apply, own_type)
        function.env = captured
        return function

    return make
