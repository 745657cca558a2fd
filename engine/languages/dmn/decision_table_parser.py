"""Reads a decisionTable element into a table ready to be asked."""

from __future__ import annotations

from lxml import etree

from engine.languages.dmn.decision_table import Column, DecisionTable, Output, Rule
from engine.languages.dmn.errors import DecisionError
from engine.languages.dmn.hit_policies import ABBREVIATIONS, AGGREGATIONS, POLICIES
from engine.languages.dmn.item_types import type_reference
from engine.languages.dmn.xml import Reader, label
from engine.languages.feel import TestColumn

CAMUNDA = ("http://camunda.org/schema/1.0/dmn",)
MAX_RULES = 5_000
MAX_COLUMNS = 100


def read_table(reader: Reader, element: etree._Element, decision: str) -> DecisionTable:
    """The table of a decisionTable element; raises DecisionError where it cannot be."""
    policy, aggregation = _policy(reader, element)
    inputs = list(reader.children(element, "input"))
    outputs = list(reader.children(element, "output"))
    rules = list(reader.children(element, "rule"))
    if not outputs:
        raise reader.fail("La tabella non ha colonne di uscita: aggiungine una", element)
    if len(rules) > MAX_RULES or len(inputs) + len(outputs) > MAX_COLUMNS:
        raise reader.fail(
            f"La tabella è troppo grande: al massimo {MAX_RULES} regole e {MAX_COLUMNS} colonne", element
        )
    if len(outputs) > 1 and aggregation and reader.strict:
        raise reader.fail("COLLECT con un'aggregazione vuole una sola colonna di uscita", element)
    names = frozenset(filter(None, (variable_of(one) for one in inputs)))
    written = [_cells(reader, rule, len(inputs), len(outputs)) for rule in rules]

    def fail(message: str, code: str) -> DecisionError:
        return reader.fail(message, element, code)

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
        fail=fail,
    )


def _policy(reader: Reader, element: etree._Element) -> tuple[str, str]:
    written = (element.get("hitPolicy") or "UNIQUE").strip()
    policy = ABBREVIATIONS.get(written, written)
    if policy not in POLICIES:
        raise reader.fail(
            f"La hit policy «{written}» non esiste: si usa una fra {', '.join(POLICIES)}", element
        )
    aggregation = (element.get("aggregation") or "").strip()
    if aggregation and aggregation not in AGGREGATIONS:
        raise reader.fail(
            f"L'aggregazione «{aggregation}» non esiste: si usa una fra {', '.join(AGGREGATIONS)}", element
        )
    return policy, aggregation if policy == "COLLECT" else ""


Cell = tuple[etree._Element, str]


def _cells(reader: Reader, rule: etree._Element, inputs: int, outputs: int) -> tuple[list[Cell], list[Cell]]:
    """The input and output cells of a rule, with their texts."""
    given = [(cell, reader.text(cell)) for cell in reader.children(rule, "inputEntry")]
    answers = [(cell, reader.text(cell)) for cell in reader.children(rule, "outputEntry")]
    if len(given) != inputs or len(answers) != outputs:
        raise reader.fail(
            f"La regola ha {len(given)} condizioni e {len(answers)} risultati, "
            f"ma la tabella ha {inputs} colonne di ingresso e {outputs} di uscita",
            rule,
        )
    return given, answers


def variable_of(element: etree._Element) -> str:
    """camunda:inputVariable: how cells may call the value of their input."""
    return next((found for space in CAMUNDA if (found := element.get(f"{{{space}}}inputVariable"))), "")


def _column(
    reader: Reader, element: etree._Element, index: int, cells: list[Cell], names: frozenset[str]
) -> Column:
    expression = reader.child(element, "inputExpression")
    asked = reader.text(expression)
    if expression is None or not asked:
        raise reader.fail(
            f"La colonna di ingresso {index + 1} non ha un'espressione: scrivi quale dato esamina", element
        )
    values = reader.child(element, "inputValues")
    allowed = reader.text(values)
    return Column(
        label=(element.get("label") or "").strip() or asked,
        expression=reader.expression(asked, expression, names),
        wanted=type_reference(expression.get("typeRef")),
        variable=variable_of(element),
        allowed=reader.tests(allowed, values) if values is not None and allowed else None,
        cells=_column_cells(reader, cells, names),
    )


def _column_cells(reader: Reader, cells: list[Cell], names: frozenset[str]) -> TestColumn:
    """The distinct cells of a column with the rules that use each, as bits; dashes are left out."""
    rules: dict[str, int] = {}
    first: dict[str, etree._Element] = {}
    for number, (element, text) in enumerate(cells):
        if text and text != "-":
            rules[text] = rules.get(text, 0) | 1 << number
            first.setdefault(text, element)
    return reader.column(list(rules.items()), first, names)


def _output(reader: Reader, element: etree._Element, index: int, count: int) -> Output:
    name = (element.get("name") or "").strip()
    if not name and count > 1:
        name = (element.get("label") or "").strip()
        if not name:
            raise reader.fail(
                f"La colonna di uscita {index + 1} non ha un nome: con più colonne serve", element
            )
    values, default = reader.child(element, "outputValues"), reader.child(element, "defaultOutputEntry")
    listed, otherwise = reader.text(values), reader.text(default)
    return Output(
        name=name,
        wanted=type_reference(element.get("typeRef")),
        values=reader.expression(f"[{listed}]", values) if values is not None and listed else None,
        default=reader.expression(otherwise, default) if default is not None and otherwise else None,
    )


def _rule(
    reader: Reader, element: etree._Element, row: tuple[list[Cell], list[Cell]], names: frozenset[str]
) -> Rule:
    given, answers = row
    notes = [reader.text(note) for note in reader.children(element, "annotationEntry")]
    description = reader.child(element, "description")
    if description is not None and description.text:
        notes.append(description.text.strip())
    return Rule(
        rule_id=label(element),
        annotation="; ".join(note for note in notes if note),
        conditions=tuple(text or "-" for _, text in given),
        outputs=tuple(reader.expression(text or "null", cell, names) for cell, text in answers),
    )
