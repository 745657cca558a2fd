"""The page of parameters says what values are accepted, and refuses others with a sentence beside the field."""

from __future__ import annotations

import re

import pytest

from engine.access import SYSTEM
from engine.definitions.resources import DeploymentBundle
from tests.web.people import DEFINITIONS, Desk, Office

FILE = """
eta_max: {valore: 39, tipo: intero, minimo: 18, massimo: 120, unita: anni, etichetta: "Età massima"}
quota: {valore: 50, tipo: decimale, minimo: 0, massimo: 100, unita: "%", etichetta: Quota}
tetto: {valore: 2000, tipo: euro, massimo: 2000, etichetta: Tetto}
firma: {valore: 15, tipo: intero, unita: giorni, etichetta: Giorni per la firma}
quando: {valore: candidatura, tipo: testo, scelte: [candidatura, sottoscrizione], etichetta: Quando}
avviso: {valore: true, tipo: booleano, etichetta: Avviso}
apertura: {valore: "09:00", tipo: ora, minimo: "07:30", etichetta: Apertura}
chiusura: {valore: 2016-06-30, tipo: data, minimo: 2016-01-01, massimo: 2030-12-31, etichetta: Chiusura}
attesa: {valore: P10D, tipo: durata, minimo: P1D, massimo: P1Y, etichetta: Attesa}
firmatari: {valore: [Persona, Ente], tipo: elenco, scelte: [Persona, Ente, Comune], etichetta: Firmatari}
"""
PAGE = "/amministrazione/parametri"


@pytest.fixture
def ada(office: Office) -> Desk:
    """Ada, administrator, signed in where the process `prova` has parameters of every kind."""
    folder = DEFINITIONS / "prova"
    files = {"prova.bpmn": (DEFINITIONS / "prova.bpmn").read_bytes()}
    files |= {file.name: file.read_bytes() for file in folder.iterdir() if "scenarios" not in file.name}
    office.engine.deployments.deploy(
        DeploymentBundle.from_files({**files, "parametri.yaml": FILE.encode()}), SYSTEM
    )
    return office.desk("ada")


def control(page: str, name: str) -> str:
    """The tag of the field of a parameter, and its options if it has some."""
    found = re.search(rf'<(?:input|select)[^>]*id="v-{name}"[^>]*>(?:(?!</div>).)*', page, re.S)
    assert found is not None, name
    return found[0]


@pytest.mark.parametrize(
    ("name", "parts", "help_text"),
    [
        ("eta_max", ('type="number"', 'min="18"', 'max="120"', 'step="1"', 'value="39"'), "da 18 a 120"),
        ("quota", ('type="number"', 'min="0"', 'max="100"', 'step="any"'), "da 0 a 100"),
        ("tetto", ('type="number"', 'max="2000"', 'step="0.01"', 'value="2000"'), "al massimo 2000"),
        ("firma", ('type="number"', 'min="1"', 'max="3650"'), "da 1 a 3650"),
        (
            "quando",
            ("<select", '<option value="candidatura" selected>', ">sottoscrizione<"),
            "uno fra: candidatura",
        ),
        ("avviso", ("<select", '<option value="sì" selected>Sì', '<option value="no">No'), ""),
        ("apertura", ('type="time"', 'min="07:30"', 'value="09:00"'), "almeno 07:30"),
        (
            "chiusura",
            ('type="date"', 'min="2016-01-01"', 'max="2030-12-31"', 'value="2016-06-30"'),
            "da 2016-01-01",
        ),
        ("attesa", ('type="text"', 'value="P10D"'), "da P1D a P1Y"),
        (
            "firmatari",
            ("multiple", '<option value="Ente" selected>', '<option value="Comune">'),
            "uno fra: Persona",
        ),
    ],
)
def test_a_field_says_and_asks_what_is_accepted(
    ada: Desk, name: str, parts: tuple[str, ...], help_text: str
) -> None:
    page = ada.get(f"{PAGE}?processo=prova").text
    field = control(page, name)
    assert [part for part in parts if part not in field] == []
    if help_text:
        assert f'aria-describedby="h-{name}"' in field
        assert re.search(rf'id="h-{name}">Si accetta: {re.escape(help_text)}', page)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("eta_max", "17", "non può essere 17: si accetta da 18 a 120 anni"),
        ("firma", "0", "non può essere 0: si accetta da 1 a 3650 giorni"),
        ("firma", "-5", "non può essere -5: si accetta da 1 a 3650 giorni"),
        ("firma", "1000000000", "si accetta da 1 a 3650 giorni"),
        ("tetto", "2000.01", "si accetta al massimo 2000"),
        ("quando", "domani", "si accetta uno fra: candidatura, sottoscrizione"),
        ("attesa", "P2Y", "si accetta da P1D a P1Y"),
    ],
)
@pytest.mark.parametrize("scope", ["", "cremasco"])
def test_a_value_outside_is_refused_beside_its_field_and_nothing_changes(
    ada: Desk, name: str, value: str, sentence: str, scope: str
) -> None:
    change = {"processo": "prova", "ambito": scope, "nome": name, "valore": value, "motivo": "Delibera 12"}
    answer = ada.post(PAGE, **change)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'id="e-{name}"' in answer.text
    assert 'aria-invalid="true"' in control(answer.text, name)
    assert "Delibera 12" not in ada.get(f"{PAGE}?processo=prova&ambito={scope}").text


def test_what_a_browser_sends_is_accepted(office: Office, ada: Desk) -> None:
    sent = {
        "quota": "37.5",
        "tetto": "1500.5",
        "quando": "sottoscrizione",
        "avviso": "no",
        "chiusura": "2017-01-31",
    }
    for name, value in sent.items():
        change = {"processo": "prova", "ambito": "", "nome": name, "valore": value, "motivo": "x"}
        assert ada.post(PAGE, **change).status_code == 302
    page = ada.get(f"{PAGE}?processo=prova").text
    assert 'value="37.5"' in control(page, "quota")
    assert 'value="1500.5"' in control(page, "tetto")
    assert '<option value="no" selected>' in control(page, "avviso")
    assert '<option value="sottoscrizione" selected>' in control(page, "quando")
    assert 'value="2017-01-31"' in control(page, "chiusura")


def test_several_entries_are_chosen(ada: Desk) -> None:
    change = {"processo": "prova", "ambito": "", "nome": "firmatari", "motivo": "x"}
    assert ada.post(PAGE, **change, valore=["Persona", "Comune"]).status_code == 302
    field = control(ada.get(f"{PAGE}?processo=prova").text, "firmatari")
    assert re.findall(r'value="(\w+)" selected', field) == ["Persona", "Comune"]
