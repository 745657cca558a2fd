"""Boxed expressions: literal, table, context, invocation, list, relation, function, and the boxed loops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lxml import etree

from engine.languages.dmn.boxed_iterators import filter_items, for_each, quantify
from engine.languages.dmn.decision_table_parser import read_table
from engine.languages.dmn.evaluation import Boxed, Run, Scope
from engine.languages.dmn.item_types import type_reference
from engine.languages.dmn.xml import Reader
from engine.languages.feel import FunctionValue
from engine.languages.feel.types import FeelType, fit

TAGS = (
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


def null(scope: Any, run: Run) -> None:
    """The boxed expression that is not there."""


def boxed_child(reader: Reader, element: etree._Element, decision: str) -> Boxed | None:
    """The boxed expression inside `element`, or None when there is none."""
    inner = reader.child(element, *TAGS)
    return None if inner is None else boxed(reader, inner, decision)


def boxed(reader: Reader, element: etree._Element, decision: str) -> Boxed:
    """The boxed expression of `element`, its result fitted to its typeRef."""
    reader.nesting += 1
    if reader.nesting > MAX_NESTING:
        raise reader.fail(
            f"La logica è troppo annidata: al massimo {MAX_NESTING} riquadri uno dentro l'altro", element
        )
    made = BUILDERS[reader.tag(element)](reader, element, decision)
    reader.nesting -= 1
    if reader.tag(element) == "functionDefinition":
        return made
    return fitted(reader, made, type_reference(element.get("typeRef")))


def fitted(reader: Reader, made: Boxed, wanted: FeelType | None) -> Boxed:
    """`made` with its result fitted to a type."""
    if wanted is None:
        return made
    types = reader.types
    return lambda scope, run: fit(made(scope, run), wanted, types, run.evaluation)


def _literal(reader: Reader, element: etree._Element, decision: str) -> Boxed:
    text = reader.text(element)
    if not text:
        return null
    expression = reader.expression(text, element)
    return lambda scope, run: expression.run(scope, run.evaluation)


def _table(reader: Reader, element: etree._Element, decision: str) -> Boxed:
    return read_table(reader, element, decision)


def _context(reader: Reader, element: etree._Element, decision: str) -> Boxed:
    """Each entry sees those before it; an entry without a name is the value of the whole."""
    entries: list[tuple[str, Boxed]] = []
    result: Boxed | None = None
    for entry in reader.children(element, "contextEntry"):
        variable = reader.child(entry, "variable")
        value = boxed_child(reader, entry, decision) or null
        if variable is None:
            result = value
        else:
            wanted = type_reference(variable.get("typeRef"))
            inner = reader.child(entry, *TAGS)
            is_function = inner is not None and reader.tag(inner) == "functionDefinition"
            entries.append(
                (variable.get("name") or "", value if is_function else fitted(reader, value, wanted))
            )

    def make(scope: Any, run: Run) -> Any:
        own: dict[str, Any] = {}
        around = Scope(own, scope)
        for name, value in entries:
            own[name] = value(around, run)
        return own if result is None else result(around, run)

    return make


def _invocation(reader: Reader, element: etree._Element, decision: str) -> Boxed:
    callee = boxed_child(reader, element, decision) or null
    bindings: dict[str, Boxed] = {}
    for binding in reader.children(element, "binding"):
        parameter = reader.child(binding, "parameter")
        name = "" if parameter is None else parameter.get("name") or ""
        bindings[name] = fitted(
            reader,
            boxed_child(reader, binding, decision) or null,
            None if parameter is None else type_reference(parameter.get("typeRef")),
        )

    def invoke(scope: Any, run: Run) -> Any:
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


def _list(reader: Reader, element: etree._Element, decision: str) -> Boxed:
    items = [boxed(reader, item, decision) for item in reader.children(element, *TAGS)]
    return lambda scope, run: [item(scope, run) for item in items]


def _relation(reader: Reader, element: etree._Element, decision: str) -> Boxed:
    columns = [column.get("name") or "" for column in reader.children(element, "column")]
    rows = [
        [boxed(reader, cell, decision) for cell in reader.children(row, *TAGS)]
        for row in reader.children(element, "row")
    ]
    if any(len(row) != len(columns) for row in rows):
        raise reader.fail(
            f"Ogni riga della relazione deve avere {len(columns)} celle, una per colonna", element
        )
    return lambda scope, run: [
        dict(zip(columns, (cell(scope, run) for cell in row), strict=True)) for row in rows
    ]


def parameters_of(reader: Reader, element: etree._Element) -> list[tuple[str, FeelType | None]]:
    """Names and types of the formal parameters of a function definition."""
    return [
        (parameter.get("name") or "", type_reference(parameter.get("typeRef")))
        for parameter in reader.children(element, "formalParameter")
    ]


def _function(reader: Reader, element: etree._Element, decision: str) -> Boxed:
    kind = element.get("kind") or "FEEL"
    if kind not in ("FEEL", "F"):
        if reader.strict:
            raise reader.fail(f"Le funzioni {kind} non sono ammesse: scrivi la funzione in FEEL", element)
        return null
    parameters = parameters_of(reader, element)
    body = fitted(
        reader, boxed_child(reader, element, decision) or null, type_reference(element.get("typeRef"))
    )
    return lambda scope, run: function_value(reader, parameters, body, scope, run)


def function_value(
    reader: Reader, parameters: list[tuple[str, FeelType | None]], body: Boxed, scope: Any, run: Run
) -> FunctionValue:
    """A function over a scope; its calls are counted with the others of the run."""
    names = tuple(name for name, _ in parameters)
    types = reader.types

    def apply(values: list[Any]) -> Any:
        evaluation = run.evaluation
        evaluation.spend(len(values) + 1)
        evaluation.enter()
        own = {
            name: fit(value, wanted, types, evaluation)
            for (name, wanted), value in zip(parameters, values, strict=True)
        }
        result = body(Scope(own, scope), run)
        evaluation.leave()
        return result

    return FunctionValue(names, apply)


def _part(reader: Reader, element: etree._Element, tag: str, decision: str) -> Boxed:
    holder = reader.child(element, tag)
    return null if holder is None else boxed_child(reader, holder, decision) or null


def _conditional(reader: Reader, element: etree._Element, decision: str) -> Boxed:
    condition, yes, no = (_part(reader, element, tag, decision) for tag in ("if", "then", "else"))

    def choose(scope: Any, run: Run) -> Any:
        outcome = condition(scope, run)
        if outcome is True:
            return yes(scope, run)
        return no(scope, run) if outcome is False or outcome is None else None

    return choose


def _for(reader: Reader, element: etree._Element, decision: str) -> Boxed:
    return for_each(
        element.get("iteratorVariable") or "",
        _part(reader, element, "in", decision),
        _part(reader, element, "return", decision),
    )


def _quantified(reader: Reader, element: etree._Element, decision: str) -> Boxed:
    return quantify(
        reader.tag(element) == "some",
        element.get("iteratorVariable") or "",
        _part(reader, element, "in", decision),
        _part(reader, element, "satisfies", decision),
    )


def _filter(reader: Reader, element: etree._Element, decision: str) -> Boxed:
    return filter_items(_part(reader, element, "in", decision), _part(reader, element, "match", decision))


BUILDERS: dict[str, Callable[[Reader, etree._Element, str], Boxed]] = {
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
