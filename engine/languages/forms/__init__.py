"""Camunda Form files: read, shown, filled in. The door of the room."""

from engine.languages.forms.feel import Feel, Scope, Template, display, number_text
from engine.languages.forms.form import Form
from engine.languages.forms.messages import Sentence, sentence
from engine.languages.forms.model import (
    Component,
    Field,
    Format,
    Group,
    Kind,
    Line,
    Moment,
    Option,
    Rows,
    Table,
    Text,
)
from engine.languages.forms.parser import parse_form
from engine.languages.forms.submission import Submission

__all__ = [
    "Component",
    "Feel",
    "Field",
    "Form",
    "Format",
    "Group",
    "Kind",
    "Line",
    "Moment",
    "Option",
    "Rows",
    "Scope",
    "Sentence",
    "Submission",
    "Table",
    "Template",
    "Text",
    "display",
    "number_text",
    "parse_form",
    "sentence",
]
