"""The page of functions: everything that diagrams, tables and forms may call in FEEL."""

from __future__ import annotations

import importlib
import pkgutil

from docs.pages.markdown import code, page, same_names, table
from engine.languages.feel import Function, functions
from engine.languages.feel_environment import FUNCTIONS, PARAMETER_FUNCTIONS
from engine.temporal import FEEL_SIGNATURES

AREAS = {
    "general": "Valori",
    "numbers": "Numeri",
    "strings": "Testi",
    "patterns": "Modelli di testo",
    "lists": "Elenchi",
    "aggregates": "Calcoli su elenchi",
    "contexts": "Contesti",
    "dates": "Date e durate",
    "ranges": "Intervalli",
}


def _usage(function: Function) -> str:
    forms = (function.parameters, *function.alternatives)
    dots = ", …" if function.variadic else ""
    return "<br>".join(code(f"{function.name}({', '.join(parameters)}{dots})") for parameters in forms)


def _rows(names: list[str]) -> list[tuple[str, str]]:
    found = {function.name: function for function in FUNCTIONS}
    return [(_usage(found[name]), found[name].description) for name in names]


def _built_in() -> dict[str, list[str]]:
    areas: dict[str, list[str]] = {}
    for module in pkgutil.iter_modules(functions.__path__):
        content = vars(importlib.import_module(f"{functions.__name__}.{module.name}"))
        listed = [one for one in content.values() if type(one).__name__ == "FunctionGroup"]
        names = [function.name for catalogue in listed for function in catalogue]
        if names:
            areas[module.name] = names
    return areas


def functions_page() -> str:
    """The calendar's functions, the parameters', then the built-ins by area."""
    areas = _built_in()
    same_names(areas, AREAS, "docs/pages/language.py")
    own = [signature.name for signature in FEEL_SIGNATURES] + [one.name for one in PARAMETER_FUNCTIONS]
    told = {name for names in areas.values() for name in names} | set(own)
    same_names({function.name for function in FUNCTIONS}, told, "docs/pages/language.py")
    head = ("Funzione", "Che cosa dà")
    return page(
        "Funzioni",
        "Le espressioni di diagrammi, tabelle e moduli sono in FEEL, il linguaggio di DMN 1.5. Qui ci sono "
        "tutte le funzioni che si possono chiamare. Un argomento nullo dà nullo; ciò che non si può calcolare, "
        "come `1/0`, è nullo. "
        "I numeri sono decimali esatti. Una variabile che non c'è è nulla.",
        "## Il calendario e i parametri\n\nI giorni lavorativi sono quelli dell'ambito della pratica: "
        "festività italiane, patrono, sabato e chiusure come sono scritti in *Amministrazione › "
        "Calendario*.\n\n" + table(head, _rows(own)),
        *(f"## {AREAS[area]}\n\n" + table(head, _rows(areas[area])) for area in AREAS),
    )
