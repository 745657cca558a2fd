"""Amounts and statements of accounts as people read them, and as spreadsheets open them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from engine.errors import ExecutionFailed
from modules.budget.model import (
    Categoria,
    Statement,
    StatementLine,
    StatementMovement,
    StatoConto,
    StatoVoce,
    TipoMovimento,
    euro,
    read_categoria,
    to_cents,
    to_euros,
)
from modules.budget.rendering import safe_cell, statement_csv, statement_html

WHEN = datetime(2016, 3, 31, 22, 30, tzinfo=UTC)  # already 1 April in Rome


def statement(**changes: Any) -> Statement:
    values: dict[str, Any] = {
        "instance_id": "caso1",
        "titolare": "persona1",
        "stato": StatoConto.APERTO,
        "tetto": Decimal("2000.00"),
        "previsto": Decimal("1500.00"),
        "impegnato": Decimal("1500.00"),
        "liquidato": Decimal("1234.50"),
        "residuo": Decimal("500.00"),
        "restituito": Decimal("0.00"),
        "opened_at": WHEN,
        "closed_at": None,
        "voci": (
            StatementLine(
                Categoria.MOBILITA,
                "<script>alert(1)</script>",
                "=1+1",
                StatoVoce.IMPEGNATO,
                Decimal("1500.00"),
                Decimal("1500.00"),
                Decimal("1234.50"),
            ),
        ),
        "movimenti": (
            StatementMovement(
                1,
                WHEN,
                TipoMovimento.LIQUIDAZIONE,
                Decimal("1234.50"),
                "Mobilità",
                "A & B",
                "",
                "@SUM(1;2)",
                "anna",
            ),
        ),
    }
    return Statement(**{**values, **changes})


def test_amounts_are_written_as_italians_do() -> None:
    assert euro(200_000) == "2.000,00 €"
    assert euro(1) == "0,01 €"
    assert euro(Decimal("1234567.5")) == "1.234.567,50 €"


@given(st.integers(min_value=1, max_value=10**14))
def test_cents_survive_the_trip_through_euros(cents: int) -> None:
    assert to_cents(to_euros(cents), "prova") == cents


@given(st.one_of(st.floats(allow_nan=True), st.text(max_size=12), st.decimals(), st.none(), st.booleans()))
def test_any_value_is_an_exact_amount_or_a_sentence(value: Any) -> None:
    try:
        cents = to_cents(value, "prova")
    except ExecutionFailed as problem:
        refusal = str(problem.message)
    else:
        refusal = ""
        assert cents > 0
        assert to_euros(cents) == Decimal(str(value).strip())
    assert not refusal or refusal.startswith("prova: ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("formazione", Categoria.FORMAZIONE),
        ("Formazione/riqualificazione", Categoria.FORMAZIONE),
        ("riqualificazione", Categoria.FORMAZIONE),
        ("MOBILITÀ", Categoria.MOBILITA),
        ("sostegno psicologico e relazionale", Categoria.SOSTEGNO_PSICOLOGICO),
        ("sostegno_al_reddito", Categoria.SOSTEGNO_REDDITO),
        *[(categoria.label, categoria) for categoria in Categoria],
        *[(categoria.value, categoria) for categoria in Categoria],
    ],
)
def test_a_category_is_known_by_key_and_by_label(text: str, expected: Categoria) -> None:
    assert read_categoria(text) is expected


@pytest.mark.parametrize("text", ["", "formazionex", "yacht", "sostegno"])
def test_an_unknown_category_is_refused_with_the_catalogue(text: str) -> None:
    with pytest.raises(ExecutionFailed, match="volontariato"):
        read_categoria(text)


def test_the_html_is_an_accessible_table_with_nothing_alive_in_it() -> None:
    fragment = statement_html(statement())
    assert "<script>" not in fragment
    section = html.fragment_fromstring(fragment)
    tables = section.findall(".//table")
    assert [table.findtext("caption") for table in tables] == ["Voci del budget", "Movimenti"]
    for table in tables:
        assert {head.get("scope") for head in table.iter("th")} == {"col", "row"}
        width = len(table.findall("thead/tr/th"))
        assert all(len(row) == width for row in table.iter("tr"))
    assert "1.234,50 €" in fragment
    assert "01/04/2016" in fragment, "days are those of Rome"
    assert "Residuo" in fragment
    closed = statement_html(statement(closed_at=WHEN, stato=StatoConto.CHIUSO, restituito=Decimal(60)))
    assert "Restituito al fondo" in closed


def test_an_empty_statement_says_so() -> None:
    fragment = statement_html(statement(voci=(), movimenti=()))
    assert "Nessuna voce." in fragment
    assert "Nessun movimento." in fragment


def test_the_csv_opens_in_an_italian_spreadsheet() -> None:
    text = statement_csv(statement())
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))
    assert ["Tetto", "2000,00"] in rows
    assert [
        "Mobilità",
        "<script>alert(1)</script>",
        "'=1+1",
        "impegnato",
        "1500,00",
        "1500,00",
        "1234,50",
    ] in rows
    assert rows[-1] == ["1", "01/04/2016", "liquidazione", "Mobilità", "A & B", "", "'@SUM(1;2)", "1234,50"]


@given(st.text(max_size=20))
def test_no_cell_is_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert not cell.lstrip(" \u00a0").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell.removeprefix("'") in (text, text.removeprefix("'"))
