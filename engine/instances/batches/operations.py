"""What can be done to many cases at once: each kind says what it does to one, within that case's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.access.actors import Actor
from engine.access.permissions import Permission
from engine.execution.step_runner import locked
from engine.incidents.service import Incidents
from engine.instances.batches.service import Batches, Skipped
from engine.instances.modification import Modifications
from engine.instances.service import Instances
from engine.spiff import Instruction, instructions_of
from engine.storage import UnitOfWork


class CaseOperations:
    """The kinds of the engine itself: suspend, resume, cancel, variables, modify, retry."""

    def __init__(self, instances: Instances, modifications: Modifications, incidents: Incidents) -> None:
        self._instances = instances
        self._modifications = modifications
        self._incidents = incidents

    def register(self, batches: Batches) -> None:
        """Make them known."""
        batches.register("suspend", self.suspend, permission=Permission.CASE_SUSPEND, label="Sospendere")
        batches.register("resume", self.resume, permission=Permission.CASE_SUSPEND, label="Riprendere")
        batches.register("cancel", self.cancel, permission=Permission.CASE_CANCEL, label="Annullare")
        batches.register(
            "variables", self.variables, permission=Permission.CASE_MODIFY, label="Scrivere variabili"
        )
        batches.register("modify", self.modify, permission=Permission.CASE_MODIFY, label="Modificare")
        batches.register(
            "retry", self.retry, permission=Permission.INCIDENT_MANAGE, label="Ritentare gli incidenti"
        )

    def suspend(self, work: UnitOfWork, instance_id: str, payload: Mapping[str, Any], actor: Actor) -> str:
        """Suspend a case."""
        row = locked(work.connection, instance_id)
        if row.state != "active":
            raise Skipped(f"La pratica n. {row.number} non è in corso")
        self._instances.suspend_in(work, instance_id, payload["reason"], actor)
        return "Sospesa"

    def resume(self, work: UnitOfWork, instance_id: str, payload: Mapping[str, Any], actor: Actor) -> str:
        """Let a case go on."""
        row = locked(work.connection, instance_id)
        if row.state != "suspended":
            raise Skipped(f"La pratica n. {row.number} non è sospesa")
        self._instances.resume_in(work, instance_id, actor)
        return "Ripresa"

    def cancel(self, work: UnitOfWork, instance_id: str, payload: Mapping[str, Any], actor: Actor) -> str:
        """End a case."""
        row = locked(work.connection, instance_id)
        if row.state not in ("active", "suspended"):
            raise Skipped(f"La pratica n. {row.number} è già chiusa")
        self._instances.cancel_in(work, instance_id, payload["reason"], actor)
        return "Annullata"

    def variables(self, work: UnitOfWork, instance_id: str, payload: Mapping[str, Any], actor: Actor) -> str:
        """Set the variables of `values` (in the called `process`, when there is one)."""
        one = Instruction("set", process=payload.get("process", ""), values=payload["values"])
        self._modifications.modify_in(work, instance_id, [one], payload["reason"], actor)
        return f"Scritte: {', '.join(sorted(one.values))}"

    def modify(self, work: UnitOfWork, instance_id: str, payload: Mapping[str, Any], actor: Actor) -> str:
        """Make the changes of `instructions`."""
        instructions = list(instructions_of(payload["instructions"]))
        standing = self._modifications.modify_in(work, instance_id, instructions, payload["reason"], actor)
        return f"Ora attivi: {', '.join(one.name for one in standing)}" if standing else "Arrivata alla fine"

    def retry(self, work: UnitOfWork, instance_id: str, payload: Mapping[str, Any], actor: Actor) -> str:
        """Try again what has stopped: all of a case, or only the `kind` and `element` given."""
        tried, again = self._incidents.retry_in(
            work, instance_id, actor, kind=payload.get("kind", ""), element=payload.get("element", "")
        )
        if not tried:
            raise Skipped("Nessun incidente aperto")
        return f"Ritentati: {tried}" + (f"; ancora fermi: {again}" if again else "")
