"""The page of constructs: what of BPMN 2.0.2 runs and what is refused, one row for each conformance file."""

from __future__ import annotations

from docs.pages.markdown import ROOT, code, page, table
from tests.bpmn.constructs import Construct, constructs
from tests.bpmn.sections import SECTIONS

FOLDER = "../../tests/bpmn"


def constructs_page() -> str:
    """The table, in the order of the sections."""
    found = sorted(constructs(), key=lambda one: ([int(part) for part in one.section.split(".")], one.id))
    run, refused = [one for one in found if one.cases], [one for one in found if one.refused]
    return page(
        "Costrutti",
        "Che cosa di BPMN 2.0.2 (OMG, formal/2013-12-09) il motore esegue e che cosa rifiuta alla pubblicazione. "
        "Ogni riga è un piccolo diagramma con ciò che deve fare, giocato su SQLite e su PostgreSQL con il motore "
        "chiuso e riaperto fra un passo e l'altro (`pytest tests/bpmn`). Come se ne aggiunge uno: "
        f"[le istruzioni]({FOLDER}/README.md).",
        f"## Eseguiti ({len(run)})\n\n"
        + table(
            ("Sezione", "Costrutto", "Casi", "Diagramma"),
            [(_section(one), _told(one), len(one.cases), _link(one)) for one in run],
        ),
        f"## Rifiutati ({len(refused)})\n\n"
        + table(
            ("Sezione", "Costrutto", "Osservazione", "Diagramma"),
            [(_section(one), _told(one), _codes(one), _link(one)) for one in refused],
        )
        + "\n\nChe cosa fare: [Osservazioni](osservazioni.md).",
    )


def _section(one: Construct) -> str:
    return f"{one.section} {SECTIONS[one.section].partition(' (')[0]}"


def _told(one: Construct) -> str:
    return one.italian + (f": {one.note}" if one.note else "")


def _codes(one: Construct) -> str:
    return ", ".join(code(name) for name in dict.fromkeys(text.partition("@")[0] for text in one.refused))


def _link(one: Construct) -> str:
    return f"[{one.name}]({FOLDER}/{one.diagram.relative_to(ROOT / 'tests' / 'bpmn').as_posix()})"
