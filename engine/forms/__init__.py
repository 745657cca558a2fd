"""Camunda Form files: read, shown, filled in. The door of the room."""

from engine.forms.feel import Feel, Scope, Template, display, number_text
from engine.forms.form import Form
from engine.forms.model import (
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
from engine.forms.parse import parse_form
from engine.forms.read import Submission
from engine.forms.sentences import Sentence, sentence

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
