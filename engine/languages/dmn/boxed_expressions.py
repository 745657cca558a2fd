"""Compiles boxed expressions: literal, table, context, invocation, list, relation, function and iterators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lxml import etree

from engine.languages.dmn.boxed_iterators import filter_items, for_each, quantify
from engine.languages.dmn.decision_table_parser import parse_decision_table
from engine.languages.dmn.evaluation import BoxedExpression, DecisionRun, Scope
from engine.languages.dmn.item_types import type_reference
from engine.languages.dmn.xml import DmnReader
from engine.languages.feel import FunctionValue
from engine.languages.feel.types import FeelType, coerce

BOXED_TAGS = (
    "literalExpression",
    "decisionTable",
    "context",
    "invocation",
    "list",
    "relation",
    "functionDefinition",
    "conditional",
    "for",
    "every",
    "some",
    "filter",
)


MAX_NESTING = 60


def null_expression(scope: Any, run: DecisionRun) -> None:
    """A missing boxed expression; its value is null."""


def compile_child(reader: DmnReader, element: etree._Element, decision: str) -> BoxedExpression | None:
    """The boxed expression inside `element`, or None when there is none."""
    inner = reader.child(element, *BOXED_TAGS)
    return None if inner is None else compile_boxed(reader, inner, decision)


def compile_boxed(reader: DmnReader, element: etree._Element, decision: str) -> BoxedExpression:
    """The boxed expression of `element`, its result converted to its typeRef."""
    reader.nesting += 1
    if reader.nesting > MAX_NESTING:
        raise reader.error("DMN_NESTED_TOO_DEEPLY", element, maximum=MAX_NESTING)
    made = COMPILERS[reader.tag(element)](reader, element, decision)
    reader.nesting -= 1
    if reader.tag(element) == "functionDefinition":
        return made
    return coerced(reader, made, type_reference(element.get("typeRef")))


def coerced(reader: DmnReader, made: BoxedExpression, declared_type: FeelType | None) -> BoxedExpression:
    """`made` with its result converted to a declared type."""
    if declared_type is None:
        return made
    types = reader.types
    return lambda scope, run: coerce(made(scope, run), declared_type, types, run.evaluation)


def _literal(reader: DmnReader, element: etree._Element, decision: str) -> BoxedExpression:
    text = reader.text(element)
    if not text:
        return null_expression
    expression = reader.expression(text, element)
    return lambda scope, run: expression.run(scope, run.evaluation)


def _table(reader: DmnReader, element: etree._Element, decision: str) -> BoxedExpression:
    return parse_decision_table(reader, element, decision)


def _context(reader: DmnReader, element: etree._Element, decision: str) -> BoxedExpression:
    """Each entry can use the entries before it; an entry without a name is the value of the context."""
    entries: list[tuple[str, BoxedExpression]] = []
    result: BoxedExpression | None = None
    for entry in reader.children(element, "contextEntry"):
        variable = reader.child(entry, "variable")
        value = compile_child(reader, entry, decision) or null_expression
        if variable is None:
            result = value
        else:
            declared_type = type_reference(variable.get("typeRef"))
            inner = reader.child(entry, *BOXED_TAGS)
            is_function = inner is not None and reader.tag(inner) == "functionDefinition"
            entries.append(
                (
                    variable.get("name") or "",
                    value if is_function else coerced(reader, value, declared_type),
                )
            )

    def make(scope: Any, run: DecisionRun) -> Any:
        local: dict[str, Any] = {}
        inner_scope = Scope(local, scope)
        for name, value in entries:
            local[name] = value(inner_scope, run)
        return local if result is None else result(inner_scope, run)

    return make


def _invocation(reader: DmnReader, element: etree._Element, decision: str) -> BoxedExpression:
    callee = compile_child(reader, element, decision) or null_expression
    bindings: dict[str, BoxedExpression] = {}
    for binding in reader.children(element, "binding"):
        parameter = reader.child(binding, "parameter")
        name = "" if parameter is None else parameter.get("name") or ""
        bindings[name] = coerced(
            reader,
            compile_child(reader, binding, decision) or null_expression,
            None if parameter is None else type_reference(parameter.get("typeRef")),
        )

    def invoke(scope: Any, run: DecisionRun) -> Any:
        function = callee(scope, run)
        if type(function) is not FunctionValue:
            return None
        if function.parameters is None:
            return function.call([value(scope, run) for value in bindings.values()])
        if not bindings.keys() <= set(function.parameters):
            return None
        return function.call(
            [bindings[name](scope, run) if name in bindings else None for name in function.parameters]
        )

    return invoke


def _list(reader: DmnReader, element: etree._Element, decision: str) -> BoxedExpression:
    items = [compile_boxed(reader, item, decision) for item in reader.children(element, *BOXED_TAGS)]
    return lambda scope, run: [item(scope, run) for item in items]


def _relation(reader: DmnReader, element: etree._Element, decision: str) -> BoxedExpression:
    columns = [column.get("name") or "" for column in reader.children(element, "column")]
    rows = [
        [compile_boxed(reader, cell, decision) for cell in reader.children(row, *BOXED_TAGS)]
        for row in reader.children(element, "row")
    ]
    if any(len(row) != len(columns) for row in rows):
        raise reader.error("DMN_RELATION_ROW", element, count=len(columns))
    return lambda scope, run: [
        dict(zip(columns, (cell(scope, run) for cell in row), strict=True)) for row in rows
    ]


def formal_parameters(reader: DmnReader, element: etree._Element) -> list[tuple[str, FeelType | None]]:
    """Names and types of the formal parameters of a function definition."""
    return [
        (parameter.get("name") or "", type_reference(parameter.get("typeRef")))
        for parameter in reader.children(element, "formalParameter")
    ]


def _function(reader: DmnReader, element: etree._Element, decision: str) -> BoxedExpression:
    kind = element.get("kind") or "FEEL"
    if kind not in ("FEEL", "F"):
        if reader.strict:
            raise reader.error("DMN_EXTERNAL_FUNCTION", element, kind=kind)
        return null_expression
    parameters = formal_parameters(reader, element)
    body = coerced(
        reader,
        compile_child(reader, element, decision) or null_expression,
        type_reference(element.get("typeRef")),
    )
    return lambda scope, run: make_function(reader, parameters, body, scope, run)


def make_function(
    reader: DmnReader,
    parameters: list[tuple[str, FeelType | None]],
    body: BoxedExpression,
    scope: Any,
    run: DecisionRun,
) -> FunctionValue:
    """A function over a scope; its calls are charged to the run."""
    names = tuple(name for name, _ in parameters)
    types = reader.types

    def apply(values: list[Any]) -> Any:
        evaluation = run.evaluation
        evaluation.spend(len(values) + 1)
        evaluation.enter_call()
        local = {
            name: coerce(value, declared_type, types, evaluation)
            for (name, declared_type), value in zip(parameters, values, strict=True)
        }
        result = body(Scope(local, scope), run)
        evaluation.leave_call()
        return result

    return FunctionValue(names, apply)


def _compile_part(reader: DmnReader, element: etree._Element, tag: str, decision: str) -> BoxedExpression:
    holder = reader.child(element, tag)
    return null_expression if holder is None else compile_child(reader, holder, decision) or null_expression


def _conditional(reader: DmnReader, element: etree._Element, decision: str) -> BoxedExpression:
    condition, yes, no = (_compile_part(reader, element, tag, decision) for tag in ("if", "then", "else"))

    def choose(scope: Any, run: DecisionRun) -> Any:
        outcome = condition(scope, run)
        if outcome is True:
            return yes(scope, run)
        return no(scope, run) if outcome is False or outcome is None else None

    return choose


def _for(reader: DmnReader, element: etree._Element, decision: str) -> BoxedExpression:
    return for_each(
        element.get("iteratorVariable") or "",
        _compile_part(reader, element, "in", decision),
        _compile_part(reader, element, "return", decision),
    )


def _quantified(reader: DmnReader, element: etree._Element, decision: str) -> BoxedExpression:
    return quantify(
        reader.tag(element) == "some",
        element.get("iteratorVariable") or "",
        _compile_part(reader, element, "in", decision),
        _compile_part(reader, element, "satisfies", decision),
    )


def _filter(reader: DmnReader, element: etree._Element, decision: str) -> BoxedExpression:
    return filter_items(
        _compile_part(reader, element, "in", decision), _compile_part(reader, element, "match", decision)
    )


COMPILERS: dict[str, Callable[[DmnReader, etree._Element, str], BoxedExpression]] = {
    "literalExpression": _literal,
    "decisionTable": _table,
    "context": _context,
    "invocation": _invocation,
    "list": _list,
    "relation": _relation,
    "functionDefinition": _function,
    "conditional": _conditional,
    "for": _for,
    "every": _quantified,
    "some": _quantified,
    "filter": _filter,
}
