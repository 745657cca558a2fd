"""Conditions, lists of rows, computed fields, drafts: what shows and what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ExecutionFailed
from engine.languages.forms import Form, parse_form
from tests.engine.languages.forms.forms import component, form_of
from tests.form_answers import posted, visible
from tests.web.forms.galleria import FILE, VARIABLES

REQUIRED = {"validate": {"required": True}}


def hidden_when(condition: str) -> dict[str, Any]:
    return {"conditional": {"hide": f"={condition}"}}


def test_a_hidden_field_is_neither_asked_nor_kept() -> None:
    form = form_of(
        component("textfield", "esito"),
        component("textfield", "motivo", **REQUIRED, **hidden_when('esito = "approva"')),
    )
    assert form.read({"esito": ["approva"], "motivo": ["vecchio"]}, {"motivo": "prima"}).values == {
        "esito": "approva"
    }
    assert list(form.read({"esito": ["respinge"]}, {}).errors) == ["motivo"]
    assert visible(form, {"esito": "approva"}) == {"esito"}
    assert visible(form, {"esito": "respinge"}) == {"esito", "motivo"}


def test_a_condition_that_is_null_hides_nothing() -> None:
    form = form_of(component("textfield", **hidden_when("assente > 3")))
    assert visible(form, {}) == {"campo"}


def test_what_is_hidden_counts_as_not_answered() -> None:
    form = form_of(
        component("checkbox", "a"),
        component("textfield", "b", **hidden_when("a != true")),
        component("textfield", "c", **hidden_when("b = null")),
    )
    assert form.validate({"a": False, "b": "x", "c": "y"}, {}).values == {"a": False}
    assert form.validate({"a": True, "b": "x", "c": "y"}, {}).values == {"a": True, "b": "x", "c": "y"}


def test_conditions_that_chase_each_other_come_to_rest() -> None:
    form = form_of(
        component("textfield", "a", **hidden_when("a = null or b != null")),
        component("textfield", "b", **hidden_when("a != null")),
    )
    assert form.validate({"a": "x", "b": "y"}, {}).values == {"b": "y"}
    wavering = form_of(component("textfield", "a", **hidden_when("a != null")), component("textfield", "b"))
    assert visible(wavering, {"a": "x", "b": "y"}) == {"b"}, "what wavers stays hidden"
    assert wavering.validate({"a": "x", "b": "y"}, {}).values == {"b": "y"}


def test_a_hidden_group_hides_what_it_holds() -> None:
    form = form_of(
        component("checkbox", "serve"),
        component(
            "group", "g", components=[component("textfield", "a", **REQUIRED)], **hidden_when("not(serve)")
        ),
    )
    assert form.validate({"serve": False}, {}).values == {"serve": False}
    assert form.validate({"serve": True, "g": {"a": "x"}}, {}).values == {"serve": True, "g": {"a": "x"}}
    assert list(form.validate({"serve": True}, {}).errors) == ["g.a"]


ROWS = component(
    "dynamiclist",
    "righe",
    components=[
        component("textfield", "nome", **REQUIRED),
        component("number", "eta"),
        component("textfield", "scuola", **hidden_when("eta >= soglia or this.eta = null")),
    ],
    properties={"massimo": "3"},
)


def test_rows_of_a_page_may_have_gaps_and_blanks() -> None:
    form = form_of(ROWS, component("number", "soglia"))
    outcome = form.read(
        {
            "righe": [""],
            "righe[0]": [""],
            "righe[0].nome": [" "],
            "righe[4].nome": ["Ada"],
            "righe[4].eta": ["4"],
            "righe[7].eta": ["81"],
            "righe[7].scuola": ["x"],
            "soglia": ["18"],
        },
        {},
    )
    assert outcome.values["righe"] == [
        {"nome": "Ada", "eta": Decimal(4), "scuola": None},
        {"nome": None, "eta": Decimal(81)},
    ]
    assert outcome.errors == {"righe[2].nome": "Compila questo campo: è obbligatorio"}


def test_too_many_rows_are_refused() -> None:
    form = form_of(ROWS)
    assert "al massimo 3" in form.validate({"righe": [{"nome": "a"}] * 100_000}, {}).errors["righe"]
    posted = {f"righe[{n}].nome": ["a"] for n in range(5_000)}
    assert "al massimo 3" in form.read(posted, {}).errors["righe"]


@pytest.mark.parametrize("value", ["testo", 3, {"a": 1}, [1], ["a"], [None]])
def test_rows_of_the_wrong_kind(value: Any) -> None:
    assert "Serve un elenco di righe" in form_of(ROWS).validate({"righe": value}, {}).errors["righe"]


def test_a_removed_list_is_empty_not_as_before() -> None:
    form = form_of(ROWS)
    before = {"righe": [{"nome": "Ada", "eta": 4}]}
    assert form.read({"righe": [""]}, before).values == {"righe": []}
    assert form.read({}, before).values["righe"][0]["nome"] == "Ada"


def test_at_least_so_many_rows() -> None:
    form = form_of(
        component("dynamiclist", "righe", components=[component("textfield")], properties={"minimo": "1"})
    )
    assert "almeno 1" in form.validate({}, {}).errors["righe"]


def test_fixed_rows_keep_what_may_only_be_read() -> None:
    form = form_of(
        component(
            "dynamiclist",
            "voci",
            allowAddRemove=False,
            components=[component("textfield", "nome", readonly=True), component("checkbox", "ok")],
        )
    )
    before = {"voci": [{"nome": "a"}, {"nome": "b"}]}
    outcome = form.read({"voci[0].nome": ["altro"], "voci[1].ok": ["on"]}, before)
    assert outcome.values == {"voci": [{"nome": "a", "ok": False}, {"nome": "b", "ok": True}]}


def test_expressions_see_row_parent_and_place() -> None:
    inner = component(
        "dynamiclist", "dentro", components=[component("textfield", "x", **hidden_when('parent.tipo = "no"'))]
    )
    form = form_of(component("dynamiclist", "fuori", components=[component("textfield", "tipo"), inner]))
    outcome = form.validate(
        {"fuori": [{"tipo": "no", "dentro": [{"x": "a"}]}, {"tipo": "si", "dentro": [{"x": "b"}]}]}, {}
    )
    assert outcome.values["fuori"] == [{"tipo": "no", "dentro": [{}]}, {"tipo": "si", "dentro": [{"x": "b"}]}]


def test_a_computed_field_is_kept_and_conditions_see_it() -> None:
    form = form_of(
        component("number", "spesa"),
        {
            "type": "expression",
            "id": "E",
            "key": "resto",
            "expression": "=residuo - spesa",
            "computeOn": "change",
        },
        component("textfield", "perche", **hidden_when("resto >= 0"), **REQUIRED),
    )
    assert form.read({"spesa": ["10"]}, {"residuo": 60}).values == {
        "spesa": Decimal(10),
        "resto": Decimal(50),
    }
    assert list(form.read({"spesa": ["80"]}, {"residuo": 60}).errors) == ["perche"]


def test_a_failing_expression_names_its_place() -> None:
    form = form_of(component("textfield", **hidden_when('parametro("assente")')))
    with pytest.raises(ExecutionFailed, match=r"prova.form \[Id_campo\] conditional.hide"):
        form.validate({}, {}, bindings={"parametro": lambda _name: 1 / 0})


def test_registered_functions_answer_through_bindings() -> None:
    form = form_of(component("textfield", **hidden_when('parametro("soglia") > 3')))
    assert visible(form, {}, bindings={"parametro": lambda _name: Decimal(4)}) == set()
    assert visible(form, {}, bindings={"parametro": lambda _name: Decimal(1)}) == {"campo"}


class Watched(Mapping[str, Any]):
    """Variables of a case that may be asked for, not copied."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        raise AssertionError("the variables were copied")

    def __len__(self) -> int:
        raise AssertionError("the variables were copied")


