"""The attributes, rules and properties that each type of component may have (form-js schemas 1 to 20)."""

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

PROPERTIES: dict[str, frozenset[Kind]] = {
    "formato": frozenset({Kind.TEXTFIELD, Kind.NUMBER}),
    "non_futuro": frozenset({Kind.DATETIME}),
    "dopo": frozenset({Kind.DATETIME}),
    "errore": frozenset(Kind),
    "minimo": frozenset({Kind.DYNAMICLIST}),
    "massimo": frozenset({Kind.DYNAMICLIST}),
    "sempre_vuoto": frozenset(Kind),
    "autocomplete": frozenset({Kind.TEXTFIELD, Kind.TEXTAREA, Kind.NUMBER, Kind.DATETIME}),
}
"""The properties of this engine → the types of component that may have them."""

REFUSED: dict[str, str] = {
    "image": "FORM_REFUSED_IMAGE",
    "iframe": "FORM_REFUSED_IFRAME",
    "documentPreview": "FORM_REFUSED_DOCUMENT_PREVIEW",
    "multipage": "FORM_REFUSED_PAGES",
    "page": "FORM_REFUSED_PAGES",
}
"""Types of component that are refused → the code of the sentence that says why."""
