"""The syntax tree: the nodes that the parser makes and the compiler compiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.languages.feel.types import FeelType


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node of the syntax tree; `at` is its offset in the text."""

    at: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A literal number, text, boolean, null, date, time or duration."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable, or a function used as a value; `?` is the value under test."""

    name: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    """base.name"""

    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """base[condition]"""

    base: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """function(…), by position or by name."""

    function: Node
    positional: tuple[Node, ...]
    named: tuple[tuple[str, Node], ...] | None


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    """[a, b]"""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextLiteral(Node):
    """{a: 1, b: a + 1}"""

    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class RangeLiteral(Node):
    """[low..high]"""

    low: Node
    high: Node
    low_included: bool
    high_included: bool


@dataclass(frozen=True, slots=True)
class Negation(Node):
    """-operand"""

    operand: Node


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """left + right and the other arithmetic operations."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """left and right, left or right."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """left < right and the like."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    """value between low and high"""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Membership(Node):
    """value in (test, …)"""

    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class OperatorTest(Node):
    """< operand, standing alone: as a unary test, or as a range open on one side."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """The unary tests of a cell of a decision table; none stand for a dash, which accepts every value."""

    tests: tuple[Node, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """value instance of type"""

    value: Node
    expected: FeelType


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """if condition then yes else no"""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Iteration(Node):
    """name in domain, or name in domain..end"""

    name: str
    domain: Node
    end: Node | None


@dataclass(frozen=True, slots=True)
class For(Node):
    """for name in domain return body"""

    iterations: tuple[Iteration, ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """some (or every) name in domain satisfies condition"""

    some: bool
    iterations: tuple[Iteration, ...]
    condition: Node


@dataclass(frozen=True, slots=True)
class FunctionLiteral(Node):
    """function(parameter: type, …) body"""

    parameters: tuple[tuple[str, FeelType | None], ...]
    body: Node
