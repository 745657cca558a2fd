"""Translates simple Python conditions, which SpiffWorkflow's diagrams use, to FEEL.

Supported: names, attributes, texts, numbers, True, False, None, comparisons (also `in` a list, `is None`, chained),
and, or, not, + - * / // % **, `a if b else c`. Anything else is refused, with the FEEL to write where that is
known. The text is parsed by Python's `ast`, never run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NoReturn

from engine.languages.feel.errors import FeelError, FeelSyntaxError
from engine.localization import message

MAX_LENGTH = 1_000
_LOOKS = re.compile(r"\b(?:True|False|None)\b|[<>]=?[^<>]*[<>]|\[\s*0\s*\]")
"""What a valid FEEL text contains when it may mean something else in Python; other texts are not parsed as Python."""
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "=",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "=",
    ast.IsNot: "!=",
}
_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "({} + {})",
    ast.Sub: "({} - {})",
    ast.Mult: "({} * {})",
    ast.Div: "({} / {})",
    ast.FloorDiv: "floor({} / {})",
    ast.Mod: "modulo({}, {})",
    ast.Pow: "({} ** {})",
}
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_CONSTANTS = {True: "true", False: "false", None: "null"}
_CALLS = {"len": "count", "str": "string", "int": "number", "float": "number", "bool": ""}
_METHODS = {
    "lower": "lower case({})",
    "upper": "upper case({})",
    "startswith": "starts with({}, {})",
    "endswith": "ends with({}, {})",
    "get": "get value({}, {})",
}
_CLOCKS = {"now": "adesso()", "utcnow": "adesso()", "today": "oggi()"}
_SPANS = {"weeks": 10_080, "days": 1_440, "hours": 60, "minutes": 1}


class _NoEquivalent(Exception):
    """The Python text has no equivalent in FEEL that is known here."""


_UNTRANSLATABLE = (_NoEquivalent, SyntaxError, ValueError, RecursionError, MemoryError)
"""What parsing and translating a text may raise; ValueError comes from `ast.parse` and from number formatting."""


def python_to_feel(text: str) -> str:
    """The FEEL of a simple Python condition. Raises FeelSyntaxError, with the FEEL to write, for other conditions."""
    written = _Writer()
    try:
        feel = written.feel(_parsed(text))
    except _UNTRANSLATABLE:
        _refuse(text, None)
    if written.unsupported:
        _refuse(text, feel)
    return feel


def suggest_feel(text: str) -> str | None:
    """The FEEL of a Python condition, also of one that `python_to_feel` refuses; None when there is no equivalent."""
    try:
        return _Writer().feel(_parsed(text))
    except _UNTRANSLATABLE:
        return None


def is_python(text: str, names: frozenset[str] | None) -> bool:
    """Whether a condition is meant as Python rather than FEEL.

    `names` are the variables that the text reads as FEEL; None when it is not FEEL. Some texts are valid in both: in
    FEEL, True, False and None are unknown names, a chain such as 18 <= eta <= 39 is null, and so is the item at
    position 0.
    """
    if names is not None and not _LOOKS.search(text):
        return False
    try:
        tree = _parsed(text)
    except _UNTRANSLATABLE:
        return False
    if names is None or names & {"True", "False", "None"}:
        return True
    return any(_null_in_feel(node) for node in ast.walk(tree))


def _null_in_feel(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare) and len(node.ops) > 1:
        return all(isinstance(operator, _ORDERED) for operator in node.ops)
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value == 0


def _parsed(text: str) -> ast.expr:
    if len(text) > MAX_LENGTH:
        raise _NoEquivalent
    return ast.parse(text.strip().replace("\n", " ").replace("\r", " "), mode="eval").body


def _refuse(text: str, feel: str | None) -> NoReturn:
    example = message("FEEL_TRANSLATION", feel=feel) if feel else message("FEEL_EXAMPLE")
    raise FeelSyntaxError(
        "FEEL_PYTHON_REFUSED", condition=text.strip()[:120], example=example, text=text
    ) from None


class _Writer:
    """Writes FEEL from Python's syntax tree; `unsupported` says that it is more than a simple condition.

    Raises _NoEquivalent when there is none.
    """

    def __init__(self) -> None:
        self.unsupported = False

    def feel(self, node: ast.expr) -> str:
        """The FEEL of a whole expression, without parentheses around it."""
        match node:
            case ast.BoolOp(op=operator, values=values):
                return (" and " if isinstance(operator, ast.And) else " or ").join(map(self.write, values))
            case ast.Compare():
                return " and ".join(self._comparisons(node))
        return self.write(node)

    def write(self, node: ast.expr) -> str:
        """The FEEL of a part, in parentheses where operators around it bind more tightly."""
        match node:
            case ast.Constant(value=value):
                return _constant(value)
            case ast.Name(id=name):
                return name
            case ast.Attribute(value=base, attr=name):
                return f"{self.write(base)}.{name}"
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return f"[{', '.join(map(self.write, items))}]"
            case ast.BoolOp():
                return f"({self.feel(node)})"
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return f"not({self.feel(operand)})"
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"-{self.write(operand)}"
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
                return _OPERATORS[type(operator)].format(self.write(left), self.write(right))
            case ast.Compare():
                pairs = self._comparisons(node)
                return pairs[0] if len(pairs) == 1 else f"({' and '.join(pairs)})"
            case ast.IfExp(test=test, body=yes, orelse=no):
                return f"(if {self.feel(test)} then {self.feel(yes)} else {self.feel(no)})"
            case ast.Subscript(value=base, slice=ast.Constant(value=str(key))):
                return f"{self.write(base)}.{key}" if key.isidentifier() else _get(self.write(base), key)
        self.unsupported = True
        return self._unsupported(node)

    def _comparisons(self, node: ast.Compare) -> list[str]:
        """a < b < c is a < b and b < c."""
        terms = [node.left, *node.comparators]
        return [
            self._comparison(left, operator, right)
            for left, operator, right in zip(terms, node.ops, terms[1:], strict=False)
        ]

    def _comparison(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> str:
        one, other = self._operand(left), self._operand(right)
        if not isinstance(operator, ast.In | ast.NotIn):
            return f"{one} {_COMPARISONS[type(operator)]} {other}"
        self.unsupported = self.unsupported or not isinstance(right, ast.List | ast.Tuple)
        found = f"list contains({other}, {one})"
        return f"not({found})" if isinstance(operator, ast.NotIn) else found

    def _operand(self, node: ast.expr) -> str:
        """A side of a comparison; a comparison there is put in parentheses."""
        return f"({self.feel(node)})" if isinstance(node, ast.Compare) else self.write(node)

    def _unsupported(self, node: ast.expr) -> str:
        """The FEEL of something that is refused, to be suggested in the error."""
        match node:
            case ast.Subscript(value=base, slice=ast.Constant(value=int(at))):
                return f"{self.write(base)}[{at + 1}]"
            case ast.Subscript(
                value=base, slice=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(at)))
            ):
                return f"{self.write(base)}[-{at}]"
            case ast.Call(
                func=ast.Name(id="any" | "all" as name),
                args=[ast.GeneratorExp(elt=condition, generators=[one])],
            ):
                return self._quantified(name, condition, one)
            case ast.Call(func=ast.Attribute(attr=name), args=[], keywords=[]) if name in _CLOCKS:
                return _CLOCKS[name]
            case ast.Call(func=ast.Name(id="timedelta") | ast.Attribute(attr="timedelta"), keywords=spans):
                return _duration(spans)
            case ast.Call(func=ast.Attribute(value=base, attr=name), args=given, keywords=[]) if (
                name in _METHODS
            ):
                return self._method(name, [base, *given])
            case ast.Call(func=ast.Name(id=name), args=given, keywords=[]):
                return f"{_CALLS.get(name, name)}({', '.join(map(self.feel, given))})"
        raise _NoEquivalent

    def _method(self, name: str, given: Sequence[ast.expr]) -> str:
        written = _METHODS[name]
        if written.count("{}") != len(given):
            raise _NoEquivalent
        return written.format(*map(self.feel, given))

    def _quantified(self, name: str, condition: ast.expr, one: ast.comprehension) -> str:
        if not isinstance(one.target, ast.Name) or one.ifs or one.is_async:
            raise _NoEquivalent
        word = "some" if name == "any" else "every"
        return f"({word} {one.target.id} in {self.write(one.iter)} satisfies {self.feel(condition)})"


def _constant(value: object) -> str:
    if value is None or isinstance(value, bool):
        return _CONSTANTS[value]
    if isinstance(value, int | float):
        return _number(Decimal(repr(value)))
    if isinstance(value, str):
        return _quoted(value)
    raise _NoEquivalent


def _number(value: Decimal) -> str:
    if not value.is_finite() or value.adjusted() not in range(-40, 40):
        raise _NoEquivalent
    return f"{value:f}"


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _get(base: str, key: str) -> str:
    return f"get value({base}, {_quoted(key)})"


def _duration(spans: Sequence[ast.keyword]) -> str:
    """timedelta(days=3) as @"P3D"."""
    minutes = 0
    for span in spans:
        if (
            span.arg not in _SPANS
            or not isinstance(span.value, ast.Constant)
            or type(span.value.value) is not int
        ):
            raise _NoEquivalent
        minutes += _SPANS[span.arg] * span.value.value
    days, rest = divmod(minutes, 1_440)
    if minutes < 0:
        raise _NoEquivalent
    clock = f"T{rest // 60}H{rest % 60}M" if rest else ""
    return f'duration("P{days}D{clock}")'


def translate_if_python(text: str, names: frozenset[str] | None) -> str:
    """The text as FEEL: translated when it is meant as Python and can be translated, else unchanged."""
    if not is_python(text, names):
        return text
    try:
        return python_to_feel(text)
    except FeelError:
        return text
