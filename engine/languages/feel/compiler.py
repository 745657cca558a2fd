"""Compiles nodes to Python functions: scopes, registers and variables. The nodes' compilers are in `compile_*.py`.

A compiled node is a function of one argument, the environment: a list whose first item holds the variables, the
second the `Evaluation`, and the others are registers for the names that the expression itself declares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from engine.languages.feel.conversion import NATIVE_TYPES, to_feel
from engine.languages.feel.errors import FeelError
from engine.languages.feel.function_registry import FunctionRegistry
from engine.languages.feel.limits import Evaluation
from engine.languages.feel.properties import property_of
from engine.languages.feel.syntax import Name, Node, Path
from engine.languages.feel.types import NamedTypes

Env = list[Any]


class Variables(Protocol):
    """The variables of an expression; any mapping is one."""

    def get(self, name: str, /) -> Any:
        """The value of a variable; None when there is none."""


Closure = Callable[[Env], Any]

VARIABLES, EVALUATION, FIRST_REGISTER = 0, 1, 2


@dataclass(slots=True)
class Scope:
    """The names declared around a node.

    names: the register of each name. item: the register of the current item of a filter; its entries are names too,
    known only at evaluation.
    """

    names: dict[str, int] = field(default_factory=dict)
    parent: Scope | None = None
    item: int | None = None

    def resolve(self, name: str) -> tuple[tuple[int, ...], int | None]:
        """The registers of enclosing filters' items, innermost first, and the register of the name, if declared."""
        items: list[int] = []
        scope: Scope | None = self
        while scope is not None:
            if scope.item is not None and name != "?":
                items.append(scope.item)
            if name in scope.names:
                return tuple(items), scope.names[name]
            scope = scope.parent
        return tuple(items), None


NodeCompiler = Callable[["Compiler", Any, Scope], Closure]
NODE_COMPILERS: dict[type[Node], NodeCompiler] = {}


def compiles(kind: type[Node]) -> Callable[[NodeCompiler], NodeCompiler]:
    """Registers the decorated function as the compiler of nodes of `kind`."""

    def declare(function: NodeCompiler) -> NodeCompiler:
        NODE_COMPILERS[kind] = function
        return function

    return declare


class Compiler:
    """Compiles the nodes of one expression and records the names it uses."""

    def __init__(
        self, text: str, functions: FunctionRegistry, declared: frozenset[str], types: NamedTypes
    ) -> None:
        self.text = text
        self.functions = functions
        self.declared = declared
        self.types = types
        self.registers = FIRST_REGISTER
        self.nodes = 0
        self.free: set[str] = set()
        self.unknown_calls: set[str] = set()
        self.read_registers: set[int] = set()

    def compile(self, node: Node, scope: Scope) -> Closure:
        """`node` as a function of the environment."""
        self.nodes += 1
        return NODE_COMPILERS[type(node)](self, node, scope)

    def weigh(self, node: Node, scope: Scope) -> tuple[Closure, int]:
        """`node` compiled, and the steps that one evaluation of it costs in a loop."""
        before = self.nodes
        closure = self.compile(node, scope)
        return closure, self.nodes - before + 1

    def new_register(self) -> int:
        """Adds a register to the environment."""
        register = self.registers
        self.registers += 1
        return register

    def is_function(self, name: str, scope: Scope) -> bool:
        """Whether a call of `name` means the registered function rather than a value in scope."""
        return scope.resolve(name)[1] is None and name not in self.declared and name in self.functions

    def is_known(self, name: str, scope: Scope) -> bool:
        """Whether a value of that name is declared, in the expression or by the caller."""
        return name in self.declared or scope.resolve(name)[1] is not None

    def locate(self, error: FeelError, node: Node) -> FeelError:
        """The error, located at `node` unless it has a location."""
        return error.with_location(self.text, node.at)


def convert(value: Any, evaluation: Evaluation) -> Any:
    """A variable's value as a FEEL value; each list and context is converted once per evaluation."""
    kind = type(value)
    if kind in NATIVE_TYPES:
        return value
    if kind is Decimal or kind is float:
        return to_feel(value)
    converted = evaluation.converted
    if converted is None:
        converted = evaluation.converted = {}
    key = id(value)
    known = converted.get(key)
    if known is None:
        known = converted[key] = (value, to_feel(value, evaluation))
    return known[1]


def compile_raw(compiler: Compiler, node: Node, scope: Scope) -> tuple[Closure, bool]:
    """Like `Compiler.compile`, for the base of a path; also whether its value is unconverted.

    A variable, or a path from one, is not converted, so that `caso.persona.nome` does not walk the whole of `caso`.
    """
    if (
        isinstance(node, Name)
        and scope.resolve(node.name) == ((), None)
        and node.name not in compiler.functions
    ):
        compiler.nodes += 1
        compiler.free.add(node.name)
        name = node.name
        return (lambda env: env[0].get(name)), True
    if isinstance(node, Path):
        base, raw = compile_raw(compiler, node.base, scope)
        compiler.nodes += 1
        return _property(base, node.name, raw), raw
    return compiler.compile(node, scope), False


def _property(base: Closure, name: str, raw: bool) -> Closure:
    if not raw:
        return lambda env: property_of(base(env), name, env[1])

    def read(env: Env) -> Any:
        value = base(env)
        if isinstance(value, Mapping):
            return value.get(name)
        return property_of(convert(value, env[1]), name, env[1])

    return read
