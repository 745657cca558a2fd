"""Small DMN files, written as dmn-js writes them, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def definitions(body: str, namespace: str = NAMESPACE) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="{namespace}" '
        'xmlns:camunda="http://camunda.org/schema/1.0/dmn" id="definitions" name="prova" '
        f'namespace="http://camunda.org/schema/1.0/dmn" exporter="dmn-js">\n{body}\n</definitions>\n'
    ).encode()


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def table(
    inputs: Sequence[str],
    outputs: Sequence[str],
    rules: Sequence[Sequence[str]],
    *,
    policy: str = 'hitPolicy="UNIQUE"',
    decision: str = "esito",
    extra: str = "",
) -> str:
    """A decision with a table; a rule is its cells, then its answers, then maybe an annotation."""
    columns = "".join(
        f'<input id="{decision}_i{n}" label="{escaped(text)}"><inputExpression id="{decision}_e{n}">'
        f"<text>{escaped(text)}</text></inputExpression></input>\n"
        for n, text in enumerate(inputs)
    )
    answers = "".join(
        f'<output id="{decision}_o{n}" {one}/>\n'
        if "=" in one.split(">")[0] and not one.startswith("<")
        else one
        for n, one in enumerate(outputs)
    )
    rows = ""
    for number, cells in enumerate(rules, 1):
        note = cells[len(inputs) + len(outputs)] if len(cells) > len(inputs) + len(outputs) else ""
        rows += f'<rule id="{decision}_r{number}">\n' + (
            f"<description>{note}</description>\n" if note else ""
        )
        for n, cell in enumerate(cells[: len(inputs) + len(outputs)]):
            tag = "inputEntry" if n < len(inputs) else "outputEntry"
            rows += f'<{tag} id="{decision}_r{number}_c{n}"><text>{escaped(cell)}</text></{tag}>\n'
        rows += "</rule>\n"
    return (
        f'<decision id="{decision}" name="{decision}">\n{extra}<decisionTable id="{decision}_t" {policy}>\n'
        f"{columns}{answers}{rows}</decisionTable></decision>"
    )
