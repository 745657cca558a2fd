"""The statement of accounts as an accessible HTML fragment and as CSV for an Italian spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from html import escape

from engine.temporal import in_rome
from modules.budget.model import Statement, StatementLine, StatementMovement, plain_euro

_LINE_HEADS = ("Categoria", "Fornitore", "Descrizione", "Stato", "Previsto", "Impegnato", "Liquidato")
_MOVEMENT_HEADS = ("N.", "Data", "Movimento", "Categoria", "Fornitore", "Motivo", "Giustificativo", "Importo")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")


def statement_html(statement: Statement) -> str:
    """An HTML fragment: summary, table of the lines with totals, table of the movements; all escaped.

    Tables have captions and headers with scope; the classes are Bootstrap's, the amounts are in euros.
    """
    return "\n".join(
        (
            '<section class="rendiconto">',
            _summary(statement),
            _table(
                "Voci del budget",
                _LINE_HEADS,
                [_line_cells(line) for line in statement.voci],
                numeric=3,
                foot=("Totale", "", "", "", *map(_euro, _totals(statement))),
                empty="Nessuna voce.",
            ),
            _table(
                "Movimenti",
                _MOVEMENT_HEADS,
                [_movement_cells(movement) for movement in statement.movimenti],
                numeric=1,
                empty="Nessun movimento.",
            ),
            "</section>",
        )
    )


def statement_csv(statement: Statement) -> str:
    """The statement as text for a `.csv` file: ``;`` between fields, decimal comma, dates as dd/mm/yyyy.

    Begins with a byte order mark so that spreadsheets read it as UTF-8. A text that a spreadsheet would take
    for a formula is preceded by an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(["Rendiconto del budget di welfare personale"])
    for label, amount in _totals_of_account(statement):
        writer.writerow([label, plain_euro(amount)])
    writer.writerow(["Stato del conto", statement.stato.value])
    writer.writerow([])
    writer.writerow(_LINE_HEADS)
    for line in statement.voci:
        texts = (line.categoria.label, line.fornitore, line.descrizione, line.stato.value)
        writer.writerow(
            [*map(safe_cell, texts), *map(plain_euro, (line.previsto, line.impegnato, line.liquidato))]
        )
    writer.writerow(["Totale", "", "", "", *map(plain_euro, _totals(statement))])
    writer.writerow([])
    writer.writerow(_MOVEMENT_HEADS)
    for movement in statement.movimenti:
        writer.writerow([*map(safe_cell, _movement_texts(movement)), plain_euro(movement.importo)])
    return "\ufeff" + out.getvalue()


def safe_cell(text: str) -> str:
    """A text that no spreadsheet executes as a formula, also with spaces before the sign."""
    return (
        f"'{text}" if text.lstrip(" \u00a0").startswith(_DANGEROUS) or text.startswith(_DANGEROUS) else text
    )


def _totals_of_account(statement: Statement) -> tuple[tuple[str, Decimal], ...]:
    closed = statement.closed_at is not None
    last = ("Restituito al fondo", statement.restituito) if closed else ("Residuo", statement.residuo)
    return (
        ("Tetto", statement.tetto),
        ("Previsto", statement.previsto),
        ("Impegnato", statement.impegnato),
        ("Liquidato", statement.liquidato),
        last,
    )


def _summary(statement: Statement) -> str:
    rows = "".join(
        f'<div class="col"><dt>{escape(label)}</dt><dd>{_euro(amount)}</dd></div>'
        for label, amount in _totals_of_account(statement)
    )
    state = f'<div class="col"><dt>Stato del conto</dt><dd>{escape(statement.stato.value)}</dd></div>'
    return f'<dl class="row row-cols-2 row-cols-md-3">{rows}{state}</dl>'


def _table(
    caption: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    numeric: int,
    empty: str,
    foot: Sequence[str] = (),
) -> str:
    first_number = len(heads) - numeric
    header = "".join(
        f'<th scope="col"{_align(position >= first_number)}>{escape(head)}</th>'
        for position, head in enumerate(heads)
    )
    body = "".join(_row(cells, first_number) for cells in rows)
    if not rows:
        body = f'<tr><td colspan="{len(heads)}">{escape(empty)}</td></tr>'
    footer = f"<tfoot>{_row(foot, first_number)}</tfoot>" if foot and rows else ""
    return (
        f'<div class="table-responsive" role="region" aria-label="{escape(caption)}" tabindex="0">'
        f'<table class="table"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{header}</tr></thead><tbody>{body}</tbody>{footer}</table></div>"
    )


def _row(cells: Sequence[str], first_number: int) -> str:
    head = f'<th scope="row">{escape(cells[0])}</th>'
    rest = "".join(
        f"<td{_align(position >= first_number)}>{escape(cell)}</td>"
        for position, cell in enumerate(cells[1:], start=1)
    )
    return f"<tr>{head}{rest}</tr>"


def _align(is_number: bool) -> str:
    return ' class="text-end text-nowrap"' if is_number else ""


def _line_cells(line: StatementLine) -> list[str]:
    texts = [line.categoria.label, line.fornitore, line.descrizione, line.stato.value]
    return [*texts, *map(_euro, (line.previsto, line.impegnato, line.liquidato))]


def _movement_cells(movement: StatementMovement) -> list[str]:
    return [*_movement_texts(movement), _euro(movement.importo)]


def _movement_texts(movement: StatementMovement) -> list[str]:
    return [
        str(movement.number),
        _day(movement.at),
        movement.tipo.value,
        movement.categoria,
        movement.fornitore,
        movement.motivo,
        movement.giustificativo,
    ]


def _totals(statement: Statement) -> Iterable[Decimal]:
    zero = Decimal("0.00")
    return (
        sum((line.previsto for line in statement.voci), zero),
        sum((line.impegnato for line in statement.voci), zero),
        sum((line.liquidato for line in statement.voci), zero),
    )


def _euro(amount: Decimal) -> str:
    return f"{plain_euro(amount, grouped=True)} €"


def _day(moment: datetime) -> str:
    return in_rome(moment).strftime("%d/%m/%Y")
