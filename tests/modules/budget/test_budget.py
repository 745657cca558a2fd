"""The budget of a person: what may be planned, committed, paid, reversed, and the sentences of refusals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from engine.errors import BusinessError, ExecutionFailed
from engine.storage import Database
from modules.budget import service
from modules.budget.model import StatoConto
from modules.budget.tables import voce
from tests.modules.budget.budget_steps import agrees, do, line, refused
from tests.modules.service_task_contexts import Context, call


def test_the_cap_is_a_cent_wide(database: Database) -> None:
    do(database, "budget.apri")
    error = refused(database, "budget.prevedi", voci=[line("2150")])
    assert error.code == "BUDGET_SUPERATO"
    assert (
        error.message == "Il piano è di 2.150,00 € e supera il tetto di 2.000,00 €: va ridotto di 150,00 €."
    )
    assert refused(database, "budget.prevedi", voci=[line("2000.01")]).code == "BUDGET_SUPERATO"
    assert refused(database, "budget.prevedi", voci=[line("1999.99"), line("0.02")]).code == "BUDGET_SUPERATO"
    assert do(database, "budget.prevedi", voci=[line("2000.00")])["previsto"] == Decimal("2000.00")
    assert refused(database, "budget.impegna", importo=Decimal("2000.01")).code == "BUDGET_SUPERATO"
    result = do(database, "budget.impegna")
    assert result == {
        "tetto": Decimal("2000.00"),
        "previsto": Decimal("2000.00"),
        "impegnato": Decimal("2000.00"),
        "liquidato": Decimal("0.00"),
        "residuo": Decimal("0.00"),
        "restituito": Decimal("0.00"),
    }
    assert (
        refused(database, "budget.impegna", importo=Decimal("0.01"), categoria="mobilita").code
        == "BUDGET_SUPERATO"
    )
    agrees(database)


def test_what_is_left_is_named_and_returned(database: Database) -> None:
    """Scenario A: 1.940 € spent, a new line of 80 € refused with 60 left, 60 € returned at the end."""
    do(database, "budget.apri")
    do(database, "budget.prevedi", voci=[line("1500", fornitore="Scuola Prova"), line("500", "mobilita")])
    do(database, "budget.impegna")
    do(
        database,
        "budget.liquida",
        importo=Decimal(1500),
        categoria="formazione",
        giustificativo="Fattura 1/2016",
    )
    paid = do(
        database,
        "budget.liquida",
        importo=Decimal(440),
        categoria="mobilita",
        giustificativo="Ricevuta 7",
        saldo=True,
    )
    assert (paid["liquidato"], paid["impegnato"], paid["residuo"]) == (
        Decimal(1940),
        Decimal(1940),
        Decimal(60),
    )
    error = refused(database, "budget.impegna", importo=Decimal(80), categoria="conciliazione")
    assert error.code == "BUDGET_SUPERATO"
    assert "80,00 €" in error.message
    assert "restano 60,00 €" in error.message
    closed = do(database, "budget.chiudi")
    assert (closed["residuo"], closed["restituito"]) == (Decimal("60.00"), Decimal("60.00"))
    assert do(database, "budget.chiudi") == closed, "a second press changes nothing"
    assert agrees(database).liquidato == 194_000


def test_a_refusal_leaves_nothing_behind_even_when_the_diagram_goes_on(database: Database) -> None:
    do(database, "budget.apri")
    with database.begin() as work:
        context = Context(work.connection)
        with pytest.raises(BusinessError):
            call(context, "budget.impegna", voci=[line("1500"), line("600", "mobilita")])
        with pytest.raises(BusinessError):
            call(context, "budget.liquida", importo=Decimal(1), giustificativo="x")
    assert agrees(database).impegnato == 0
    with database.read() as connection:
        assert connection.execute(select(voce)).all() == []


def test_planning_twice_and_committing_twice_is_like_once(database: Database) -> None:
    plan = [line("700", fornitore="Scuola Prova"), line("300", "mobilita"), line("300", "mobilita")]
    for _ in range(2):
        do(database, "budget.prevedi", voci=plan)
        assert do(database, "budget.impegna")["impegnato"] == Decimal(1300)
    assert agrees(database).previsto == 130_000
    with database.read() as connection:
        statement = service.statement(connection, "caso1")
    assert statement is not None
    assert len(statement.voci) == 3
    assert [m.tipo for m in statement.movimenti] == ["apertura", "previsione", "impegno"]


def test_a_renegotiated_plan_moves_commitments_but_not_payments(database: Database) -> None:
    do(database, "budget.prevedi", voci=[line("1000"), line("600", "mobilita")])
    do(database, "budget.impegna")
    do(database, "budget.liquida", importo=Decimal(400), categoria="formazione", giustificativo="Fattura 1")
    do(database, "budget.prevedi", voci=[line("300"), line("900", "conciliazione")])
    result = do(database, "budget.impegna")
    # 400 paid stay although the new plan says 300; mobilità is taken back; conciliazione is new
    assert (result["impegnato"], result["liquidato"], result["previsto"]) == (1300, 400, 1200)
    agrees(database)
    error = refused(database, "budget.prevedi", voci=[line("300"), line("1600.01", "conciliazione")])
    assert error.code == "BUDGET_SUPERATO"


def test_a_commitment_uses_the_planned_line_first(database: Database) -> None:
    do(database, "budget.prevedi", voci=[line("500", fornitore="Scuola Prova"), line("200", "mobilita")])
    do(database, "budget.impegna", importo=Decimal(450), categoria="Formazione e riqualificazione")
    do(database, "budget.impegna", importo=Decimal(100), categoria="formazione", fornitore="scuola  PROVA")
    with database.read() as connection:
        statement = service.statement(connection, "caso1")
    assert statement is not None
    assert [(item.categoria.value, int(item.impegnato)) for item in statement.voci] == [
        ("formazione", 500),
        ("mobilita", 0),
        ("formazione", 50),
    ]
    agrees(database)


def test_nothing_is_paid_without_proof_beyond_commitment_or_twice(database: Database) -> None:
    do(database, "budget.prevedi", voci=[line("500", fornitore="Scuola Prova")])
    early = refused(
        database, "budget.liquida", importo=Decimal(10), categoria="formazione", giustificativo="F1"
    )
    assert early.code == "IMPEGNO_INSUFFICIENTE", "planned is not committed"
    do(database, "budget.impegna")
    nothing: list[Any] = [None, "", "   ", [], {}, [{"nome": " "}]]
    for proof in nothing:
        error = refused(
            database, "budget.liquida", importo=Decimal(10), categoria="formazione", giustificativo=proof
        )
        assert error.code == "GIUSTIFICATIVO_MANCANTE"
    over = refused(
        database, "budget.liquida", importo=Decimal("500.01"), categoria="formazione", giustificativo="F1"
    )
    assert over.code == "IMPEGNO_INSUFFICIENTE"
    assert "500,00 €" in over.message
    other = {
        "importo": Decimal(10),
        "categoria": "formazione",
        "fornitore": "Altra Scuola",
        "giustificativo": "F1",
    }
    assert refused(database, "budget.liquida", **other).code == "IMPEGNO_INSUFFICIENTE"
    payment: dict[str, Any] = {
        "importo": Decimal(200),
        "categoria": "formazione",
        "giustificativo": [{"nome": "fattura.pdf"}],
    }
    do(database, "budget.liquida", **payment)
    again = refused(database, "budget.liquida", **payment)
    assert again.code == "GIUSTIFICATIVO_GIA_USATO"
    assert agrees(database).liquidato == 20_000


def test_an_advance_is_at_most_half_of_a_line(database: Database) -> None:
    do(database, "budget.prevedi", voci=[line("500.01")])
    do(database, "budget.impegna")
    error = refused(
        database, "budget.liquida", importo=Decimal("250.01"), giustificativo="Preventivo 1", anticipo=True
    )
    assert error.code == "ANTICIPO_SUPERATO"
    assert "250,00 €" in error.message
    do(database, "budget.liquida", importo=Decimal(200), giustificativo="Preventivo 1", anticipo=True)
    assert (
        refused(database, "budget.liquida", importo=Decimal(51), giustificativo="P2", anticipo=True).code
        == "ANTICIPO_SUPERATO"
    )
    do(
        database,
        "budget.liquida",
        importo=Decimal(51),
        giustificativo="P2",
        anticipo=True,
        parameters={"anticipo_massimo": 80},
    )
    do(database, "budget.liquida", importo=Decimal("249.01"), giustificativo="Fattura 9")
    agrees(database)


def test_while_suspended_nothing_is_spent_but_reversals_work(database: Database) -> None:
    do(database, "budget.prevedi", voci=[line("1000"), line("500", "mobilita")])
    do(database, "budget.impegna")
    do(database, "budget.liquida", importo=Decimal(300), categoria="formazione", giustificativo="F1")
    do(database, "budget.sospendi")
    do(database, "budget.sospendi")
    steps: list[tuple[str, dict[str, Any]]] = [
        ("budget.impegna", {}),
        ("budget.impegna", {"importo": Decimal(1), "categoria": "mobilita"}),
        ("budget.liquida", {"importo": Decimal(1), "giustificativo": "F2"}),
    ]
    for topic, inputs in steps:
        assert refused(database, topic, **inputs).code == "BUDGET_SOSPESO"
    do(database, "budget.riprendi")
    do(database, "budget.liquida", importo=Decimal(1), categoria="mobilita", giustificativo="F2")
    do(database, "budget.sospendi")
    result = do(database, "budget.storna", motivo="Abbandono deciso dal coordinatore")
    assert (result["impegnato"], result["liquidato"], result["residuo"]) == (301, 301, 1699)
    closed = do(database, "budget.chiudi")
    assert closed["restituito"] == Decimal(1699)
    steps = [
        ("budget.impegna", {"importo": Decimal(1), "categoria": "mobilita"}),
        ("budget.liquida", {"importo": Decimal(1), "giustificativo": "F3"}),
        ("budget.storna", {"motivo": "ancora"}),
        ("budget.prevedi", {"voci": [line("1")]}),
    ]
    for topic, inputs in steps:
        assert refused(database, topic, **inputs).code == "BUDGET_CHIUSO"
    agrees(database)


def test_a_part_can_be_reversed_but_never_what_is_paid(database: Database) -> None:
    do(database, "budget.prevedi", voci=[line("1000")])
    do(database, "budget.impegna")
    do(database, "budget.liquida", importo=Decimal(900), giustificativo="F1")
    error = refused(database, "budget.storna", motivo="prova", importo=Decimal(101))
    assert error.code == "IMPEGNO_INSUFFICIENTE"
    assert do(database, "budget.storna", motivo="prova", importo=Decimal(100))["residuo"] == Decimal(1100)
    with pytest.raises(ExecutionFailed):
        do(database, "budget.storna", motivo="  ")
    agrees(database)


def test_a_reopened_patto_has_only_what_the_person_has_left(database: Database) -> None:
    do(database, "budget.prevedi", voci=[line("1200"), line("800", "mobilita")])
    do(database, "budget.impegna")
    do(database, "budget.liquida", importo=Decimal("750.50"), categoria="formazione", giustificativo="F1")
    do(database, "budget.chiudi")
    reopened = do(database, "budget.apri", case="caso2", subject=None, linked_from="caso1")
    assert reopened["tetto"] == Decimal("1249.50")
    over: dict[str, Any] = {
        "voci": [line("1249.51")],
        "case": "caso2",
        "subject": None,
        "linked_from": "caso1",
    }
    assert refused(database, "budget.prevedi", **over).code == "BUDGET_SUPERATO"
    do(database, "budget.prevedi", voci=[line("1249.50")], case="caso2")
    do(database, "budget.impegna", case="caso2")
    third = do(database, "budget.apri", case="caso3", linked_from="caso2")
    assert third["tetto"] == Decimal(0)
    assert (
        refused(database, "budget.impegna", case="caso3", importo=Decimal("0.01")).code == "BUDGET_SUPERATO"
    )


def test_two_open_patti_of_one_person_share_the_cap(database: Database) -> None:
    do(database, "budget.apri", case="caso1")
    do(database, "budget.apri", case="caso2")
    do(database, "budget.impegna", case="caso1", importo=Decimal(1500), categoria="formazione")
    error = refused(
        database, "budget.impegna", case="caso2", importo=Decimal("500.01"), categoria="formazione"
    )
    assert error.code == "BUDGET_SUPERATO"
    assert "restano 500,00 €" in error.message
    do(database, "budget.impegna", case="caso2", importo=Decimal(500), categoria="formazione")
    with database.read() as connection:
        assert service.residual_of(connection, "persona1") == 0
        assert service.residual_of(connection, "nessuno") == Decimal(2000)


def test_a_group_has_an_account_for_each_person(database: Database) -> None:
    for person in ("p1", "p2"):
        do(database, "budget.apri", subject="gruppo", persona=person)
        do(
            database,
            "budget.impegna",
            subject="gruppo",
            persona=person,
            importo=Decimal(900),
            categoria="mobilita",
        )
    with pytest.raises(ExecutionFailed) as caught:
        do(database, "budget.impegna", subject="gruppo", importo=Decimal(1))
    assert caught.value.code == "CONTO_AMBIGUO"
    assert do(database, "budget.chiudi", subject="gruppo", persona="p1")["restituito"] == Decimal(2000)
    assert do(database, "budget.sospendi", subject="gruppo")["impegnato"] == Decimal(900)
    with database.read() as connection:
        assert [s.stato for s in service.statements(connection, "caso1")] == [
            StatoConto.CHIUSO,
            StatoConto.SOSPESO,
        ]


def test_the_administrator_sets_the_cap_and_a_diagram_may_only_lower_it(database: Database) -> None:
    assert do(database, "budget.apri", parameters={"tetto_budget": 1500})["tetto"] == Decimal(1500)
    lower = do(database, "budget.apri", case="caso2", subject="persona2", tetto=Decimal(800))
    assert lower["tetto"] == Decimal(800)
    with pytest.raises(ExecutionFailed) as caught:
        do(database, "budget.apri", case="caso3", subject="persona3", tetto=Decimal("2000.01"))
    assert caught.value.code == "TETTO_NON_VALIDO"


def test_amounts_that_are_no_money_are_refused(database: Database) -> None:
    do(database, "budget.apri")
    wrong: list[Any] = [
        0,
        -1,
        "-0.01",
        "0.001",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e400",
        "mille",
        "1,50",
        10**30,
    ]
    for amount in [*wrong, "", True, [], None]:
        steps: list[tuple[str, dict[str, Any]]] = [
            ("budget.prevedi", {"voci": [{"categoria": "formazione", "importo": amount}]}),
            ("budget.impegna", {"voci": [{"categoria": "formazione", "importo": amount}]}),
            ("budget.liquida", {"importo": amount, "giustificativo": "F1"}),
        ]
        for topic, inputs in steps:
            with pytest.raises(ExecutionFailed):
                do(database, topic, **inputs)
    assert agrees(database).impegnato == 0


def test_lines_that_do_not_hold_are_named(database: Database) -> None:
    wrong: list[Any] = [["x"], [{}], [{"importo": 5}], [{"categoria": "yacht", "importo": 5}], "testo", 5]
    for voci in [*wrong, [line("5", fornitore="x" * 201)]]:
        with pytest.raises(ExecutionFailed):
            do(database, "budget.prevedi", voci=voci)
    with pytest.raises(ExecutionFailed, match="voce di budget 2: manca «importo»"):
        do(database, "budget.prevedi", voci=[line("5"), {"categoria": "mobilita"}])


def test_an_absurd_but_readable_plan_is_over_the_cap(database: Database) -> None:
    assert refused(database, "budget.prevedi", voci=[line("999999999")]).code == "BUDGET_SUPERATO"


def test_without_an_account(database: Database) -> None:
    with pytest.raises(ExecutionFailed) as caught:
        do(database, "budget.impegna", importo=Decimal(1), categoria="formazione")
    assert caught.value.code == "CONTO_NON_APERTO"
    assert do(database, "budget.chiudi")["residuo"] == 0
    assert do(database, "budget.storna", motivo="ritirato")["impegnato"] == 0
    with database.read() as connection:
        assert service.statement(connection, "caso1") is None
