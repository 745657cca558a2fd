"""The scenario check of the documents of an instance."""

from __future__ import annotations

from typing import Any

from engine.simulation.checks import as_list, quoted_list, scenario_check
from engine.simulation.world import World
from modules.documents import service as documents


@scenario_check("documenti")
def issued(world: World, instance_id: str, expected: Any) -> str:
    """`documenti`: these documents have been issued, as ``contratto v1``."""
    with world.engine.database.read() as connection:
        found = [f"{one.kind.value} v{one.version}" for one in documents.of_instance(connection, instance_id)]
    missing = [str(name) for name in as_list(expected or []) if str(name) not in found]
    if expected == [] and found:
        return f"documenti: atteso nessuno, ci sono {quoted_list(sorted(found))}"
    return f"documenti: manca «{missing[0]}», ci sono {quoted_list(sorted(found))}" if missing else ""
