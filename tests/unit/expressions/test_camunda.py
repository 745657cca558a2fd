"""Conditions of other dialects: the simple ones mean the same in FEEL, the others say why they do not."""

from __future__ import annotations

from typing import Any

import pytest

from engine.expressions import FeelSyntaxError, compile_expression, from_camunda, from_python, is_camunda

VARIABLES: dict[str, Any] = {
    "eta": 39,
    "stato": "attivo",
    "ammesso": True,
    "note": "",
    "righe": [],
    "caso": {"importo": 1500},
}


@pytest.mark.parametrize(
    ("text", "feel", "value"),
    [
        ("${ammesso}", "ammesso", True),
        ("#{eta == 39}", "eta = 39", True),
        ("${!ammesso}", "not(ammesso)", False),
        ("${eta >= 18 && stato == 'attivo'}", 'eta >= 18 and stato = "attivo"', True),
        ("${eta lt 18 || stato ne \"attivo\"}", 'eta < 18 or stato != "attivo"', False),
        ("${empty note}", '(note = null or note = "" or note = [])', True),
        ("${not empty righe}", 'not(righe = null or righe = "" or righe = [])', False),
        ("${caso.importo > 1000 ? 'alto' : 'basso'}", 'if caso.importo > 1000 then "alto" else "basso"', "alto"),
        ("${(eta + 1) * 2 == 80}", "(eta + 1) * 2 = 80", True),
        ("${eta % 2 == 1}", "modulo(eta, 2) = 1", True),
        ("${stato == 'dell\\'anno \"2016\"'}", 'stato = "dell\'anno \\"2016\\""', False),
    ],
)  # fmt: skip
def test_simple_expressions_are_translated(text: str, feel: str, value: Any) -> None:
    assert is_camunda(text)
    assert from_camunda(text) == feel
    assert compile_expression(feel).evaluate(VARIABLES) == value


@pytest.mark.parametrize(
    "text",
    ["${execution.getVariable('a')}", "${servizio.fai(x)}", "${righe[0]}", "${a ==}", "${a", "${}", "${a b}",
     "${a ? b}", "${" + "(" * 500 + "a" + ")" * 500 + "}", "${" + "!" * 5_000 + "a}"],
)  # fmt: skip
def test_others_are_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        from_camunda(text)
    assert caught.value.message


@pytest.mark.parametrize(
    ("text", "feel", "value"),
    [
        ("eta == 39 and stato != 'chiuso'", '(eta = 39 and stato != "chiuso")', True),
        ("not ammesso or eta < 18", "(not(ammesso) or eta < 18)", False),
        ("18 <= eta <= 39", "(18 <= eta and eta <= 39)", True),
        ("caso.importo > 1000 and note is not None", "(caso.importo > 1000 and note != null)", True),
        ("stato in ['attivo', 'sospeso']", 'list contains(["attivo", "sospeso"], stato)', True),
        ("stato not in ('attivo',)", 'not(list contains(["attivo"], stato))', False),
        ("ammesso == True", "ammesso = true", True),
        ("-eta + 1 == -38", "(-eta + 1) = -38", True),
    ],
)
def test_plain_python_conditions_are_translated(text: str, feel: str, value: Any) -> None:
    assert from_python(text) == feel
    assert compile_expression(feel).evaluate(VARIABLES) is value


@pytest.mark.parametrize(
    "text",
    ["len(righe) > 0", "righe[0]", "__import__('os')", "lambda: 1", "a if b else c", "x :=", "[a for a in b]", "f'{a}'",
     "(" * 500 + "a" + ")" * 500, "a.b()", "eta in x"],
)  # fmt: skip
def test_other_python_is_refused(text: str) -> None:
    with pytest.raises(FeelSyntaxError, match="scrivila in FEEL"):
        from_python(text)
