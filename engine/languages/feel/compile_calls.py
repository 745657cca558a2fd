"""Compiles names, calls and function definitions.

A call of a registered function is checked when it is compiled; a function value is found when it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from engine.languages.feel.arithmetic import FAILURES
from engine.languages.feel.compiler import Closure, Compiler, Env, Scope, compiles, convert
from engine.languages.feel.conversion import NATIVE_TYPES
from engine.languages.feel.errors import FeelError, FeelEvaluationError, FeelSyntaxError
from engine.languages.feel.function_registry import Function
from engine.languages.feel.limits import Evaluation
from engine.languages.feel.syntax import Call, FunctionLiteral, Name
from engine.languages.feel.types import ANY, FunctionType, coerce
from engine.languages.feel.values import DECIMAL128, FunctionValue
from engine.localization import message

LENIENT_FAILURES = (*FAILURES, AttributeError, LookupError)


def _load_variable(name: str) -> Closure:
    """Reads a variable, converted."""

    def load(env: Env) -> Any:
        value = env[0].get(name)
        return value if type(value) in NATIVE_TYPES else convert(value, env[1])

    return load


def _load_register(register: int) -> Closure:
    """Reads a name that the expression declares."""
    return lambda env: env[register]


def _through_items(items: tuple[int, ...], name: str, otherwise: Closure) -> Closure:
    """Reads `name` from the items of the enclosing filters, innermost first; else calls `otherwise`."""

    def load(env: Env) -> Any:
        for register in items:
            item = env[register]
            if type(item) is dict and name in item:
                return item[name]
        return otherwise(env)

    return load


@compiles(Name)
def compile_name(compiler: Compiler, node: Name, scope: Scope) -> Closure:
    """A variable, a declared name, or a registered function used as a value."""
    name = node.name
    items, register = scope.resolve(name)
    if register is not None:
        compiler.read_registers.add(register)
        otherwise = _load_register(register)
    elif name not in compiler.declared and name in compiler.functions:
        otherwise = _load_variable_or_function(compiler, name)
    else:
        if name != "?":
            compiler.free.add(name)
        otherwise = _load_variable(name)
    return _through_items(items, name, otherwise) if items else otherwise


def _load_variable_or_function(compiler: Compiler, name: str) -> Closure:
    as_value = function_as_value(compiler, name)

    def load(env: Env) -> Any:
        value = env[0].get(name)
        return as_value(env) if value is None else convert(value, env[1])

    return load


@compiles(Call)
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
        order = function.positional_order(frozenset(name for name, _ in node.named))
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
    """The argument, or null when it is a list."""

    def single(env: Env) -> Any:
        value = argument(env)
        return None if type(value) is list else value

    return single


def _wrong_arguments(compiler: Compiler, node: Call, function: Function) -> NoReturn:
    forms: str = ""
    for parameters in (function.parameters, *function.alternatives):
        form = f"{function.name}({', '.join(parameters)})"
        forms = message("FEEL_ALTERNATIVE_FORMS", first=forms, second=form) if forms else form
    raise FeelSyntaxError(
        "FEEL_WRONG_ARGUMENTS", name=function.name, forms=forms, text=compiler.text, offset=node.at
    )


def charge(arguments: list[Any], evaluation: Evaluation) -> None:
    """Charges a call: one step, plus steps for the length of its lists and texts."""
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
    """A call of a built-in function; its failure gives null."""
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
    """A call of a function of the application, bound at evaluation or with its own implementation.

    Its failure is an error.
    """

    def call(env: Env) -> Any:
        values = [argument(env) for argument in arguments]
        charge(values, env[1])
        try:
            return apply_bound(function, values, env[1])
        except FeelError as error:
            raise compiler.locate(error, node) from error.__cause__

    return call


def apply_bound(function: Function, values: list[Any], evaluation: Evaluation) -> Any:
    """Calls a function of the application with FEEL values. Raises FeelEvaluationError when it fails."""
    implementation = evaluation.bindings.get(function.name) if evaluation.bindings else None
    if implementation is None:
        implementation = function.implementation
    if implementation is None:
        raise FeelEvaluationError("FEEL_FUNCTION_NOT_BOUND", name=function.name)
    numbers = [DECIMAL128.create_decimal(value) if type(value) is int else value for value in values]
    try:
        with evaluation.as_parent():
            found = implementation(*numbers)
        return convert(found, evaluation)
    except (FeelError, RecursionError):
        raise
    except Exception as error:
        raise FeelEvaluationError("FEEL_FUNCTION_FAILED", name=function.name, problem=str(error)) from error


def function_as_value(compiler: Compiler, name: str) -> Closure:
    """A registered function used as a value, for example as an argument of another function."""
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


@compiles(FunctionLiteral)
def compile_function(compiler: Compiler, node: FunctionLiteral, scope: Scope) -> Closure:
    """function(parameter: type, …) body: a closure over the names in scope."""
    inner = Scope(parent=scope)
    registers = []
    for name, _ in node.parameters:
        register = inner.names[name] = compiler.new_register()
        registers.append(register)
    body, weight = compiler.weigh(node.body, inner)
    names = tuple(name for name, _ in node.parameters)
    expected = [kind for _, kind in node.parameters]
    own_type = FunctionType(tuple(kind or ANY for kind in expected), ANY) if any(expected) else None
    types = compiler.types

    def make(env: Env) -> FunctionValue:
        def apply(values: list[Any]) -> Any:
            evaluation = captured[1]
            evaluation.spend(weight)
            evaluation.enter_call()
            frame = captured.copy()
            for register, kind, value in zip(registers, expected, values, strict=True):
                frame[register] = value if kind is None else coerce(value, kind, types, evaluation)
            result = body(frame)
            evaluation.leave_call()
            return result

        captured = env.copy()
        function = FunctionValue(names, apply, own_type)
        function.env = captured
        return function

    return make
