"""What people type becomes values, or a sentence that says how to mend it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.engine.languages.forms.forms import component, form_of

TODAY = date(2016, 1, 28)
ROME = ZoneInfo("Europe/Rome")
OPTIONS = [{"label": "Uno", "value": "uno"}, {"label": "Due", "value": "due"}]
MISSING = "nulla"


def typed(field: dict[str, Any], *strings: str, **variables: Any) -> Any:
    """The value of the one field after these strings were posted, or the sentence."""
    outcome = form_of(field).read({"campo": list(strings)}, variables, today=TODAY)
    return outcome.errors.get("campo", outcome.values.get("campo", MISSING))


def given(field: dict[str, Any], value: Any, **variables: Any) -> Any:
    """The value of the one field after this JSON value was given, or the sentence."""
    outcome = form_of(field).validate({"campo": value}, variables, today=TODAY)
    return outcome.errors.get("campo", outcome.values.get("campo", MISSING))


EURO = component("number", properties={"formato": "euro"})
ORE = component("number", properties={"formato": "ore"})


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (component("textfield"), "  D'Àngelo ", "D'Àngelo"),
        (component("textfield"), "   ", None),
        (component("textfield"), "e\u0301", "é"),
        (component("textarea"), "una\r\ndue", "una\ndue"),
        (component("number"), "1.234,5", Decimal("1234.5")),
        (component("number"), "1234.5", Decimal("1234.5")),
        (component("number"), "1.250", Decimal(1250)),
        (component("number"), "0.250", Decimal("0.250")),
        (component("number"), "-3", Decimal(-3)),
        (component("number"), "−3", Decimal(-3)),
        (EURO, "€ 2.000,00", Decimal("2000.00")),
        (EURO, "12", Decimal("12.00")),
        (ORE, "1,25", Decimal("1.25")),
        (ORE, "1:30", Decimal("1.5")),
        (component("datetime"), "31/01/2016", date(2016, 1, 31)),
        (component("datetime"), "1-2-2016", date(2016, 2, 1)),
        (component("datetime"), "2016-01-31", date(2016, 1, 31)),
        (component("datetime", subtype="time"), "9.30", time(9, 30)),
        (
            component("datetime", subtype="datetime"),
            "2016-03-27T09:00",
            datetime(2016, 3, 27, 9, 0, tzinfo=ROME),
        ),
        (component("checkbox"), "on", True),
        (component("checkbox"), "", False),
        (component("radio", values=OPTIONS), "due", "due"),
        (
            component("textfield", properties={"formato": "codice_fiscale"}),
            "rss mra 80a01 h501u",
            "RSSMRA80A01H501U",
        ),
    ],
)
def test_values(field: dict[str, Any], text: str, value: Any) -> None:
    assert typed(field, text) == value


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        (component("textfield"), "a\x00b", "carattere invisibile (codice 0000)"),
        (component("textfield"), "a\u202eb", "carattere invisibile (codice 202E)"),
        (component("textfield"), "a\nb", "su una riga sola"),
        (component("textfield"), "a" * 2001, "troppo lungo: può avere al massimo 2000"),
        (component("textarea"), "a" * 50_001, "troppo lungo"),
        (component("textfield", validate={"minLength": 3}), "ab", "almeno 3 caratteri: ora sono 2"),
        (component("textfield", validate={"maxLength": 3}), "abcd", "al massimo 3 caratteri: ora sono 4"),
        (component("textfield", validate={"validationType": "email"}), "ada@", "indirizzo e-mail completo"),
        (component("textfield", validate={"validationType": "phone"}), "boh", "numero di telefono"),
        (component("textfield", validate={"pattern": "^[0-9]{5}$"}), "2601", "non ha la forma richiesta"),
        (
            component("textfield", properties={"formato": "codice_fiscale"}),
            "RSSMRA80A01H501X",
            "codice fiscale non è giusto",
        ),
        (EURO, "duemila", "Scrivi un importo in euro, per esempio 1.250,00"),
        (EURO, "1,234", "al massimo 2 cifre dopo la virgola"),
        (EURO, "1.25.00", "Scrivi un importo in euro"),
        (EURO, "9" * 41, "Scrivi un importo in euro"),
        (EURO, "1e5", "Scrivi un importo in euro"),
        (EURO, "--5", "Scrivi un importo in euro"),
        (EURO, "٣", "Scrivi un importo in euro"),
        (ORE, "0,30", "Si va di 0,25 in 0,25: scrivi 0,25 oppure 0,5"),
        (ORE, "-1", "Il valore minimo è 0"),
        (component("number", decimalDigits=0), "1,5", "numero intero"),
        (component("number", validate={"max": 8}), "8,01", "Il valore massimo è 8"),
        (component("datetime"), "31/02/2016", "una data che esiste"),
        (component("datetime"), "01/01/0016", "fra 1850 e 2200"),
        (component("datetime", subtype="time"), "25:00", "da 00:00 a 23:59"),
        (component("datetime", subtype="datetime"), "2016-03-27 02:30", "passano all'ora legale"),
        (component("datetime", subtype="datetime"), "2016-03-27", "la data e l'ora"),
        (component("datetime", subtype="time", timeInterval=15), "9:20", "ogni 15 minuti"),
        (component("datetime", properties={"non_futuro": "true"}), "29/01/2016", "dopo oggi, 28/01/2016"),
        (component("datetime", disallowPassedDates=True), "27/01/2016", "prima di oggi, 28/01/2016"),
        (component("radio", values=OPTIONS), "tre", "«tre» non è fra le scelte"),
        (component("textfield", validate={"required": True}), "  ", "è obbligatorio"),
        (component("checkbox", validate={"required": True}), "", "Spunta la casella"),
        (component("checklist", values=OPTIONS, validate={"required": True}), "", "Scegli almeno una voce"),
    ],
)
def test_sentences(field: dict[str, Any], text: str, said: str) -> None:
    answer = typed(field, text)
    assert isinstance(answer, str)
    assert said in answer


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (EURO, True, "importo in euro"),
        (EURO, float("nan"), "importo in euro"),
        (EURO, Decimal("Infinity"), "importo in euro"),
        (EURO, 10**400, "importo in euro"),
        (EURO, Decimal("1e-400"), "importo in euro"),
        (EURO, [1], "importo in euro"),
        (component("textfield"), {"a": 1}, "Serve un testo"),
        (component("textfield"), 3, "Serve un testo"),
        (component("checkbox"), "forse", "Serve sì o no"),
        (component("checkbox"), 1, "Serve sì o no"),
        (component("checklist", values=OPTIONS), "uno", "Serve un elenco"),
        (component("checklist", values=OPTIONS), [["uno"]], "Serve un elenco"),
        (component("checklist", values=OPTIONS), [str(n) for n in range(1001)], "troppe: al massimo 1000"),
        (component("datetime"), 20160131, "una data che esiste"),
        (component("datetime", subtype="datetime"), date(2016, 1, 31), "la data e l'ora"),
    ],
)
def test_wrong_types_are_refused_with_a_sentence(field: dict[str, Any], value: Any, said: str) -> None:
    answer = given(field, value)
    assert isinstance(answer, str)
    assert said in answer


def test_json_numbers_have_a_point_not_thousands() -> None:
    assert given(EURO, "1.25") == Decimal("1.25")
    assert given(EURO, 1.1) == Decimal("1.10")
    assert given(component("checklist", values=OPTIONS), ["due"]) == ["due"]


def test_moments_come_back_on_the_clock_of_rome() -> None:
    field = component("datetime", subtype="datetime")
    assert str(given(field, "2016-10-31T08:00:00Z")) == "2016-10-31 09:00:00+01:00"
    assert str(given(field, datetime(2016, 7, 1, 7, 0, tzinfo=UTC))) == "2016-07-01 09:00:00+02:00"
    outcome = form_of(field).read({"campo__data": ["31/10/2016"], "campo__ora": ["9:00"]}, {})
    assert outcome.values["campo"] == datetime(2016, 10, 31, 9, 0, tzinfo=ROME)
    assert "la data e l'ora" in form_of(field).read({"campo__data": ["31/10/2016"]}, {}).errors["campo"]


def test_one_answer_a_field() -> None:
    assert "più di una risposta" in typed(component("textfield"), "a", "b")
    assert typed(component("checklist", values=OPTIONS), "", "uno", "uno", "due") == ["uno", "due"]


def test_options_come_from_variables_and_expressions() -> None:
    assert typed(component("select", valuesKey="comuni"), "Crema", comuni=["Crema"]) == "Crema"
    labelled = component("taglist", valuesExpression="=for p in persone return {label: p.nome, value: p.id}")
    assert typed(labelled, "7", persone=[{"nome": "Ada", "id": 7}]) == ["7"]
    assert "non è fra le scelte" in typed(labelled, "8", persone=[{"nome": "Ada", "id": 7}])


def test_bounds_and_duties_may_be_expressions() -> None:
    capped = component("number", properties={"formato": "euro"}, validate={"max": "=residuo"})
    assert typed(capped, "60,00", residuo=Decimal(60)) == Decimal("60.00")
    assert "massimo è 60,00" in typed(capped, "60,01", residuo=Decimal(60))
    owed = component("textfield", validate={"required": '=esito != "approva"'})
    assert typed(owed, "", esito="approva") is None
    assert "obbligatorio" in typed(owed, "", esito="respinge")


def test_the_analysts_own_sentence_replaces_ours() -> None:
    own = component(
        "number",
        validate={"required": True, "max": 8},
        properties={"errore": "Non più di otto ore al giorno"},
    )
    assert typed(own, "9") == "Non più di otto ore al giorno"
    assert typed(own, "nove") == "Non più di otto ore al giorno"
    assert "obbligatorio" in typed(own, "")


def test_one_date_after_another() -> None:
    form = form_of(
        component("datetime", "inizio"), component("datetime", "fine", properties={"dopo": "inizio"})
    )
    assert form.validate({"inizio": "2016-01-01", "fine": "2016-01-02"}, {}).ok
    errors = form.validate({"inizio": "2016-01-02", "fine": "2016-01-02"}, {}).errors
    assert errors == {"fine": "La data deve venire dopo il 02/01/2016"}


def test_what_may_only_be_read_keeps_its_value() -> None:
    form = form_of(
        component("textfield", "fisso", readonly=True),
        component("textfield", "spento", disabled=True),
        component("textfield", "forse", readonly='=fisso = "a"'),
    )
    posted = {"fisso": ["altro"], "spento": ["altro"], "forse": ["altro"]}
    outcome = form.read(posted, {"fisso": "a", "spento": "b", "forse": "c"})
    assert outcome.values == {"fisso": "a", "forse": "c"}
    assert form.read(posted, {"fisso": "z"}).values == {"fisso": "z", "forse": "altro"}


def test_a_field_starts_from_the_variable_then_from_its_default() -> None:
    form = form_of(
        component("textfield", defaultValue="solito"), component("datetime", "quando", defaultValue="=giorno")
    )
    assert form.validate({}, {"giorno": date(2016, 1, 1)}).values == {
        "campo": "solito",
        "quando": date(2016, 1, 1),
    }
    assert form.validate({}, {"campo": "prima"}).values["campo"] == "prima"
    assert form.validate({"campo": None}, {"campo": "prima"}).values["campo"] is None
    fresh = form_of(component("textfield", properties={"sempre_vuoto": "true"}))
    assert fresh.validate({}, {"campo": "prima"}).values == {"campo": None}


def test_unknown_names_are_refused() -> None:
    form = form_of(component("textfield"), component("group", "g", components=[component("textfield", "a")]))
    assert list(form.read({"altro": ["x"], "_azione": ["x"], "csrf_token": ["x"]}, {}).errors) == ["altro"]
    assert list(form.read({"campo[0]": ["x"], "g.b": ["x"], "g": ["x"]}, {}).errors) == [
        "campo[0]",
        "g.b",
        "g",
    ]
    assert list(form.validate({"altro": 1, "g": {"b": 1}}, {}).errors) == ["altro", "g.b"]
    assert list(form.validate({"g": "x"}, {}).errors) == ["g"]
    assert (
        form.read({f"x{n}": ["1"] for n in range(20_001)}, {})
        .errors[""]
        .startswith("La pagina ha mandato troppi campi")
    )


def test_attachments_must_exist() -> None:
    form = form_of(component("filepicker", multiple=True, validate={"required": True}))
    assert form.read({"campo": ["", "a1"]}, {}, attachments={"a1"}).values == {"campo": ["a1"]}
    assert "non si trova più" in form.read({"campo": ["b2"]}, {}, attachments={"a1"}).errors["campo"]
    assert "Allega un documento" in form.read({"campo": [""]}, {}).errors["campo"]
    single = form_of(component("filepicker"))
    assert "un solo documento" in single.validate({"campo": ["a1", "b2"]}, {}).errors["campo"]
