"""The scenario check of the budget of an instance."""

from __future__ import annotations

from typing import Any

from engine.simulation.checks import compare, scenario_check
from engine.simulation.world import World
from modules.budget import service as budget


@scenario_check("bilancio")
def balance(world: World, instance_id: str, expected: Any) -> str:
    """`bilancio`: previsto, impegnato, liquidato, residuo, tetto, restituito, stato of the account."""
    with world.engine.database.read() as connection:
        found = budget.statement(connection, instance_id)
    if found is None:
        return "" if expected is None else "bilancio: la pratica non ha un conto"
    if expected is None:
        return "bilancio: c'è un conto"
    seen = {name: getattr(found, name) for name in
            ("tetto", "previsto", "impegnato", "liquidato", "residuo", "restituito")}  # fmt: skip
    return compare(expected, {**seen, "stato": found.stato.value}, "bilancio").replace(
        "bilancio.", "bilancio, "
    )
