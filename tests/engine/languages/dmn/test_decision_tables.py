"""Decision tables: hit policies, evidence, types, what analysts' editors write."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.languages.dmn import DecisionError, DecisionOutcome, parse_decisions

from .models import NAMESPACE, definitions, table


def decide(body: str, decision: str = "esito", **variables: Any) -> DecisionOutcome:
    return parse_decisions(definitions(body), source="prova.dmn").decide(decision, variables)


REQUISITI = table(
    ["eta", "stato"],
    ['name="esito"'],
    [
        ["< 18", "-", '"minore"'],
        ["[18..39]", '"disoccupato","inoccupato"', '"ammesso"', "DGR 2016, art. 3"],
        ["[18..39]", 'not("disoccupato","inoccupato")', '"non ammesso"'],
    ],
)


def test_unique_table_answers_and_says_why() -> None:
    outcome = decide(REQUISITI, eta=39, stato="disoccupato")
    assert outcome.value == "ammesso"
    (hit,) = outcome.matched_rules
    assert (hit.rule, hit.rule_id, hit.annotation) == (2, "esito_r2", "DGR 2016, art. 3")
    assert (
        hit.sentence == 'regola 2: eta 39 è in [18..39], stato "disoccupato" è fra "disoccupato","inoccupato"'
    )
    assert outcome.unmatched_rules == ()


def test_when_no_rule_hits_each_says_where_it_stumbled() -> None:
    outcome = decide(REQUISITI, eta=40, stato="disoccupato")
    assert outcome.value is None
    assert outcome.sentences == (
        "regola 1: eta 40 non è < 18",
        "regola 2: eta 40 non è in [18..39]",
        "regola 3: eta 40 non è in [18..39]",
    )
    assert decide(REQUISITI, stato="x").sentences[1] == "regola 2: eta manca (serve [18..39])"


def two_hits(policy: str, outputs: list[str] | None = None) -> str:
    return table(
        ["n"],
        outputs or ['name="voce"'],
        [["> 0", "10"], ["> 5", "30"], ["> 5", "20"], ["> 100", "40"]],
        policy=policy,
    )


def test_unique_is_checked() -> None:
    with pytest.raises(DecisionError, match="1, 2 e 3 valgono insieme") as caught:
        decide(two_hits('hitPolicy="UNIQUE"'), n=7)
    assert caught.value.code == "decision.conflict"
    assert caught.value.element == "esito_t"
    assert caught.value.line > 1


def test_any_is_checked() -> None:
    agreeing = table(["n"], ['name="voce"'], [["> 0", '"sì"'], ["> 5", '"sì"']], policy='hitPolicy="ANY"')
    assert decide(agreeing, n=7).value == "sì"
    with pytest.raises(DecisionError, match="risultati diversi"):
        decide(two_hits('hitPolicy="ANY"'), n=7)


PRIORITIES = [
    '<output id="o" name="voce"><outputValues id="v"><text>20, 30, 10</text></outputValues></output>'
]


@pytest.mark.parametrize(
    ("policy", "outputs", "expected"),
    [
        ('hitPolicy="FIRST"', None, 10),
        ('hitPolicy="RULE ORDER"', None, [10, 30, 20]),
        ('hitPolicy="COLLECT"', None, [10, 30, 20]),
        ('hitPolicy="COLLECT" aggregation="SUM"', None, 60),
        ('hitPolicy="COLLECT" aggregation="MIN"', None, 10),
        ('hitPolicy="COLLECT" aggregation="MAX"', None, 30),
        ('hitPolicy="COLLECT" aggregation="COUNT"', None, 3),
        ('hitPolicy="PRIORITY"', PRIORITIES, 20),
        ('hitPolicy="OUTPUT ORDER"', PRIORITIES, [20, 30, 10]),
    ],
)
def test_hit_policies(policy: str, outputs: list[str] | None, expected: Any) -> None:
    assert decide(two_hits(policy, outputs), n=7).value == expected


def test_evidence_of_a_list_names_every_hit_and_of_a_priority_the_one_that_won() -> None:
    assert [hit.rule for hit in decide(two_hits('hitPolicy="COLLECT"'), n=7).matched_rules] == [1, 2, 3]
    assert [hit.rule for hit in decide(two_hits('hitPolicy="PRIORITY"', PRIORITIES), n=7).matched_rules] == [
        3
    ]


def test_no_hit_gives_the_default_or_an_empty_answer() -> None:
    default = [
        '<output id="o" name="voce"><defaultOutputEntry id="d"><text>"nessuna"</text></defaultOutputEntry></output>'
    ]
    assert decide(two_hits('hitPolicy="FIRST"', default), n=-1).value == "nessuna"
    assert decide(two_hits('hitPolicy="FIRST"'), n=-1).value is None
    assert decide(two_hits('hitPolicy="COLLECT"'), n=-1).value == []
    assert decide(two_hits('hitPolicy="COLLECT" aggregation="COUNT"'), n=-1).value == 0


def test_several_outputs_are_a_context() -> None:
    body = table(["n"], ['name="voce"', 'name="tetto"'], [["> 0", '"contributo"', "n * 100"]])
    assert decide(body, n=20).value == {"voce": "contributo", "tetto": Decimal(2000)}


def test_cells_read_other_inputs_and_functions() -> None:
    body = table(["spesa", "data"], ['name="voce"'], [["<= tetto - 100", '>= date("2016-03-14")', "true"]])
    assert decide(body, spesa=1900, tetto=2000, data=dt.date(2016, 3, 14)).value is True
    assert decide(body, spesa=1901, tetto=2000, data=dt.date(2016, 3, 14)).value is None


def test_what_the_modeler_writes_is_read() -> None:
    body = """<decision id="esito" name="Esito"><extensionElements/><decisionTable id="t">
      <input id="i" label="Data di nascita" camunda:inputVariable="nascita"><inputExpression id="e" typeRef="date">
      <text>nato_il</text></inputExpression><inputValues id="iv"><text></text></inputValues></input>
      <input id="i2"><inputExpression id="e2" typeRef="integer"><text>eta</text></inputExpression></input>
      <output id="o" label="Esito" name="esito" typeRef="string"/>
      <rule id="r"><inputEntry id="c"><text>nascita &lt; date("1980-01-01")</text></inputEntry>
      <inputEntry id="c2" expressionLanguage="feel"><text></text></inputEntry>
      <outputEntry id="a"><text>"anziano"</text></outputEntry></rule></decisionTable></decision>
      <dmndi:DMNDI xmlns:dmndi="https://www.omg.org/spec/DMN/20191111/DMNDI/"><dmndi:DMNDiagram/></dmndi:DMNDI>"""
    model = parse_decisions(definitions(body), source="prova.dmn")
    assert model.decision_ids == ("esito",)
    assert model.names == {"esito": "Esito"}
    assert model.inputs("esito") == ("eta", "nato_il")
    for born in (dt.date(1976, 2, 10), "1976-02-10"):
        assert model.decide("Esito", {"nato_il": born}).value == "anziano"


@pytest.mark.parametrize("year", ["http://www.omg.org/spec/DMN/20151101/dmn.xsd", "http://www.omg.org/spec/DMN/20180521/MODEL/",
                                  NAMESPACE, "https://www.omg.org/spec/DMN/20230324/MODEL/"])  # fmt: skip
def test_versions_of_the_standard(year: str) -> None:
    model = parse_decisions(definitions(REQUISITI, year), source="prova.dmn")
    assert model.decide("esito", {"eta": 5}).value == "minore"


def test_one_model_asked_many_times_keeps_nothing() -> None:
    model = parse_decisions(definitions(REQUISITI), source="prova.dmn")
    for _ in range(3):
        assert len(model.decide("esito", {"eta": 5}).matched_rules) == 1


bounds = st.integers(-20, 20)


@settings(max_examples=40, deadline=None)
@given(
    rules=st.lists(st.tuples(bounds, bounds, st.integers(0, 9)), min_size=1, max_size=8),
    asked=st.integers(-22, 22),
)
def test_hit_policies_are_what_python_would_say(rules: list[tuple[int, int, int]], asked: int) -> None:
    """Tables nobody chose: the rules that hit are those whose range holds the value, in their order."""
    cells = [[f"[{min(low, high)}..{max(low, high)}]", str(answer)] for low, high, answer in rules]
    hits = [answer for low, high, answer in rules if min(low, high) <= asked <= max(low, high)]

    def told(policy: str) -> Any:
        return decide(table(["n"], ['name="voce"'], cells, policy=policy), n=asked).value

    assert told('hitPolicy="COLLECT"') == hits
    assert told('hitPolicy="RULE ORDER"') == hits
    assert told('hitPolicy="FIRST"') == (hits[0] if hits else None)
    assert told('hitPolicy="COLLECT" aggregation="COUNT"') == len(hits)
    assert told('hitPolicy="COLLECT" aggregation="SUM"') == (sum(hits) if hits else None)
    assert told('hitPolicy="COLLECT" aggregation="MAX"') == max(hits, default=None)
    assert told('hitPolicy="COLLECT" aggregation="MIN"') == min(hits, default=None)
    for policy, fine in (("UNIQUE", len(hits) < 2), ("ANY", len(set(hits)) < 2)):
        if fine:
            assert told(f'hitPolicy="{policy}"') == (hits[0] if hits else None)
        else:
            with pytest.raises(DecisionError):
                told(f'hitPolicy="{policy}"')


def test_a_value_that_is_not_allowed_meets_no_rule() -> None:
    body = table(["stato"], ['name="voce"'], [["-", "1"]]).replace(
        "</inputExpression></input>",
        '</inputExpression><inputValues><text>"attivo","sospeso"</text></inputValues></input>',
    )
    assert decide(body, stato="attivo").value == 1
    assert decide(body, stato="chiuso").value is None


def test_a_function_that_does_not_exist_is_refused_with_its_cell() -> None:
    with pytest.raises(DecisionError, match="«coutn» non esiste: forse «count»") as caught:
        decide(table(["n"], ['name="voce"'], [["> 0", "1"], ["> coutn([n])", "2"]]), n=1)
    assert caught.value.element == "esito_r2_c0"
