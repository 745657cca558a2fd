"""The components of a Camunda Form as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from engine.languages.forms.feel import Flag, FormExpression, Template

NO_TEXT = Template()


class Kind(StrEnum):
    """The types of component a form may hold, named as the Camunda Modeler writes them."""

    TEXTFIELD = "textfield"
    TEXTAREA = "textarea"
    NUMBER = "number"
    DATETIME = "datetime"
    CHECKBOX = "checkbox"
    RADIO = "radio"
    SELECT = "select"
    CHECKLIST = "checklist"
    TAGLIST = "taglist"
    FILEPICKER = "filepicker"
    EXPRESSION = "expression"
    GROUP = "group"
    DYNAMICLIST = "dynamiclist"
    TABLE = "table"
    TEXT = "text"
    HTML = "html"
    SEPARATOR = "separator"
    SPACER = "spacer"


MULTIPLE_CHOICE_KINDS = frozenset({Kind.CHECKLIST, Kind.TAGLIST})
CHOICE_KINDS = frozenset({Kind.RADIO, Kind.SELECT}) | MULTIPLE_CHOICE_KINDS


class DateTimeSubtype(StrEnum):
    """What a date and time component asks for."""

    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"


class Format(StrEnum):
    """The notation of a value (`properties.formato`)."""

    EURO = "euro"
    CODICE_FISCALE = "codice_fiscale"
    ORE = "ore"


@dataclass(frozen=True)
class Option:
    """One option: the stored value and the label."""

    value: str
    label: str


@dataclass(frozen=True)
class Choices:
    """The source of the options of a choice: fixed, a variable, or a FEEL expression."""

    fixed: tuple[Option, ...] = ()
    variable: str | None = None
    expression: FormExpression | None = None


@dataclass(frozen=True)
class Rules:
    """The validation rules of a field. Bounds may be FEEL expressions; `after` is the key of an earlier date."""

    required: Flag = False
    min_length: int | FormExpression | None = None
    max_length: int | FormExpression | None = None
    minimum: Decimal | FormExpression | None = None
    maximum: Decimal | FormExpression | None = None
    pattern: str | None = None
    pattern_message: str | None = None
    validation_type: str | None = None
    not_future: bool = False
    not_past: bool = False
    after: str | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class Component:
    """Base of all components. `columns` is the width in sixteenths; None takes an equal share of what is left."""

    id: str
    kind: Kind
    hide: Flag = False
    row: str = ""
    columns: int | None = None
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Field(Component):
    """An input for one value, stored under `key` (a dot separates the keys of nested contexts)."""

    key: str
    label: Template = NO_TEXT
    description: Template = NO_TEXT
    rules: Rules = Rules()
    readonly: Flag = False
    disabled: bool = False
    default: object = None
    always_empty: bool = False
    choices: Choices | None = None
    format: Format | None = None
    digits: int | None = None
    increment: Decimal | None = None
    subtype: DateTimeSubtype = DateTimeSubtype.DATE
    date_label: str = ""
    time_label: str = ""
    time_interval: int = 0
    prefix: Template = NO_TEXT
    suffix: Template = NO_TEXT
    multiple: bool = False
    accept: str = ""
    autocomplete: str = "off"
    expression: FormExpression | None = None


@dataclass(frozen=True, kw_only=True)
class Group(Component):
    """Components under one heading; `path` (may be empty) is the context of their values."""

    label: Template = NO_TEXT
    path: str = ""
    outline: bool = False
    components: tuple[Component, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DynamicList(Component):
    """A list of rows with the same components, stored as a list of contexts under `path`."""

    path: str
    label: Template = NO_TEXT
    outline: bool = False
    components: tuple[Component, ...] = ()
    default_repetitions: int = 1
    allow_add_remove: bool = True
    min_rows: int = 0
    max_rows: int = 500


@dataclass(frozen=True, kw_only=True)
class Text(Component):
    """A text: a subset of Markdown (kind `text`) or of HTML (kind `html`)."""

    text: Template = NO_TEXT


@dataclass(frozen=True)
class Column:
    """One column of a table: its heading and the key in each row."""

    label: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Table(Component):
    """A read-only table."""

    label: Template = NO_TEXT
    source: FormExpression | None = None
    table_columns: tuple[Column, ...] = ()
    columns_expression: FormExpression | None = None
    row_count: int | None = None


@dataclass(frozen=True, kw_only=True)
class Separator(Component):
    """A separator line, or an empty space of `height` pixels."""

    height: int = 0


def walk_components(components: tuple[Component, ...]) -> Iterator[Component]:
    """Every component, containers before their content."""
    for component in components:
        yield component
        if isinstance(component, Group | DynamicList):
            yield from walk_components(component.components)