def test_the_variables_of_a_case_are_not_copied() -> None:
    form = form_of(
        component("textfield", "nome", **hidden_when("soglia > 3")),
        component("textfield", "altro", **hidden_when("soglia < 3 and this.nome != null")),
    )
    variables = Watched({"soglia": 2, "nome": "prima"})
    assert visible(form, {"nome": "Tea"}, variables) == {"nome"}
    assert form.read({"nome": ["Tea"]}, variables).values == {"nome": "Tea"}


def gallery() -> Form:
    return parse_form(FILE.read_bytes(), FILE.name)


FULL: dict[str, Any] = {
    "cognome": "Prova",
    "nome": "Ada",
    "data_nascita": "1976-02-10",
    "email": "ada@esempio.it",
    "eta": 39,
    "condizione": "altro",
    "condizione_altro": "stagionale",
    "comune": "Crema",
    "interventi": ["diurni"],
    "competenze": ["cucina", "sartoria"],
    "informativa": True,
    "bisogni": "casa\nlavoro",
    "obiettivi": [{"testo": "Corso", "entro": "2016-12-01", "misurabile": True, "indicatore": "attestato"}],
    "impegno_generativo": {"ente": "Parrocchia", "ore": 12.25},
    "importo": 60,
    "giustificativo": ["a1"],
    "data_inizio": "2016-03-01",
    "incontro": "2016-03-29T09:00:00+02:00",
    "ora_preferita": "18:30",
    "note_riservate": None,
}


