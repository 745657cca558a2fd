"""Writes `galleria.form`, the form that holds every component: run it after changing a component here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("galleria.form")


def _options(*labels: str) -> list[dict[str, str]]:
    return [{"label": label, "value": label.lower().replace(" ", "_")} for label in labels]


def _field(kind: str, key: str, label: str, **more: Any) -> dict[str, Any]:
    row, columns = more.pop("row", f"Row_{key}"), more.pop("columns", None)
    return {
        "type": kind,
        "id": f"Field_{key}",
        "key": key,
        "label": label,
        "layout": {"row": row, "columns": columns},
        **more,
    }


def _box(kind: str, path: str, label: str, components: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    box = {"type": kind, "id": f"Box_{path or label}", "label": label, "components": components}
    return {**box, **({"path": path} if path else {}), **more}


REQUIRED = {"validate": {"required": True}}

PERSON = _box(
    "group",
    "",
    "Persona",
    [
        _field(
            "textfield",
            "cognome",
            "Cognome",
            row="R1",
            columns=8,
            validate={"required": True, "maxLength": 80},
        ),
        _field(
            "textfield", "nome", "Nome", row="R1", columns=8, validate={"required": True, "maxLength": 80}
        ),
        _field(
            "textfield",
            "codice_fiscale",
            "Codice fiscale",
            properties={"formato": "codice_fiscale"},
            description="16 caratteri, come sulla tessera sanitaria.",
        ),
        _field(
            "datetime",
            "data_nascita",
            "Data di nascita",
            subtype="date",
            row="R2",
            columns=6,
            properties={"non_futuro": "true"},
            **REQUIRED,
        ),
        _field("textfield", "email", "E-mail", row="R2", columns=10, validate={"validationType": "email"}),
        _field(
            "number",
            "eta",
            "Età alla candidatura",
            decimalDigits=0,
            row="R3",
            columns=4,
            validate={"min": 0, "max": 120},
            appearance={"suffixAdorner": "anni"},
        ),
        _field("textfield", "operatore", "Registrato da", readonly=True, row="R3", columns=12),
        _field(
            "textfield", "protocollo", "Protocollo", disabled=True, defaultValue="assegnato al salvataggio"
        ),
    ],
    showOutline=True,
)

SITUATION = _box(
    "group",
    "",
    "Situazione",
    [
        _field(
            "radio",
            "condizione",
            "Condizione lavorativa",
            values=_options("Inoccupato", "Disoccupato", "Altro"),
            **REQUIRED,
        ),
        _field(
            "textfield",
            "condizione_altro",
            "Quale altra condizione?",
            conditional={"hide": '=condizione != "altro"'},
            **REQUIRED,
        ),
        _field("select", "comune", "Comune di residenza", valuesKey="comuni", **REQUIRED),
        _field(
            "checklist",
            "interventi",
            "Interventi in carico",
            values=_options("Residenziali", "Diurni", "Domiciliari", "Contributi economici"),
            description="Almeno uno per il Patto per l'Autonomia.",
            **REQUIRED,
        ),
        _field("taglist", "competenze", "Competenze", valuesExpression="=competenze_note"),
        _field("textarea", "bisogni", "Bisogni raccontati dalla persona", validate={"maxLength": 2000}),
        _field("checkbox", "informativa", "L'informativa sulla privacy è stata consegnata", **REQUIRED),
    ],
    showOutline=True,
)

GOALS = _box(
    "dynamiclist",
    "obiettivi",
    "Obiettivi",
    [
        _field("textfield", "testo", "Obiettivo", row="RO1", columns=10, **REQUIRED),
        _field(
            "datetime",
            "entro",
            "Entro il",
            subtype="date",
            row="RO1",
            columns=6,
            properties={"dopo": "data_inizio"},
        ),
        _field("checkbox", "misurabile", "Si misura con un indicatore"),
        _field(
            "textfield", "indicatore", "Indicatore", conditional={"hide": "=misurabile != true"}, **REQUIRED
        ),
    ],
    properties={"minimo": "1", "massimo": "5"},
)

PROJECT = _box(
    "group",
    "impegno_generativo",
    "Impegno generativo",
    [
        _field("textfield", "ente", "Ente che accoglie", row="RI", columns=10),
        _field("number", "ore", "Ore previste", properties={"formato": "ore"}, row="RI", columns=6),
    ],
)

BUDGET = [
    {"type": "separator", "id": "Sep_1"},
    {
        "type": "text",
        "id": "Text_budget",
        "text": "## Budget\nRestano **{{ residuo }} €** su 2.000. Le voci pagate vogliono un *giustificativo*:\n\n"
        "- fattura o scontrino\n- [come si fa](/aiuto/giustificativi)",
    },
    {
        "type": "table",
        "id": "Table_voci",
        "label": "Voci già previste",
        "dataSource": "=voci",
        "columns": [
            {"label": "Categoria", "key": "categoria"},
            {"label": "Fornitore", "key": "fornitore"},
            {"label": "Importo", "key": "importo"},
        ],
    },
    _field(
        "number",
        "importo",
        "Nuova voce",
        properties={"formato": "euro"},
        row="R6",
        columns=6,
        validate={"min": 0.01, "max": "=residuo"},
    ),
    _field(
        "filepicker",
        "giustificativo",
        "Giustificativo",
        accept=".pdf,.jpg,.png",
        multiple=True,
        row="R6",
        columns=10,
        description="La scansione o una fotografia leggibile.",
    ),
    {"type": "spacer", "id": "Spacer_1", "height": 24},
    _field("datetime", "data_inizio", "Inizio del progetto", subtype="date", row="R7", columns=6),
    _field(
        "datetime",
        "incontro",
        "Prossimo incontro",
        subtype="datetime",
        dateLabel="Giorno",
        timeLabel="Ora",
        timeInterval=15,
        row="R7",
        columns=10,
    ),
    _field("datetime", "ora_preferita", "Ora preferita per le telefonate", subtype="time"),
    {
        "type": "expression",
        "id": "Expr_1",
        "key": "residuo_dopo",
        "expression": "=residuo - importo",
        "computeOn": "change",
    },
    {
        "type": "text",
        "id": "Text_dopo",
        "text": "Dopo questa voce restano {{ residuo_dopo }} €.",
        "conditional": {"hide": "=importo = null"},
    },
    {
        "type": "html",
        "id": "Html_1",
        "content": "<p>Le note qui sotto le legge <strong>solo la microequipe</strong>.<script>alert(1)</script></p>",
    },
    _field("textarea", "note_riservate", "Note riservate"),
    {"type": "button", "id": "Button_1", "label": "Invia", "action": "submit"},
]

INTRODUCTION = {
    "type": "text",
    "id": "Text_1",
    "text": "# Galleria\nTutti i componenti di un modulo, per **{{ persona }}**.",
}

GALLERY = {
    "type": "default",
    "id": "galleria",
    "schemaVersion": 16,
    "exporter": {"name": "Camunda Modeler", "version": "5.30.0"},
    "executionPlatform": "Camunda Platform",
    "executionPlatformVersion": "7.22.0",
    "components": [INTRODUCTION, PERSON, SITUATION, GOALS, PROJECT, *BUDGET],
}

VARIABLES: dict[str, Any] = {
    "persona": "Ada <b>Prova</b>",
    "operatore": "Olga Esempio",
    "residuo": 60,
    "comuni": ["Casalmaggiore", "Crema", "Cremona", "Offanengo", "Soresina"],
    "competenze_note": [
        {"label": label, "value": value}
        for label, value in [
            ("Cucina", "cucina"),
            ("Giardinaggio", "giardinaggio"),
            ("Sartoria", "sartoria"),
            ("Patente B", "patente_b"),
            ("Informatica di base", "informatica"),
            ("Assistenza agli anziani", "assistenza"),
            ("Contabilità", "contabilita"),
            ("Magazzino e logistica", "magazzino"),
            ("Saldatura", "saldatura"),
        ]
    ],
    "voci": [
        {"categoria": "Formazione", "fornitore": "Scuola Esempio", "importo": 1200},
        {"categoria": "Mobilità", "fornitore": "Trasporti Prova", "importo": 740.5},
    ],
}

if __name__ == "__main__":
    FILE.write_text(json.dumps(GALLERY, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
