"""What must hold of the money at every instant, read from the rows themselves and not through the operations."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import select

from engine.simulation import World
from modules.budget import service as budget
from modules.budget.tables import conto, movimento

CAP = 200_000
"""Two thousand euros, in cents."""


def assert_budget_holds(world: World) -> None:
    """liquidato ≤ impegnato ≤ 2.000,00 for each account and each person, also by the journal; no proof is missing."""
    committed: dict[str, int] = defaultdict(int)
    with world.engine.database.read() as connection:
        for row in connection.execute(select(conto)):
            assert 0 <= row.liquidato <= row.impegnato <= CAP, dict(row._mapping)
            assert row.previsto <= CAP
            committed[row.titolare] += row.impegnato
            kept = (
                budget.statement(connection, row.instance_id, row.titolare),
                budget.balance_from_journal(connection, row.instance_id, row.titolare),
            )
            assert kept[0] is not None
            journal = kept[1].as_result()
            assert journal["impegnato"] == kept[0].impegnato
            assert journal["liquidato"] == kept[0].liquidato
        unproven = connection.execute(
            select(movimento.c.id).where(
                movimento.c.tipo == "liquidazione",
                (movimento.c.giustificativo.is_(None)) | (movimento.c.giustificativo == ""),
            )
        ).all()
    assert not unproven
    assert all(cents <= CAP for cents in committed.values()), dict(committed)


def money(world: World, case: str = "") -> tuple[Any, Any, Any]:
    """(previsto, impegnato, liquidato) of a case."""
    with world.engine.database.read() as connection:
        found = budget.statement(connection, case or world.instance_ids[-1])
    assert found is not None
    return found.previsto, found.impegnato, found.liquidato
