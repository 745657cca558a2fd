"""Files that cannot be read: refused whole, with file, element, line and what to do."""

from __future__ import annotations

import pytest

from engine.languages.dmn import DecisionError, parse_decisions

from .models import definitions, table


def refusal(xml: bytes) -> DecisionError:
    with pytest.raises(DecisionError) as caught:
        parse_decisions(xml, source="prova.dmn")
    error = caught.value
    assert error.source == "prova.dmn"
    assert str(error).startswith("prova.dmn")
    return error


def test_an_expression_that_cannot_be_read_has_element_line_and_column() -> None:
    error = refusal(definitions(table(["eta"], ['name="voce"'], [["> 3", "1"], ["> = 3", "2"]])))
    assert error.element == "esito_r2_c0"
    assert error.code == "feel.syntax"
    assert error.line == 12
    assert "riga 1, colonna 3" in error.message


@pytest.mark.parametrize(
    ("body", "said", "element"),
    [
        (table(["eta"], ['name="a"'], [["1", "2"]], policy='hitPolicy="BEST"'), "BEST", "esito_t"),
        (table(["eta"], ['name="a"'], [["1"]]), "2 colonne|1 colonne di ingresso", "esito_r1"),
        (table(["eta"], [], [["1"]]), "colonne di uscita", "esito_t"),
        (table([""], ['name="a"'], [["1", "2"]]), "non ha un'espressione", "esito_i0"),
        ('<decision id="d" name="d"/>', "non ha una logica", "d"),
        (
            '<decision id="d" name="d"><literalExpression id="l" expressionLanguage="groovy"><text>1</text>'
            "</literalExpression></decision>",
            "groovy",
            "l",
        ),
        (
            '<decision id="d" name="d"><informationRequirement id="ir"><requiredDecision href="#x"/>'
            "</informationRequirement><literalExpression><text>1</text></literalExpression></decision>",
            "#x",
            "ir",
        ),
        (
            '<businessKnowledgeModel id="bk" name="f"><encapsulatedLogic kind="Java"/></businessKnowledgeModel>',
            "Java",
            "bk",
        ),
        ('<decision id="d" name="a"/><decision id="d" name="b"/>', "", "d"),
    ],
)
def test_what_is_refused_says_what_to_do(body: str, said: str, element: str) -> None:
    error = refusal(definitions(body))
    assert error.element == element
    assert error.line > 0
    assert any(part in error.message for part in said.split("|"))


HOSTILE = {
    "laughs": b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><definitions xmlns='
    b'"https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="&b;" namespace="n"/>',
    "file": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><definitions xmlns='
    b'"https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="n"><description>&a;'
    b"</description></definitions>",
    "not xml": b"{}",
    "empty": b"",
    "other": b"<html/>",
    "deep": b"<a>" * 5_000 + b"</a>" * 5_000,
    "large": b"<a>" + b" " * (5 << 20) + b"</a>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files(name: str) -> None:
    refusal(HOSTILE[name])


def test_deeply_boxed_logic_is_refused() -> None:
    logic = "<list>" * 150 + "<literalExpression><text>1</text></literalExpression>" + "</list>" * 150
    refusal(definitions(f'<decision id="d" name="d">{logic}</decision>'))


def test_unknown_decision_lists_those_there_are() -> None:
    model = parse_decisions(definitions(table(["n"], ['name="a"'], [["1", "2"]])), source="prova.dmn")
    with pytest.raises(DecisionError, match="esito"):
        model.decide("altra", {})
