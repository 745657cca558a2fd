"""Conditions of other dialects: the simple ones mean the same in FEEL, the others say why they do not."""

from __future__ import annotations

from typing import Any

import pytest

from engine.languages.feel import (
    FeelSyntaxError,
    compile_expression,
    contains_juel,
    juel_to_feel,
    python_to_feel,
    translate_if_python,
)

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
        ("${!ammesso}", "(ammesso != true)", False),
        ("${eta >= 18 && stato == 'attivo'}", 'eta >= 18 and stato = "attivo"', True),
        ("${eta lt 18 || stato ne \"attivo\"}", 'eta < 18 or stato != "attivo"', False),
        ("${empty note}", 'list contains([null, "", [], {}], note)', True),
        ("${not empty righe}", 'not(list contains([null, "", [], {}], righe))', False),
        ("${caso.importo > 1000 ? 'alto' : 'basso'}", 'if caso.importo > 1000 then "alto" else "basso"', "alto"),
        ("${(eta + 1) * 2 == 80}", "(eta + 1) * 2 = 80", True),
        ("${eta % 2 == 1}", "modulo(eta, 2) = 1", True),
        ("${ammesso == eta > 18}", "ammesso = (eta > 18)", True),
        ("Età: ${eta} (${stato})${manca}",
         'string join(["Età: ", string(eta), " (", string(stato), ")", string(manca)])',
         "Età: 39 (attivo)"),
        ("P${eta}D", 'string join(["P", string(eta), "D"])', "P39D"),
        ("${stato == 'dell\\'anno \"2016\"'}", 'stato = "dell\'anno \\"2016\\""', False),
    ],
)  # fmt: skip
def test_simple_expressions_are_translated(text: str, feel: str, value: Any) -> None:
    assert contains_juel(text)
    assert juel_to_feel(text) == feel
    assert compile_expression(feel).evaluate(VARIABLES) == value


@pytest.mark.parametrize(
    ("value", "empty", "no"),
    [(None, True, True), ("", True, None), ("a", False, None), ([], True, None), ([1], False, None), ({}, True, None),
     ({"a": 1}, False, None), (3, False, None), (True, False, False), (False, False, True)],
)  # fmt: skip
def test_what_is_not_there_is_empty_and_not_true(value: Any, empty: bool, no: bool | None) -> None:

    def told(text: str) -> Any:
        return compile_expression(juel_to_feel(text)).evaluate({"x": value})

    assert told("${empty x}") is empty
    assert told("${!empty x}") is not empty
    assert told("${!x}") is no
    assert told("${!(x > 3)}") is True, "what cannot be compared is not greater"


@pytest.mark.parametrize(
    "text",
    ["${execution.getVariable('a')}", "${servizio.fai(x)}", "${righe[0]}", "${a ==}", "${a", "${}", "${a b}",
     "${a ? b}", "a ${b", "${a} ${b", "${'" * 1_000, "${" * 2_000, "${" * 20_000,
     "${" + "(" * 500 + "a" + ")" * 500 + "}", "${" + "!" * 5_000 + "a}"],
)  # fmt: skip
def test_others_are_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        juel_to_feel(text)
    assert caught.value.message


@pytest.mark.parametrize(
    ("text", "feel", "value"),
    [
        ("eta == 39 and stato != 'chiuso'", 'eta = 39 and stato != "chiuso"', True),
        ("not ammesso or eta < 18", "not(ammesso) or eta < 18", False),
        ("18 <= eta <= 39", "18 <= eta and eta <= 39", True),
        ("caso.importo > 1000 and note is not None", "caso.importo > 1000 and note != null", True),
        ("stato in ['attivo', 'sospeso']", 'list contains(["attivo", "sospeso"], stato)', True),
        ("stato not in ('attivo',)", 'not(list contains(["attivo"], stato))', False),
        ("ammesso == True", "ammesso = true", True),
        ("-eta + 1 == -38", "(-eta + 1) = -38", True),
        ("eta % 2 == 1 and eta // 2 == 19", "modulo(eta, 2) = 1 and floor(eta / 2) = 19", True),
        ("caso['importo'] == 1500", "caso.importo = 1500", True),
        ("(ammesso == True) == (eta > 3)", "(ammesso = true) = (eta > 3)", True),
    ],
)
def test_plain_python_conditions_are_translated(text: str, feel: str, value: Any) -> None:
    assert python_to_feel(text) == feel
    assert compile_expression(feel).evaluate(VARIABLES) is value


@pytest.mark.parametrize(
    ("text", "feel"),
    [
        ("${execution.getVariable('eta') >= 18}", "eta >= 18"),
        ("${righe[0].nome == 'a'}", 'righe[1].nome = "a"'),
        ("${caso['importo'] > 3}", "caso.importo > 3"),
        ("${righe.size() > 0 && !righe.isEmpty()}", "count(righe) > 0 and ((count(righe) = 0) != true)"),
        ("${stato.equals('a')}", 'stato = "a"'),
        ("${servizio.calcola(eta) > 3}", "esito > 3"),
        ("${now()}", "adesso()"),
    ],
)
def test_a_camunda_expression_beyond_the_simple_ones_is_refused_with_its_feel(text: str, feel: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        juel_to_feel(text)
    assert caught.value.message.endswith(f"Scrivila in FEEL: {feel}")


@pytest.mark.parametrize(
    ("text", "feel"),
    [
        ("len(righe) > 0", "count(righe) > 0"),
        ("righe[0] == 1 or righe[-1] == 2", "righe[1] = 1 or righe[-1] = 2"),
        ("'a' in stato", 'list contains(stato, "a")'),
        ("any(r > 3 for r in righe)", "(some r in righe satisfies r > 3)"),
        (
            "inizio + timedelta(days=3, hours=2) < datetime.now()",
            '(inizio + duration("P3DT2H0M")) < adesso()',
        ),
        ("stato.lower() == 'a'", 'lower case(stato) = "a"'),
        ("eta(nascita, oggi()) == 18", "eta(nascita, oggi()) = 18"),
    ],
)
def test_python_beyond_comparisons_is_refused_with_its_feel(text: str, feel: str) -> None:
    with pytest.raises(FeelSyntaxError) as caught:
        python_to_feel(text)
    assert caught.value.message.endswith(f"scrivila in FEEL: {feel}")


@pytest.mark.parametrize(
    ("text", "names", "feel"),
    [
        ("eta = 3", {"eta"}, "eta = 3"),
        ("eta in [1, 2] or eta in (3, 4)", {"eta"}, "eta in [1, 2] or eta in (3, 4)"),
        ("18 <= eta <= 39", {"eta"}, "18 <= eta and eta <= 39"),
        ("ammesso != True", {"ammesso", "True"}, "ammesso != true"),
        ("eta == 3", None, "eta = 3"),
        ("eta = = 3", None, "eta = = 3"),
        ("len(righe) == 3", None, "len(righe) == 3"),
    ],
)
def test_only_what_is_not_feel_or_always_null_is_read_as_python(
    text: str, names: set[str] | None, feel: str
) -> None:
    assert translate_if_python(text, None if names is None else frozenset(names)) == feel


@pytest.mark.parametrize(
    "text",
    ["len(righe) > 0", "righe[0]", "__import__('os')", "lambda: 1", "x :=", "[a for a in b]", "f'{a}'",
     "(" * 500 + "a" + ")" * 500, "a.b()", "eta in x"],
)  # fmt: skip
def test_other_python_is_refused(text: str) -> None:
    with pytest.raises(FeelSyntaxError, match="scrivila in FEEL"):
        python_to_feel(text)
