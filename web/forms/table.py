"""A table of a form: rows to read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.languages.forms import FormExpression, Scope, Table, display, number_text
from web.forms.item import Item, signed

MOST_TABLE_ROWS = 500


def table_item(table: Table, scope: Scope, base: dict[str, Any]) -> Item:
    """The item of a table with the rows its source gives now."""
    label = table.label.plain(scope)
    source = table.source.value(scope) if table.source else None
    data = [row for row in source if isinstance(row, Mapping)] if isinstance(source, list | tuple) else []
    columns = [(column.label, column.key) for column in table.table_columns] or _columns(
        table.columns_expression, scope
    )
    cells = tuple(tuple(cell(row.get(key)) for _label, key in columns) for row in data[:MOST_TABLE_ROWS])
    return signed(
        **base,
        label=label,
        heading=label,
        columns=tuple(name for name, _key in columns),
        cells=cells,
        more=max(0, len(data) - MOST_TABLE_ROWS),
    )


def _columns(expression: FormExpression | None, scope: Scope) -> list[tuple[str, str]]:
    given = expression.value(scope) if expression else None
    return [
        (str(one.get("label") or one["key"]), str(one["key"]))
        for one in (given if isinstance(given, list) else [])
        if isinstance(one, Mapping) and one.get("key")
    ]


def cell(value: object) -> str:
    """A table's cell; numbers with decimals keep two of them, like money."""
    if isinstance(value, float | Decimal) and value != int(value):
        return number_text(
            Decimal(str(value)), 2 if round(Decimal(str(value)), 2) == Decimal(str(value)) else None
        )
    return display(value)
