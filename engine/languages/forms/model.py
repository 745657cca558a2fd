"""What a form is made of: the components of a Camunda Form file as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from engine.languages.forms.feel import Feel, Flag, Template

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


MANY = frozenset({Kind.CHECKLIST, Kind.TAGLIST})
CHOICES = frozenset({Kind.RADIO, Kind.SELECT}) | MANY


class Moment(StrEnum):
    """What a date and time component asks for."""

    DATE = "date"
    TIME = "time"
    DATETIME = "datetime"


class Format(StrEnum):
    """How a value of the domain is written (`properties.formato`)."""

    EURO = "euro"
    CODICE_FISCALE = "codice_fiscale"
    ORE = "ore"


@dataclass(frozen=True)
class Option:
    """One choice: the value that is stored and the words people read."""

    value: str
    label: str


@dataclass(frozen=True)
class Choices:
    """Where the options of a choice come from: written in the form, a variable, or a FEEL expression."""

    fixed: tuple[Option, ...] = ()
    variable: str | None = None
    expression: Feel | None = None


@dataclass(frozen=True)
class Rules:
    """What a value must satisfy. Numbers may be FEEL expressions, evaluated when the form is read."""

    required: Flag = False
    min_length: int | Feel | None = None
    max_length: int | Feel | None = None
    minimum: Decimal | Feel | None = None
    maximum: Decimal | Feel | None = None
    pattern: str | None = None
    pattern_message: str | None = None
    validation_type: str | None = None
    not_future: bool = False
    not_past: bool = False
    after: str | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class Component:
    """Anything that takes a place in a form. `columns` counts sixteenths of the width, None shares what is left."""

    id: str
    kind: Kind
    hide: Flag = False
    row: str = ""
    columns: int | None = None
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Field(Component):
    """A component that asks for one value and stores it under `key` (dots go into contexts)."""

    key: str
    label: Template = NO_TEXT
    description: Template = NO_TEXT
    rules: Rules = Rules()
    readonly: Flag = False
    disabled: bool = False
    default: object = None
    fresh: bool = False
    choices: Choices | None = None
    format: Format | None = None
    digits: int | None = None
    increment: Decimal | None = None
    moment: Moment = Moment.DATE
    date_label: str = ""
    time_label: str = ""
    minutes: int = 0
    prefix: Template = NO_TEXT
    suffix: Template = NO_TEXT
    multiple: bool = False
    accept: str = ""
    autocomplete: str = "off"
    expression: Feel | None = None


@dataclass(frozen=True, kw_only=True)
class Group(Component):
    """Components under one heading; `path` (may be empty) is the context that holds their values."""

    label: Template = NO_TEXT
    path: str = ""
    outline: bool = False
    components: tuple[Component, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Rows(Component):
    """A list of rows, each with the same components, stored as a list of contexts under `path`."""

    path: str
    label: Template = NO_TEXT
    outline: bool = False
    components: tuple[Component, ...] = ()
    default_rows: int = 1
    can_change: bool = True
    least: int = 0
    most: int = 500


@dataclass(frozen=True, kw_only=True)
class Text(Component):
    """Words between the fields: a markdown subset (`text`) or a subset of HTML (`html`)."""

    text: Template = NO_TEXT


@dataclass(frozen=True)
class Column:
    """One column of a table: the heading and the name inside each row."""

    label: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Table(Component):
    """Rows of data to read, never to write."""

    label: Template = NO_TEXT
    source: Feel | None = None
    columns_of: tuple[Column, ...] = ()
    columns_expression: Feel | None = None
    row_count: int | None = None


@dataclass(frozen=True, kw_only=True)
class Line(Component):
    """A separator or an empty space of `height` pixels."""

    height: int = 0


def walk(components: tuple[Component, ...]) -> Iterator[Component]:
    """Every component, containers before what they hold."""
    for component in components:
        yield component
        if isinstance(component, Group | Rows):
            yield from walk(component.components)
