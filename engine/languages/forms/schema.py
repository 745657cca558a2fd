"""Which attributes each type of component may carry (form-js schemas 1 to 20), and which are honoured here."""

from __future__ import annotations

from engine.languages.forms.model import Kind

NEWEST_SCHEMA = 20

EVERYWHERE = frozenset({"type", "id", "layout", "conditional", "properties"})
_INPUT = EVERYWHERE | {"key", "label", "description", "disabled", "readonly", "validate", "defaultValue"}
_CHOICE = _INPUT | {"values", "valuesKey", "valuesExpression"}
_BOX = EVERYWHERE | {"label", "path", "showOutline", "verticalAlignment", "components"}

ATTRIBUTES: dict[Kind, frozenset[str]] = {
    Kind.TEXTFIELD: _INPUT | {"appearance"},
    Kind.TEXTAREA: _INPUT,
    Kind.NUMBER: _INPUT | {"appearance", "decimalDigits", "increment", "serializeToString"},
    Kind.DATETIME: _INPUT
    | {
        "subtype",
        "dateLabel",
        "timeLabel",
        "use24h",
        "timeSerializingFormat",
        "timeInterval",
        "disallowPassedDates",
    },
    Kind.CHECKBOX: _INPUT,
    Kind.RADIO: _CHOICE,
    Kind.SELECT: _CHOICE | {"searchable"},
    Kind.CHECKLIST: _CHOICE,
    Kind.TAGLIST: _CHOICE,
    Kind.FILEPICKER: _INPUT | {"multiple", "accept"},
    Kind.EXPRESSION: EVERYWHERE | {"key", "label", "expression", "computeOn"},
    Kind.GROUP: _BOX,
    Kind.DYNAMICLIST: _BOX
    | {"isRepeating", "allowAddRemove", "defaultRepetitions", "disableCollapse", "nonCollapsedItems"},
    Kind.TABLE: EVERYWHERE | {"label", "columns", "columnsExpression", "rowCount", "dataSource"},
    Kind.TEXT: EVERYWHERE | {"text"},
    Kind.HTML: EVERYWHERE | {"content"},
    Kind.SEPARATOR: EVERYWHERE,
    Kind.SPACER: EVERYWHERE | {"height"},
}

VALIDATE: dict[Kind, frozenset[str]] = {
    Kind.TEXTFIELD: frozenset({"minLength", "maxLength", "pattern", "patternErrorMessage", "validationType"}),
    Kind.TEXTAREA: frozenset({"minLength", "maxLength"}),
    Kind.NUMBER: frozenset({"min", "max"}),
}

PROPERTIES: dict[str, tuple[frozenset[Kind], str]] = {
    "formato": (frozenset({Kind.TEXTFIELD, Kind.NUMBER}), "euro, codice_fiscale oppure ore"),
    "non_futuro": (frozenset({Kind.DATETIME}), "true oppure false"),
    "dopo": (frozenset({Kind.DATETIME}), "la chiave di un altro campo data"),
    "errore": (frozenset(Kind), "una frase"),
    "minimo": (frozenset({Kind.DYNAMICLIST}), "un numero di righe"),
    "massimo": (frozenset({Kind.DYNAMICLIST}), "un numero di righe"),
    "sempre_vuoto": (frozenset(Kind), "true oppure false"),
    "autocomplete": (
        frozenset({Kind.TEXTFIELD, Kind.TEXTAREA, Kind.NUMBER, Kind.DATETIME}),
        "un valore HTML",
    ),
}

REFUSED: dict[str, str] = {
    "image": "le immagini non si mostrano: descrivi a parole con un componente Testo.",
    "iframe": "le pagine di altri siti non si mostrano dentro un modulo: metti un collegamento in un componente Testo.",
    "documentPreview": "l'anteprima dei documenti non c'è: i documenti si aprono dalla pagina del caso.",
    "multipage": "i moduli a più pagine non ci sono: usa un Gruppo per ogni parte.",
    "page": "i moduli a più pagine non ci sono: usa un Gruppo per ogni parte.",
}
