"""Plain conditions written the way Python writes them, as SpiffWorkflow's diagrams have them, as FEEL.

Understood: names, attributes, texts, numbers, True, False, None, comparisons (also `in` a list, `is None`), and, or,
not, + - * /. The text is only read (by Python's own parser), never run.
"""

from __future__ import annotations

import ast
from typing import NoReturn

from .errors import FeelSyntaxError

MAX_LENGTH = 1_000
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
_OPERATORS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_CONSTANTS = {True: "true", False: "false", None: "null"}


def from_python(text: str) -> str:
    """The FEEL that means the same; raises FeelSyntaxError, with what to write instead, when it is not plain."""
    try:
        if len(text) > MAX_LENGTH:
            raise ValueError(text)
        tree = ast.parse(text.strip(), mode="eval")
        return _written(tree.body, text)
    except (SyntaxError, ValueError, RecursionError, MemoryError, SyntaxWarning):
        _refuse(text)


def _refuse(text: str) -> NoReturn:
    raise FeelSyntaxError(
        f"La condizione «{text.strip()[:120]}» non è FEEL né un confronto semplice: scrivila in FEEL, "
        'per esempio: importo > 1000 and stato = "attivo"',
        text=text,
    ) from None


def _written(node: ast.expr, text: str) -> str:
    match node:
        case ast.Constant(value=value):
            return _constant(value, text)
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=base, attr=name):
            return f"{_written(base, text)}.{name}"
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return f"[{', '.join(_written(item, text) for item in items)}]"
        case ast.BoolOp(op=operator, values=values):
            word = " and " if isinstance(operator, ast.And) else " or "
            return f"({word.join(_written(value, text) for value in values)})"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return f"not({_written(operand, text)})"
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"-{_written(operand, text)}"
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
            return f"({_written(left, text)} {_OPERATORS[type(operator)]} {_written(right, text)})"
        case ast.Compare(left=left, ops=operators, comparators=others):
            return _comparison([left, *others], operators, text)
    _refuse(text)


def _constant(value: object, text: str) -> str:
    if value is None or isinstance(value, bool):
        return _CONSTANTS[value]
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    _refuse(text)


def _comparison(terms: list[ast.expr], operators: list[ast.cmpop], text: str) -> str:
    """a < b < c is a < b and b < c."""
    pairs = []
    for left, operator, right in zip(terms, operators, terms[1:], strict=False):
        one, other = _written(left, text), _written(right, text)
        if isinstance(operator, ast.In | ast.NotIn):
            if not isinstance(right, ast.List | ast.Tuple):
                _refuse(text)
            pairs.append(f"list contains({other}, {one})")
            if isinstance(operator, ast.NotIn):
                pairs[-1] = f"not({pairs[-1]})"
        else:
            pairs.append(f"{one} {_COMPARISONS[type(operator)]} {other}")
    return pairs[0] if len(pairs) == 1 else f"({' and '.join(pairs)})"
