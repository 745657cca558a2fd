"""Any sequence of steps on a budget: refused or done, the caps hold and the journal agrees with the balances."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from engine.errors import BusinessError
from engine.storage import Database
from modules.budget import service
from modules.budget.tables import conto, plafond
from tests.modules.service_task_contexts import Context, call, instance

AMOUNT = st.integers(min_value=1, max_value=250_000).map(lambda cents: Decimal(cents).scaleb(-2))
CATEGORY = st.sampled_from(["formazione", "mobilita", "conciliazione"])
SUPPLIER = st.sampled_from(["", "Scuola Prova", "Altra Prova"])
LINE = st.fixed_dictionaries({"categoria": CATEGORY, "importo": AMOUNT, "fornitore": SUPPLIER})
PROOF = st.sampled_from(["", "Fattura 1", "Fattura 2", "Ricevuta 3"])


def step(topic: str, **values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.fixed_dictionaries(values).map(lambda inputs: (f"budget.{topic}", inputs))


STEPS = st.lists(
    st.one_of(
        step("prevedi", voci=st.lists(LINE, max_size=3)),
        step("impegna"),
        step("impegna", voci=st.lists(LINE, max_size=3)),
        step("impegna", importo=AMOUNT, categoria=CATEGORY, fornitore=SUPPLIER),
        step(
            "liquida",
            importo=AMOUNT,
            categoria=CATEGORY,
            fornitore=SUPPLIER,
            giustificativo=PROOF,
            saldo=st.booleans(),
            anticipo=st.booleans(),
        ),
        step("storna", motivo=st.just("prova"), importo=st.none() | AMOUNT, categoria=st.just("") | CATEGORY),
        step("sospendi"),
        step("riprendi"),
        step("chiudi"),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=STEPS, second=STEPS)
def test_whatever_happens_the_ledger_holds(database: Database, first: Any, second: Any) -> None:
    person = uuid.uuid4().hex
    with database.begin() as work:
        for case, steps in ((f"{person[:20]}-1", first), (f"{person[:20]}-2", second)):
            context = Context(work.connection, instance(case, subject=person))
            call(context, "budget.apri")
            for topic, inputs in steps:
                try:
                    call(context, topic, **inputs)
                except BusinessError as refusal:
                    assert refusal.message.endswith(".")  # noqa: PT017 - refusing is as good as doing
                check(work.connection, case)
        used = work.connection.execute(select(plafond).where(plafond.c.titolare == person)).one()
        query = select(conto.c.impegnato).where(conto.c.titolare == person)
        assert used.impegnato == sum(work.connection.execute(query).scalars()) <= 200_000


def check(connection: Connection, case: str) -> None:
    statement = service.statement(connection, case)
    assert statement is not None
    balance = service.balance_from_journal(connection, case)
    assert {key: getattr(statement, key) for key in balance.as_result()} == balance.as_result()
    assert 0 <= balance.liquidato <= balance.impegnato <= balance.tetto - balance.restituito
    for name in ("previsto", "impegnato", "liquidato"):
        assert sum(getattr(line, name) for line in statement.voci) == getattr(statement, name)
    assert all(m.giustificativo for m in statement.movimenti if m.tipo == "liquidazione")
