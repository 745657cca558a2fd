"""Reads a Camunda Form file. What cannot be honoured is refused with file, component and what to do."""

from __future__ import annotations

import json
from typing import Any

from engine.errors import Finding, InvalidInput
from engine.languages.feel_environment import compiled
from engine.languages.forms.component_parser import ComponentReader
from engine.languages.forms.feel import Compiler
from engine.languages.forms.form import Form
from engine.languages.forms.model import Field, Rows, walk
from engine.languages.forms.schema import NEWEST_SCHEMA

MAX_BYTES = 1_000_000
MAX_COMPONENTS = 1_000


def parse_form(data: bytes | str, source: str, *, compiler: Compiler = compiled) -> Form:
    """The form written in `data`; `source` is the file's name for the messages.

    `compiler` turns the text of a FEEL expression into something that evaluates it; by default the engine's own.
    Raises InvalidInput whose `findings` hold one sentence for each fault.
    """
    reader = ComponentReader(source, compiler)
    document = _load(data, reader)
    form_id = _head(document, reader)
    raw = document.get("components")
    if not isinstance(raw, list):
        reader.fault(
            "FORM_COMPONENTS", "manca l'elenco «components»: apri il file nel Modeler e salvalo di nuovo."
        )
        raw = []
    components = reader.components(raw)
    _check_whole(components, reader)
    if reader.findings:
        raise _refusal(reader.findings, source)
    form = Form(id=form_id, source=source, components=components)
    _check_defaults(form, reader)
    if reader.findings:
        raise _refusal(reader.findings, source)
    return form


def _refusal(findings: list[Finding], source: str) -> InvalidInput:
    lines = "\n".join(f"- {finding}" for finding in findings)
    return InvalidInput(
        f"Il modulo {source} non si può usare:\n{lines}", code="FORM_INVALID", findings=findings
    )


def _load(data: bytes | str, reader: ComponentReader) -> dict[str, Any]:
    """The JSON object of the file; a file that is no such thing is refused at once."""
    if len(data) > MAX_BYTES:
        reader.fault(
            "FORM_TOO_BIG", f"il file supera {MAX_BYTES // 1000} kB: dividi il modulo in più moduli."
        )
        raise _refusal(reader.findings, reader.source)
    try:
        text = reader.written = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        document = json.loads(text, object_pairs_hook=_no_repeats, parse_constant=_no_constant)
    except UnicodeDecodeError:
        reader.fault("FORM_ENCODING", "il testo non è UTF-8: salvalo di nuovo con il Modeler.")
    except json.JSONDecodeError as error:
        reader.fault(
            "FORM_JSON",
            f"non è un file JSON: riga {error.lineno}, colonna {error.colno}. Salvalo con il Modeler.",
            line=error.lineno,
        )
    except (ValueError, RecursionError) as error:
        reader.fault(
            "FORM_JSON", str(error) if isinstance(error, ValueError) else "ha troppi livelli annidati."
        )
    else:
        if isinstance(document, dict):
            return document
        reader.fault("FORM_JSON", "non contiene un modulo: deve cominciare con { e avere «components».")
    raise _refusal(reader.findings, reader.source)


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"l'attributo «{twice}» è scritto due volte nello stesso oggetto: tienine uno.")
    return result


def _no_constant(name: str) -> Any:
    raise ValueError(f"il numero {name} non esiste in JSON: scrivi una cifra.")


def _head(document: dict[str, Any], reader: ComponentReader) -> str:
    if document.get("type", "default") != "default":
        reader.fault(
            "FORM_TYPE", f'il tipo «{document["type"]}» non è un Camunda Form: «type» deve valere "default".'
        )
    version = document.get("schemaVersion", NEWEST_SCHEMA)
    if not isinstance(version, int) or not 1 <= version <= NEWEST_SCHEMA:
        reader.fault(
            "FORM_VERSION",
            f"la versione di schema {version!r} non è conosciuta: esporta il modulo con una versione da 1 a "
            f"{NEWEST_SCHEMA}.",
        )
    form_id = document.get("id")
    if not isinstance(form_id, str) or not form_id.strip():
        reader.fault(
            "FORM_ID", "manca l'«id» del modulo: dagli nel Modeler il nome che usano i diagrammi (formRef)."
        )
        return ""
    return form_id


def _check_whole(components: tuple[Any, ...], reader: ComponentReader) -> None:
    """What one component alone cannot know: size, repeated ids, fields named by `dopo`."""
    everything = list(walk(components))
    if len(everything) > MAX_COMPONENTS:
        reader.fault("FORM_TOO_BIG", f"ha più di {MAX_COMPONENTS} componenti: dividilo in più moduli.")
    dates = {component.key for component in everything if isinstance(component, Field)}
    ids: set[str] = set()
    for component in everything:
        if component.id in ids:
            reader.fault(
                "FORM_DUPLICATE_ID", "due componenti hanno lo stesso «id»: cambia uno dei due.", component.id
            )
        ids.add(component.id)
        if isinstance(component, Field) and component.rules.after and component.rules.after not in dates:
            reader.fault(
                "FORM_AFTER",
                f"la proprietà «dopo» nomina «{component.rules.after}», che non è un campo del modulo: "
                "correggi il nome.",
                component.id,
                component.key,
            )
        if isinstance(component, Rows) and component.least > component.most:
            reader.fault("FORM_ROWS", "«minimo» è maggiore di «massimo»: correggi uno dei due.", component.id)


def _check_defaults(form: Form, reader: ComponentReader) -> None:
    """A default value that the field itself would refuse is a mistake of the analyst, told now and not to operators."""
    from engine.languages.forms.conversion import from_json

    for component in walk(form.components):
        if (
            not isinstance(component, Field)
            or component.default is None
            or hasattr(component.default, "compiled")
        ):
            continue
        _, problem = from_json(component, component.default)
        if problem:
            reader.fault(
                "FORM_DEFAULT", f"il valore predefinito non va bene. {problem}", component.id, component.key
            )
