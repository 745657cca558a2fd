"""Parses Camunda Form files. What is not supported is refused, with the component and what to do."""

from __future__ import annotations

import json
from typing import Any

from engine.errors import Finding, InvalidInput
from engine.languages.feel_environment import compile_feel
from engine.languages.forms.component_parser import ComponentParser
from engine.languages.forms.conversion import from_json
from engine.languages.forms.feel import Compiler, FormExpression
from engine.languages.forms.form import Form
from engine.languages.forms.model import DynamicList, Field, walk_components
from engine.languages.forms.schema import NEWEST_SCHEMA
from engine.localization import Message, message

MAX_BYTES = 1_000_000
MAX_COMPONENTS = 1_000


def parse_form(data: bytes | str, source: str, *, compiler: Compiler = compile_feel) -> Form:
    """Parse a form; `source` is the name of its file in messages, `compiler` compiles FEEL expressions.

    Raises InvalidInput (code FORM_INVALID) with a finding for each fault.
    """
    parser = ComponentParser(source, compiler)
    document = _load(data, parser)
    form_id = _head(document, parser)
    raw = document.get("components")
    if not isinstance(raw, list):
        parser.add_finding("FORM_COMPONENTS", message("FORM_COMPONENTS_MISSING"))
        raw = []
    components = parser.components(raw)
    _check_components(components, parser)
    if parser.findings:
        raise _invalid(parser.findings, source)
    form = Form(id=form_id, source=source, components=components)
    _check_defaults(form, parser)
    if parser.findings:
        raise _invalid(parser.findings, source)
    return form


def _invalid(findings: list[Finding], source: str) -> InvalidInput:
    return InvalidInput(
        "FORM_UNUSABLE", code="FORM_INVALID", source=source, faults=tuple(findings), findings=findings
    )


def _load(data: bytes | str, parser: ComponentParser) -> dict[str, Any]:
    """The JSON object of the file. Raises InvalidInput for anything else."""
    if len(data) > MAX_BYTES:
        parser.add_finding("FORM_TOO_BIG", message("FORM_FILE_TOO_LARGE", kilobytes=MAX_BYTES // 1000))
        raise _invalid(parser.findings, parser.source)
    try:
        text = parser.text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        document = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        parser.add_finding("FORM_ENCODING", message("FORM_NOT_UTF8"))
    except json.JSONDecodeError as error:
        parser.add_finding(
            "FORM_JSON",
            message("FORM_NOT_JSON", line=error.lineno, column=error.colno),
            line=error.lineno,
        )
    except _InvalidJson as error:
        parser.add_finding("FORM_JSON", error.problem)
    except ValueError:  # a number with more digits than Python reads
        parser.add_finding("FORM_JSON", message("FORM_JSON_NUMBER_TOO_LONG"))
    except RecursionError:
        parser.add_finding("FORM_JSON", message("FORM_JSON_TOO_DEEP"))
    else:
        if isinstance(document, dict):
            return document
        parser.add_finding("FORM_JSON", message("FORM_NOT_AN_OBJECT"))
    raise _invalid(parser.findings, parser.source)


class _InvalidJson(ValueError):
    """Raised inside the JSON parser for what JSON allows and a form does not."""

    def __init__(self, problem: Message) -> None:
        super().__init__(problem)
        self.problem = problem


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise _InvalidJson(message("FORM_JSON_DUPLICATE_KEY", name=key))
        result[key] = value
    return result


def _refuse_constant(name: str) -> Any:
    raise _InvalidJson(message("FORM_JSON_NOT_A_NUMBER", name=name))


def _head(document: dict[str, Any], parser: ComponentParser) -> str:
    if document.get("type", "default") != "default":
        parser.add_finding("FORM_TYPE", message("FORM_NOT_A_CAMUNDA_FORM", type=document["type"]))
    version = document.get("schemaVersion", NEWEST_SCHEMA)
    if not isinstance(version, int) or not 1 <= version <= NEWEST_SCHEMA:
        parser.add_finding(
            "FORM_VERSION",
            message("FORM_SCHEMA_VERSION_UNKNOWN", version=repr(version), newest=NEWEST_SCHEMA),
        )
    form_id = document.get("id")
    if not isinstance(form_id, str) or not form_id.strip():
        parser.add_finding("FORM_ID", message("FORM_WITHOUT_ID"))
        return ""
    return form_id


def _check_components(components: tuple[Any, ...], parser: ComponentParser) -> None:
    """Check the components together: their number, duplicate ids, fields named by `dopo`."""
    all_components = list(walk_components(components))
    if len(all_components) > MAX_COMPONENTS:
        parser.add_finding("FORM_TOO_BIG", message("FORM_TOO_MANY_COMPONENTS", limit=MAX_COMPONENTS))
    dates = {component.key for component in all_components if isinstance(component, Field)}
    ids: set[str] = set()
    for component in all_components:
        if component.id in ids:
            parser.add_finding("FORM_DUPLICATE_ID", message("FORM_SAME_ID_TWICE"), component.id)
        ids.add(component.id)
        if isinstance(component, Field) and component.rules.after and component.rules.after not in dates:
            parser.add_finding(
                "FORM_AFTER",
                message("FORM_AFTER_UNKNOWN_FIELD", after=component.rules.after),
                component.id,
                component.key,
            )
        if isinstance(component, DynamicList) and component.min_rows > component.max_rows:
            parser.add_finding("FORM_ROWS", message("FORM_MINIMUM_ABOVE_MAXIMUM"), component.id)


def _check_defaults(form: Form, parser: ComponentParser) -> None:
    """Check that each field accepts its own default value."""
    for component in walk_components(form.components):
        if (
            not isinstance(component, Field)
            or component.default is None
            or isinstance(component.default, FormExpression)
        ):
            continue
        _, problem = from_json(component, component.default)
        if problem:
            parser.add_finding(
                "FORM_DEFAULT", message("FORM_DEFAULT_INVALID", problem=problem), component.id, component.key
            )
