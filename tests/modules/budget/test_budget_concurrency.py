"""Twenty threads on one budget: whatever the order, the cap and the journal hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from engine.storage import Database
from modules.budget import service
from modules.budget.model import Balance
from tests.concurrency import Refusal, together
from tests.modules.service_task_contexts import Context, call, instance

THREADS = 20


def twenty(
    database: Database, step: Callable[[Context, int], Any], case_of: Callable[[int], str]
) -> Counter[str]:
    """Run `step` in as many transactions at once; count how they ended."""

    def one(number: int) -> None:
        with database.begin() as work:
            step(Context(work.connection, instance(case_of(number))), number)

    outcomes = together(*[partial(one, number) for number in range(THREADS)])
    return Counter(one.code if isinstance(one, Refusal) else "fatto" for one in outcomes)


def balances(database: Database, case: str = "caso1") -> Balance:
    with database.read() as connection:
        statement = service.statement(connection, case)
        assert statement is not None
        balance = service.balance_from_journal(connection, case)
        result = balance.as_result()
        kept = ("tetto", "previsto", "impegnato", "liquidato", "residuo", "restituito")
        assert {key: getattr(statement, key) for key in kept} == result
        assert sum(line.impegnato for line in statement.voci) == statement.impegnato
        numbers = [movement.number for movement in statement.movimenti]
        assert numbers == list(range(1, len(numbers) + 1))
        return balance


def test_twenty_openings_make_one_account(database: Database) -> None:
    ended = twenty(database, lambda context, _: call(context, "budget.apri"), lambda _: "caso1")
    assert ended == {"fatto": THREADS}
    with database.read() as connection:
        assert len(service.statements(connection, "caso1")) == 1
    assert balances(database).tetto == 200_000


def test_twenty_commitments_of_150_euros_thirteen_fit(database: Database) -> None:
    with database.begin() as work:
        call(Context(work.connection), "budget.apri")
    ended = twenty(
        database,
        lambda context, _: call(context, "budget.impegna", importo=Decimal(150), categoria="mobilita"),
        lambda _: "caso1",
    )
    assert ended == {"fatto": 13, "BUDGET_SUPERATO": 7}
    assert balances(database).impegnato == 195_000


def test_twenty_payments_never_exceed_what_is_committed(database: Database) -> None:
    with database.begin() as work:
        context = Context(work.connection)
        call(context, "budget.apri")
        call(context, "budget.impegna", importo=Decimal(100), categoria="mobilita")
    ended = twenty(
        database,
        lambda context, number: call(
            context,
            "budget.liquida",
            importo=Decimal(15),
            categoria="mobilita",
            giustificativo=f"Ricevuta {number}",
        ),
        lambda _: "caso1",
    )
    assert ended == {"fatto": 6, "IMPEGNO_INSUFFICIENTE": 14}
    assert balances(database).liquidato == 9_000


def test_twenty_presses_of_the_same_payment_pay_once(database: Database) -> None:
    with database.begin() as work:
        context = Context(work.connection)
        call(context, "budget.apri")
        call(context, "budget.impegna", importo=Decimal(2000), categoria="mobilita")
    ended = twenty(
        database,
        lambda context, _: call(context, "budget.liquida", importo=Decimal(90), giustificativo="Fattura 1"),
        lambda _: "caso1",
    )
    assert ended == {"fatto": 1, "GIUSTIFICATIVO_GIA_USATO": THREADS - 1}
    assert balances(database).liquidato == 9_000


def test_twenty_patti_of_one_person_share_one_cap(database: Database) -> None:
    def open_and_commit(context: Context, _: int) -> None:
        call(context, "budget.apri")
        call(context, "budget.impegna", importo=Decimal(150), categoria="mobilita")

    ended = twenty(database, open_and_commit, lambda number: f"caso{number}")
    assert ended == {"fatto": 13, "BUDGET_SUPERATO": 7}
    with database.read() as connection:
        assert service.residual_of(connection, "persona1") == Decimal(50)


def test_committing_paying_reversing_and_closing_at_once(database: Database) -> None:
    with database.begin() as work:
        context = Context(work.connection)
        call(context, "budget.apri")
        call(context, "budget.impegna", importo=Decimal(1000), categoria="mobilita")

    def step(context: Context, number: int) -> None:
        if number % 4 == 0:
            call(context, "budget.impegna", importo=Decimal(120), categoria="mobilita")
        elif number % 4 == 1:
            call(context, "budget.liquida", importo=Decimal(70), giustificativo=f"Ricevuta {number}")
        elif number % 4 == 2:
            call(context, "budget.storna", motivo="prova", importo=Decimal(50))
        elif number == 19:
            call(context, "budget.chiudi")
        else:
            call(context, "budget.sospendi" if number % 8 == 3 else "budget.riprendi")

    twenty(database, step, lambda _: "caso1")
    balance = balances(database)
    assert 0 <= balance.liquidato <= balance.impegnato <= balance.tetto
    assert balance.impegnato == balance.liquidato
    assert balance.restituito == balance.tetto - balance.liquidato
