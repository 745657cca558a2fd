"""Camunda Forms: `parse_form` reads a .form file, `Form` evaluates it and validates the answers."""

from engine.languages.forms.feel import FormExpression, Scope, Template, display, number_text
from engine.languages.forms.form import Form
from engine.languages.forms.model import (
    Component,
    DateTimeSubtype,
    DynamicList,
    Field,
    Format,
    Group,
    Kind,
    Option,
    Separator,
    Table,
    Text,
)
from engine.languages.forms.parser import parse_form
from engine.languages.forms.submission import Submission

__all__ = [
    "Component",
    "DateTimeSubtype",
    "DynamicList",
    "Field",
    "Form",
    "FormExpression",
    "Format",
    "Group",
    "Kind",
    "Option",
    "Scope",
    "Separator",
    "Submission",
    "Table",
    "Template",
    "Text",
    "display",
    "number_text",
    "parse_form",
]
