"""Requirement graphs, business knowledge models, services, boxed expressions and types."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.languages.dmn import DecisionError, parse_decisions

from .models import definitions, table


def model(body: str, **options: Any) -> Any:
    return parse_decisions(definitions(body), source="prova.dmn", **options)


def literal(text: str) -> str:
    return f"<literalExpression><text>{text.replace('<', '&lt;')}</text></literalExpression>"


GRAPH = (
    '<inputData id="in_isee" name="ISEE"><variable name="ISEE" typeRef="number"/></inputData>'
    '<businessKnowledgeModel id="quota" name="quota di spesa"><variable name="quota di spesa"/><encapsulatedLogic>'
    '<formalParameter name="importo" typeRef="number"/><formalParameter name="parte"/>'
    + literal("round half up(importo * parte, 2)")
    + "</encapsulatedLogic></businessKnowledgeModel>"
    '<decision id="fascia" name="fascia"><variable name="fascia"/>'
    '<informationRequirement><requiredInput href="#in_isee"/></informationRequirement>'
    '<decisionTable hitPolicy="FIRST"><input><inputExpression><text>ISEE</text></inputExpression></input>'
    '<output name="fascia"/>'
    '<rule id="f1"><inputEntry><text>&lt;= 6000</text></inputEntry><outputEntry><text>1</text></outputEntry></rule>'
    '<rule id="f2"><inputEntry><text>-</text></inputEntry><outputEntry><text>0.5</text></outputEntry></rule>'
    "</decisionTable></decision>"
    '<decision id="contributo" name="contributo"><variable name="contributo" typeRef="number"/>'
    '<informationRequirement><requiredDecision href="#fascia"/></informationRequirement>'
    '<knowledgeRequirement><requiredKnowledge href="#quota"/></knowledgeRequirement>'
    + literal("quota di spesa(spesa, fascia)")
    + "</decision>"
    '<decisionService id="servizio" name="servizio"><outputDecision href="#contributo"/>'
    '<encapsulatedDecision href="#fascia"/><inputData href="#in_isee"/></decisionService>'
)


def test_a_graph_is_worked_out_and_its_evidence_kept() -> None:
    made = model(GRAPH)
    outcome = made.decide("contributo", {"ISEE": 7000, "spesa": Decimal("1999.99")})
    assert outcome.value == Decimal("1000.00")
    assert [(hit.decision, hit.rule_id) for hit in outcome.matched_rules] == [("fascia", "f2")]
    assert made.inputs("contributo") == ("ISEE", "spesa")
    assert made.inputs("fascia") == ("ISEE",)


def test_functions_of_the_model_can_be_called_from_outside() -> None:
    made = model(GRAPH)
    assert made.invoke("quota di spesa", {"importo": 100, "parte": Decimal("0.333")}).value == Decimal(
        "33.30"
    )
    assert made.invoke("servizio", {"ISEE": 1}).value is None


def test_a_decision_that_requires_itself_is_refused() -> None:
    def decision(name: str, other: str) -> str:
        return (
            f'<decision id="{name}" name="{name}"><informationRequirement><requiredDecision href="#{other}"/>'
            f"</informationRequirement>{literal(other)}</decision>"
        )

    with pytest.raises(DecisionError, match="richiede se stessa"):
        model(decision("a", "b") + decision("b", "c") + decision("c", "a"))


BOXED = {
    "context": (
        '<context><contextEntry><variable name="ore fatte"/>' + literal("n + 1") + "</contextEntry><contextEntry>"
        '<variable name="mancanti"/>' + literal("38 - ore fatte") + "</contextEntry></context>",
        {"ore fatte": Decimal(8), "mancanti": Decimal(30)},
    ),
    "context with a result": (
        '<context><contextEntry><variable name="f"/><functionDefinition><formalParameter name="x"/>'
        + literal("x * n")
        + "</functionDefinition></contextEntry><contextEntry>"
        + literal("f(3)")
        + "</contextEntry></context>",
        Decimal(21),
    ),
    "list": ("<list>" + literal("n") + literal('"a"') + "</list>", [Decimal(7), "a"]),
    "relation": (
        '<relation><column name="nome"/><column name="eta"/><row>'
        + literal('"Ida"')
        + literal("n")
        + "</row></relation>",
        [{"nome": "Ida", "eta": Decimal(7)}],
    ),
    "conditional": (
        f"<conditional><if>{literal('n > 5')}</if><then>{literal('1')}</then><else>{literal('2')}</else></conditional>",
        Decimal(1),
    ),
    "for": (
        f'<for iteratorVariable="i"><in>{literal("1..3")}</in><return>{literal("i * n")}</return></for>',
        None,
    ),
    "for over a list": (
        f'<for iteratorVariable="i"><in>{literal("[1, 2]")}</in><return>{literal("i * n")}</return></for>',
        [Decimal(7), Decimal(14)],
    ),
    "every": (
        f'<every iteratorVariable="i"><in>{literal("[1, 2]")}</in><satisfies>{literal("i < n")}</satisfies></every>',
        True,
    ),
    "some": (
        f'<some iteratorVariable="i"><in>{literal("[1, 9]")}</in><satisfies>{literal("i > n")}</satisfies></some>',
        True,
    ),
    "function": (
        '<context><contextEntry><variable name="triplo"/><functionDefinition><formalParameter name="x"/>'
        + literal("x * 3")
        + "</functionDefinition></contextEntry><contextEntry>"
        + literal("triplo(n)")
        + "</contextEntry></context>",
        Decimal(21),
    ),
    "filter": (
        f"<filter><in>{literal('[1, 8, 9]')}</in><match>{literal('item > n')}</match></filter>",
        [Decimal(8), Decimal(9)],
    ),
    "invocation": (
        "<invocation>"
        + literal("doppio")
        + '<binding><parameter name="x"/>'
        + literal("n")
        + "</binding></invocation>",
        Decimal(14),
    ),
}  # fmt: skip
KNOWLEDGE = (
    '<businessKnowledgeModel id="bk" name="doppio"><encapsulatedLogic><formalParameter name="x"/>'
    + literal("x * 2")
    + "</encapsulatedLogic></businessKnowledgeModel>"
)


@pytest.mark.parametrize("name", [name for name in BOXED if name != "for"])
def test_boxed_expressions(name: str) -> None:
    logic, expected = BOXED[name]
    body = (
        f'{KNOWLEDGE}<decision id="d" name="d"><knowledgeRequirement><requiredKnowledge href="#bk"/>'
        f"</knowledgeRequirement>{logic}</decision>"
    )
    assert model(body).decide("d", {"n": 7}).value == expected


def test_item_definitions_fit_values() -> None:
    body = (
        '<itemDefinition name="tStato"><typeRef>string</typeRef><allowedValues><text>"attivo","sospeso"</text>'
        '</allowedValues></itemDefinition><itemDefinition name="tElenco" isCollection="true"><typeRef>number</typeRef>'
        "</itemDefinition>"
        '<decision id="stato" name="stato"><variable name="stato" typeRef="tStato"/>'
        + literal("s")
        + "</decision>"
        '<decision id="elenco" name="elenco"><variable name="elenco" typeRef="tElenco"/>'
        + literal("s")
        + "</decision>"
    )
    made = model(body)
    assert made.decide("stato", {"s": "attivo"}).value == "attivo"
    assert made.decide("stato", {"s": "chiuso"}).value is None
    assert made.decide("elenco", {"s": 3}).value == [Decimal(3)]


def test_item_definitions_of_contexts_with_allowed_values() -> None:
    body = (
        '<itemDefinition name="tPersona"><itemComponent name="eta"><typeRef>number</typeRef><allowedValues>'
        '<text>[0..120]</text></allowedValues></itemComponent><itemComponent name="nome"><typeRef>string</typeRef>'
        "</itemComponent></itemDefinition>"
        '<inputData id="in" name="p"><variable name="p" typeRef="tPersona"/></inputData>'
        '<decision id="d" name="d"><variable name="d" typeRef="tPersona"/><informationRequirement>'
        '<requiredInput href="#in"/></informationRequirement>' + literal("p") + "</decision>"
    )
    made = model(body)
    assert made.decide("d", {"p": {"nome": "Tea", "eta": 40}}).value == {"nome": "Tea", "eta": Decimal(40)}
    assert made.decide("d", {"p": {"nome": "Tea", "eta": 400}}).value is None
    assert made.decide("d", {"p": {"nome": "Tea"}}).value is None
    assert made.decide("d", {"p": "Tea"}).value is None


def test_endless_recursion_of_knowledge_is_an_error_with_its_place() -> None:
    body = (
        '<businessKnowledgeModel id="bk" name="f"><encapsulatedLogic><formalParameter name="x"/>'
        + literal("f(x + 1)")
        + "</encapsulatedLogic></businessKnowledgeModel>"
        '<decision id="d" name="d"><knowledgeRequirement><requiredKnowledge href="#bk"/></knowledgeRequirement>'
        + literal("f(1)")
        + "</decision>"
    )
    with pytest.raises(DecisionError) as caught:
        model(body).decide("d", {})
    assert caught.value.code == "feel.limit"
    assert caught.value.element == "d"


def test_models_import_each_other() -> None:
    first = parse_decisions(
        definitions(table(["n"], ['name="voce"'], [["> 0", '"sì"']], decision="prima")).replace(
            b'namespace="http://camunda.org/schema/1.0/dmn" exporter',
            b'namespace="http://esempio/prima" exporter',
        ),
        source="prima.dmn",
    )
    body = (
        '<import name="altro modello" namespace="http://esempio/prima" '
        'importType="https://www.omg.org/spec/DMN/20191111/MODEL/"/>'
        '<decision id="d" name="d"><informationRequirement><requiredDecision href="http://esempio/prima#prima"/>'
        "</informationRequirement>" + literal('altro modello.prima = "sì"') + "</decision>"
    )
    assert model(body, imports=[first]).decide("d", {"n": 1}).value is True
    with pytest.raises(DecisionError, match="non porta a nessun elemento"):
        model(body)