def test_a_draft_is_what_the_page_would_post() -> None:
    form = gallery()
    straight = form.validate(FULL, VARIABLES)
    assert straight.ok, straight.errors
    again = form.read(posted(form, straight.values | {"residuo_dopo": None}), VARIABLES)
    assert again.errors == {}
    assert again.values == straight.values


def test_values_that_hold_still_hold_when_read_again() -> None:
    once = gallery().validate(FULL, VARIABLES)
    again = gallery().validate(once.values, VARIABLES)
    assert (again.values, again.errors) == (once.values, {})


def test_questions_that_were_not_on_the_page_are_named() -> None:
    form = form_of(
        component("checkbox", "altro"),
        component("textfield", "quale", **hidden_when("not(altro)")),
        component("textfield", "fisso", readonly=True),
        component("textfield", "spento", disabled=True),
    )
    assert form.read({"altro": ["", "on"]}, {}).unasked == ("quale",)
    assert form.read({"altro": ["", "on"], "quale": [""]}, {}).unasked == ()
    assert form.read({"altro": [""]}, {}).unasked == ()


def test_a_draft_keeps_what_was_typed_and_nothing_else() -> None:
    typed = {
        "importo": ["dodici"],
        "obiettivi[3].testo": ["x"],
        "csrf_token": ["s"],
        "_bozza": ["1"],
        "altro": ["y"],
    }
    assert gallery().draft(typed) == {"importo": ["dodici"], "obiettivi[0].testo": ["x"]}


NAMES = st.sampled_from(
    [
        "cognome",
        "data_nascita",
        "eta",
        "interventi",
        "competenze",
        "comune",
        "informativa",
        "obiettivi",
        "obiettivi[0]",
        "obiettivi[0].testo",
        "obiettivi[1].entro",
        "obiettivi[9999].testo",
        "obiettivi[00].testo",
        "impegno_generativo.ore",
        "impegno_generativo",
        "importo",
        "giustificativo",
        "incontro",
        "incontro__data",
        "incontro__ora",
        "ora_preferita",
        "cognome[0]",
        "cognome.x",
        "",
        ".",
        "[0]",
        "a..b",
        "__proto__",
        "obiettivi[-1]",
        "obiettivi[0][0]",
        "residuo_dopo",
    ]
) | st.text(max_size=12)
TEXTS = st.text(max_size=30) | st.sampled_from(
    ["1.250,00", "9" * 60, "31/02/2016", "2016-02-30", "\x00", "on", "99:99", "1e999", "NaN"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=6) | st.sampled_from(["testo", "entro"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, st.lists(TEXTS, max_size=3), max_size=12))
def test_no_post_crashes_a_form(posted: dict[str, list[str]]) -> None:
    form = gallery()
    outcome = form.read(posted, VARIABLES)
    assert all(outcome.errors.values())
    assert form.draft(form.draft(posted)) == form.draft(posted)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*FULL, "altro"]), JSON, max_size=10))
def test_no_json_crashes_a_form(values: dict[str, Any]) -> None:
    outcome = gallery().validate(values, VARIABLES)
    assert all(outcome.errors.values())
