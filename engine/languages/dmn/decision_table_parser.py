"""Parses a decisionTable element."""

from __future__ import annotations

from functools import partial

from lxml import etree

from engine.languages.dmn.decision_table import DecisionRule, DecisionTable, InputClause, OutputClause
from engine.languages.dmn.hit_policies import ABBREVIATIONS, AGGREGATIONS, POLICIES
from engine.languages.dmn.item_types import type_reference
from engine.languages.dmn.xml import DmnReader, element_label
from engine.languages.feel import UnaryTestColumn

CAMUNDA = ("http://camunda.org/schema/1.0/dmn",)
MAX_RULES = 5_000
MAX_COLUMNS = 100


def parse_decision_table(reader: DmnReader, element: etree._Element, decision: str) -> DecisionTable:
    """The table of a decisionTable element. Raises DecisionError when it is not valid."""
    policy, aggregation = _policy(reader, element)
    inputs = list(reader.children(element, "input"))
    outputs = list(reader.children(element, "output"))
    rules = list(reader.children(element, "rule"))
    if not outputs:
        raise reader.error("DMN_NO_OUTPUTS", element)
    if len(rules) > MAX_RULES or len(inputs) + len(outputs) > MAX_COLUMNS:
        raise reader.error("DMN_TABLE_TOO_LARGE", element, rules=MAX_RULES, columns=MAX_COLUMNS)
    if len(outputs) > 1 and aggregation and reader.strict:
        raise reader.error("DMN_AGGREGATION_OUTPUTS", element)
    names = frozenset(filter(None, (input_variable(one) for one in inputs)))
    written = [_cells(reader, rule, len(inputs), len(outputs)) for rule in rules]

    return DecisionTable(
        decision=decision,
        policy=policy,
        aggregation=aggregation,
        columns=tuple(
            _column(reader, one, index, [row[0][index] for row in written], names)
            for index, one in enumerate(inputs)
        ),
        outputs=tuple(_output(reader, one, index, len(outputs)) for index, one in enumerate(outputs)),
        rules=tuple(_rule(reader, rule, row, names) for rule, row in zip(rules, written, strict=True)),
        types=reader.types,
        error=partial(reader.error, element=element),
    )


def _policy(reader: DmnReader, element: etree._Element) -> tuple[str, str]:
    written = (element.get("hitPolicy") or "UNIQUE").strip()
    policy = ABBREVIATIONS.get(written, written)
    if policy not in POLICIES:
        raise reader.error("DMN_UNKNOWN_HIT_POLICY", element, policy=written, policies=POLICIES)
    aggregation = (element.get("aggregation") or "").strip()
    if aggregation and aggregation not in AGGREGATIONS:
        raise reader.error(
            "DMN_UNKNOWN_AGGREGATION", element, aggregation=aggregation, aggregations=tuple(AGGREGATIONS)
        )
    return policy, aggregation if policy == "COLLECT" else ""


Cell = tuple[etree._Element, str]


def _cells(
    reader: DmnReader, rule: etree._Element, inputs: int, outputs: int
) -> tuple[list[Cell], list[Cell]]:
    """The input and output cells of a rule, with their texts."""
    given = [(cell, reader.text(cell)) for cell in reader.children(rule, "inputEntry")]
    answers = [(cell, reader.text(cell)) for cell in reader.children(rule, "outputEntry")]
    if len(given) != inputs or len(answers) != outputs:
        raise reader.error(
            "DMN_RULE_CELLS",
            rule,
            conditions=len(given),
            results=len(answers),
            inputs=inputs,
            outputs=outputs,
        )
    return given, answers


def input_variable(element: etree._Element) -> str:
    """camunda:inputVariable: the name by which cells may read the value of their input."""
    return next((found for space in CAMUNDA if (found := element.get(f"{{{space}}}inputVariable"))), "")


def _column(
    reader: DmnReader, element: etree._Element, index: int, cells: list[Cell], names: frozenset[str]
) -> InputClause:
    expression = reader.child(element, "inputExpression")
    expression_text = reader.text(expression)
    if expression is None or not expression_text:
        raise reader.error("DMN_INPUT_WITHOUT_EXPRESSION", element, column=index + 1)
    values = reader.child(element, "inputValues")
    allowed = reader.text(values)
    return InputClause(
        label=(element.get("label") or "").strip() or expression_text,
        expression=reader.expression(expression_text, expression, names),
        declared_type=type_reference(expression.get("typeRef")),
        variable=input_variable(element),
        allowed=reader.tests(allowed, values) if values is not None and allowed else None,
        cells=_column_cells(reader, cells, names),
    )


def _column_cells(reader: DmnReader, cells: list[Cell], names: frozenset[str]) -> UnaryTestColumn:
    """The distinct cells of a column with the rules that use each, as bits; dashes are left out."""
    rules: dict[str, int] = {}
    first: dict[str, etree._Element] = {}
    for number, (element, text) in enumerate(cells):
        if text and text != "-":
            rules[text] = rules.get(text, 0) | 1 << number
            first.setdefault(text, element)
    return reader.column(list(rules.items()), first, names)


def _output(reader: DmnReader, element: etree._Element, index: int, count: int) -> OutputClause:
    name = (element.get("name") or "").strip()
    if not name and count > 1:
        name = (element.get("label") or "").strip()
        if not name:
            raise reader.error("DMN_OUTPUT_WITHOUT_NAME", element, column=index + 1)
    values, default = reader.child(element, "outputValues"), reader.child(element, "defaultOutputEntry")
    listed, otherwise = reader.text(values), reader.text(default)
    return OutputClause(
        name=name,
        declared_type=type_reference(element.get("typeRef")),
        values=reader.expression(f"[{listed}]", values) if values is not None and listed else None,
        default=reader.expression(otherwise, default) if default is not None and otherwise else None,
    )


def _rule(
    reader: DmnReader, element: etree._Element, row: tuple[list[Cell], list[Cell]], names: frozenset[str]
) -> DecisionRule:
    given, answers = row
    notes = [reader.text(note) for note in reader.children(element, "annotationEntry")]
    description = reader.child(element, "description")
    if description is not None and description.text:
        notes.append(description.text.strip())
    return DecisionRule(
        rule_id=element_label(element),
        annotation="; ".join(note for note in notes if note),
        conditions=tuple(text or "-" for _, text in given),
        outputs=tuple(reader.expression(text or "null", cell, names) for cell, text in answers),
    )
