"""From nodes to Python functions: scopes, registers and variables; the rules for each node are in `rules_*.py`.

A compiled node is a function of one argument, the environment: a list whose first places hold the variables
and the account of the evaluation, and whose others are registers for the names the expression itself declares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from engine.languages.feel.conversion import READY, to_feel
from engine.languages.feel.errors import FeelError
from engine.languages.feel.function_registry import FunctionRegistry
from engine.languages.feel.limits import Evaluation
from engine.languages.feel.properties import property_of
from engine.languages.feel.syntax import Name, Node, Path
from engine.languages.feel.types import Types

Env = list[Any]


class Variables(Protocol):
    """What an expression asks of the variables it is given: a mapping will do."""

    def get(self, name: str, /) -> Any:
        """The value of a variable; None when there is none."""


Closure = Callable[[Env], Any]

VARIABLES, EVALUATION, FIRST_REGISTER = 0, 1, 2


@dataclass(slots=True)
class Scope:
    """Names declared around a node: `names` by register; `item` is the register of a filter's item, whose
    entries are names too, known only when it runs."""

    names: dict[str, int] = field(default_factory=dict)
    parent: Scope | None = None
    item: int | None = None

    def resolve(self, name: str) -> tuple[tuple[int, ...], int | None]:
        """Registers of items to ask first, innermost first, and the register of the name when it is declared."""
        items: list[int] = []
        scope: Scope | None = self
        while scope is not None:
            if scope.item is not None and name != "?":
                items.append(scope.item)
            if name in scope.names:
                return tuple(items), scope.names[name]
            scope = scope.parent
        return tuple(items), None


Rule = Callable[["Compiler", Any, Scope], Closure]
RULES: dict[type[Node], Rule] = {}


def rule(kind: type[Node]) -> Callable[[Rule], Rule]:
    """Declares the function that compiles nodes of `kind`."""

    def declare(function: Rule) -> Rule:
        RULES[kind] = function
        return function

    return declare


class Compiler:
    """Compiles the nodes of one expression, noting the names it uses."""

    def __init__(
        self, text: str, functions: FunctionRegistry, declared: frozenset[str], types: Types
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
        return RULES[type(node)](self, node, scope)

    def weigh(self, node: Node, scope: Scope) -> tuple[Closure, int]:
        """`node` compiled, and the steps one evaluation of it is charged in a loop."""
        before = self.nodes
        closure = self.compile(node, scope)
        return closure, self.nodes - before + 1

    def new_register(self) -> int:
        """A place in the environment for one more name."""
        register = self.registers
        self.registers += 1
        return register

    def is_function(self, name: str, scope: Scope) -> bool:
        """Whether a call of `name` means the registered function rather than a value in scope."""
        return scope.resolve(name)[1] is None and name not in self.declared and name in self.functions

    def is_known(self, name: str, scope: Scope) -> bool:
        """Whether a value of that name is declared, here or by whoever compiles."""
        return name in self.declared or scope.resolve(name)[1] is not None

    def place(self, error: FeelError, node: Node) -> FeelError:
        """The error with the place of `node`."""
        return error.placed(self.text, node.at)


def convert(value: Any, evaluation: Evaluation) -> Any:
    """A value handed in as a FEEL value; each list and context is looked through once an evaluation."""
    kind = type(value)
    if kind in READY:
        return value
    if kind is Decimal or kind is float:
        return to_feel(value)
    loaded = evaluation.loaded
    if loaded is None:
        loaded = evaluation.loaded = {}
    key = id(value)
    known = loaded.get(key)
    if known is None:
        known = loaded[key] = (value, to_feel(value, evaluation))
    return known[1]


def load_variable(name: str) -> Closure:
    """Reads a variable, converted."""

    def load(env: Env) -> Any:
        value = env[0].get(name)
        return value if type(value) in READY else convert(value, env[1])

    return load


def load_register(register: int) -> Closure:
    """Reads a name the expression declares."""
    return lambda env: env[register]


def through_items(items: tuple[int, ...], name: str, otherwise: Closure) -> Closure:
    """Reads `name` from the filtered items around, else from where `otherwise` does."""

    def load(env: Env) -> Any:
        for register in items:
            item = env[register]
            if type(item) is dict and name in item:
                return item[name]
        return otherwise(env)

    return load


@rule(Name)
def compile_name(compiler: Compiler, node: Name, scope: Scope) -> Closure:
    """A variable, a declared name, or a function as a value."""
    name = node.name
    items, register = scope.resolve(name)
    if register is not None:
        compiler.read_registers.add(register)
        otherwise = load_register(register)
    elif name not in compiler.declared and name in compiler.functions:
        otherwise = _load_variable_or_function(compiler, name)
    else:
        if name != "?":
            compiler.free.add(name)
        otherwise = load_variable(name)
    return through_items(items, name, otherwise) if items else otherwise


def _load_variable_or_function(compiler: Compiler, name: str) -> Closure:
    from engine.languages.feel.compile_calls import function_as_value

    as_value = function_as_value(compiler, name)

    def load(env: Env) -> Any:
        value = env[0].get(name)
        return as_value(env) if value is None else convert(value, env[1])

    return load


def compile_raw(compiler: Compiler, node: Node, scope: Scope) -> tuple[Closure, bool]:
    """Like compile, for the base of a path: a variable, or a path from one, comes unconverted (and that is told),
    so that `caso.persona.nome` does not look through the whole case."""
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
