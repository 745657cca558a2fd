"""What a scenario can verify about the documents of an instance."""

from __future__ import annotations

from typing import Any

from engine.simulation.checks import listed, many, scenario_check
from engine.simulation.world import World
from modules.documents import service as documents


@scenario_check("documenti")
def issued(world: World, case: str, expected: Any) -> str:
    """`documenti`: these documents are there, as ``contratto v1``."""
    with world.engine.database.read() as connection:
        found = [f"{one.kind.value} v{one.version}" for one in documents.of_instance(connection, case)]
    missing = [str(name) for name in many(expected or []) if str(name) not in found]
    if expected == [] and found:
        return f"documenti: atteso nessuno, ci sono {listed(sorted(found))}"
    return f"documenti: manca «{missing[0]}», ci sono {listed(sorted(found))}" if missing else ""
