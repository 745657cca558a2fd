"""A form file is read whole or refused with sentences that an analyst can act on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import InvalidInput
from engine.languages.forms import DynamicList, Field, Group, Kind, parse_form
from tests.engine.languages.forms.forms import component, form_of, text_of
from tests.web.forms.galleria import FILE, GALLERY

OPTIONS = [{"label": "A", "value": "a"}]


def refusal(text: str | bytes) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(InvalidInput) as refused:
        parse_form(text, "prova.form")
    assert refused.value.code == "FORM_INVALID"
    assert refused.value.findings
    assert all(finding.file == "prova.form" for finding in refused.value.findings)
    return str(refused.value)


def test_the_gallery_holds_every_component() -> None:
    form = parse_form(FILE.read_bytes(), "galleria.form")
    kinds = {str(found.kind) for found in form.fields()}
    assert kinds == {
        "textfield",
        "textarea",
        "number",
        "datetime",
        "checkbox",
        "radio",
        "select",
        "checklist",
        "taglist",
        "filepicker",
        "expression",
    }
    assert json.loads(FILE.read_text(encoding="utf-8")) == GALLERY, "run python -m tests.web.forms.galleria"


def test_groups_and_lists_keep_what_they_hold() -> None:
    form = form_of(
        component(
            "group", "", components=[component("dynamiclist", "righe", components=[component("textfield")])]
        )
    )
    group = form.components[0]
    assert isinstance(group, Group)
    rows = group.components[0]
    assert isinstance(rows, DynamicList)
    assert rows.path == "righe"
    assert isinstance(rows.components[0], Field)


def test_a_button_is_passed_over() -> None:
    assert form_of({"type": "button", "id": "B", "label": "Invia", "action": "submit"}).components == ()


def test_every_form_of_the_processes_is_read() -> None:
    files = sorted(Path("processes").rglob("*.form"))
    assert files
    for file in files:
        assert parse_form(file.read_bytes(), file.name).id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"\xff\xfe", "non è UTF-8"),
        ("{", "non è un file JSON: riga 1"),
        ("[]", "non contiene un modulo"),
        ('{"type": "default", "type": "default"}', "scritto due volte"),
        ('{"id": "x", "components": [NaN]}', "NaN non esiste"),
        ("[" * 100_000, "livelli annidati"),
        (b"x" * 1_000_001, "supera 1000 kB"),
        ('{"type": "default", "id": "x"}', "manca l'elenco «components»"),
        (text_of(schemaVersion=99), "99 non è conosciuta"),
        (json.dumps({"type": "default", "components": []}), "manca l'«id»"),
        (json.dumps({"type": "altro", "id": "x", "components": []}), "non è un Camunda Form"),
    ],
)
def test_a_file_that_is_no_form(text: str | bytes, said: str) -> None:
    assert said in refusal(text)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (component("iframe"), "non si mostrano dentro un modulo"),
        (component("image"), "le immagini non si mostrano"),
        (component("mappa"), "il tipo «mappa» non è conosciuto. Usa uno di: textfield"),
        (component("textfield", "due parole"), "«key» deve essere un nome"),
        (component("textfield", "1a"), "«key» deve essere un nome"),
        (component("textfield", labell="x"), "l'attributo «labell» non vale per il tipo «textfield»"),
        (component("textfield", label=""), "il campo non ha «label»"),
        (component("textfield", validate={"min": 1}), "«validate.min» non vale per il tipo «textfield»"),
        (component("textfield", validate={"pattern": "(?=a)b"}), "il pattern «(?=a)b» non si può usare"),
        (component("textfield", validate={"validationType": "iban"}), "'iban' non è conosciuto"),
        (
            component("textfield", conditional={"hide": "=1 +"}),
            "«conditional.hide»: non è un'espressione FEEL",
        ),
        (
            component("textfield", conditional={"hide": "=ogi() > a"}),
            "La funzione «ogi» non esiste: forse «oggi»? (riga 1, colonna 1",
        ),
        (component("textfield", description="{{#if x}}a{{/if}}"), "scrivi la scelta in FEEL"),
        (component("textfield", properties={"fromato": "euro"}), "Volevi dire «formato»?"),
        (component("textfield", properties={"formato": "dollari"}), "«dollari» non è fra questi"),
        (
            component("textfield", properties={"non_futuro": "true"}),
            "«non_futuro» non vale per il tipo «textfield»",
        ),
        (component("datetime", properties={"non_futuro": "forse"}), "«non_futuro» vale true oppure false"),
        (component("datetime", properties={"dopo": "inizio"}), "nomina «inizio», che non è un campo"),
        (component("datetime", subtype="anno"), "«anno» non è fra questi"),
        (component("number", increment=-1), "«increment» deve essere maggiore di zero"),
        (component("number", decimalDigits=2.5), "numero intero da 0 a 10"),
        (component("number", validate={"max": "tanto"}), "«validate.max» deve essere un numero"),
        (component("number", defaultValue="tre"), "il valore predefinito non va bene"),
        (component("select"), "le opzioni vanno scritte in un modo solo"),
        (component("radio", values=OPTIONS, valuesKey="x"), "le opzioni vanno scritte in un modo solo"),
        (component("radio", values=OPTIONS * 2), "l'opzione «a» è scritta due volte"),
        (component("radio", values=["a"]), "ogni opzione vuole «value» e «label»"),
        (component("group", "a b", components=[]), "«path» deve essere un nome"),
        (component("group", "g", components={}), "«components» deve essere un elenco"),
        (component("dynamiclist", "", components=[]), "«path» deve essere un nome"),
        (
            {"type": "table", "id": "T", "columns": [{"label": "A", "key": "a"}]},
            "la tabella non ha «dataSource»",
        ),
        ({"type": "table", "id": "T", "dataSource": "=x"}, "«columns» oppure «columnsExpression»"),
        (component("textfield", layout={"columns": 40}), "numero da 1 a 16"),
        (
            component("textfield", validate={"required": "forse"}),
            "«validate.required» deve essere true, false",
        ),
        (component("expression"), "manca «expression»"),
    ],
)
def test_a_component_that_cannot_be_honoured(wrong: dict[str, Any], said: str) -> None:
    assert said in refusal(text_of(wrong))


def test_every_fault_is_told_at_once_with_its_component() -> None:
    sentence = refusal(text_of(component("iframe", "a"), component("select", "b")))
    assert "[Id_a]" in sentence
    assert "[Id_b]" in sentence


@pytest.mark.parametrize(
    "components",
    [
        [component("textfield"), component("number")],
        [component("textfield", "a"), component("textfield", "a.b")],
        [component("textfield", "a"), component("group", "a", components=[component("textfield", "b")])],
        [
            component("group", "a", id="G1", components=[component("textfield", "b")]),
            component("group", "a", id="G2", components=[component("textfield", "b", id="altro")]),
        ],
    ],
)
def test_two_fields_never_share_a_key(components: list[dict[str, Any]]) -> None:
    assert "«" in refusal(text_of(*components))


def test_the_same_key_may_live_in_two_lists() -> None:
    form = form_of(
        component("dynamiclist", "a", components=[component("textfield", "x", id="X1")]),
        component("dynamiclist", "b", components=[component("textfield", "x", id="X2")]),
    )
    assert [found.kind for found in form.fields()] == [Kind.TEXTFIELD, Kind.TEXTFIELD]
