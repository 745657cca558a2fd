"""The operations of the engine that a batch can run: suspend, resume, cancel, variables, modify, retry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.access import Actor, Permission
from engine.execution import lock_instance
from engine.incidents import Incidents
from engine.instances.batches.models import ItemSkipped
from engine.instances.batches.service import Batches
from engine.instances.modification import Modifications
from engine.instances.service import Instances
from engine.localization import message
from engine.spiff import Instruction
from engine.storage import UnitOfWork


class InstanceOperations:
    """Handlers that run one operation on one instance, in the transaction of its batch item."""

    def __init__(self, instances: Instances, modifications: Modifications, incidents: Incidents) -> None:
        self._instances = instances
        self._modifications = modifications
        self._incidents = incidents

    def register(self, batches: Batches) -> None:
        """Register all of them."""
        for kind, handler, permission, label in (
            ("suspend", self.suspend, Permission.CASE_SUSPEND, message("BATCH_SUSPEND")),
            ("resume", self.resume, Permission.CASE_SUSPEND, message("BATCH_RESUME")),
            ("cancel", self.cancel, Permission.CASE_CANCEL, message("BATCH_CANCEL")),
            ("variables", self.set_variables, Permission.CASE_MODIFY, message("BATCH_SET_VARIABLES")),
            ("modify", self.modify, Permission.CASE_MODIFY, message("BATCH_MODIFY")),
            ("retry", self.retry, Permission.INCIDENT_MANAGE, message("BATCH_RETRY")),
        ):
            batches.register(kind, handler, permission=permission, label=label)

    def suspend(self, work: UnitOfWork, instance_id: str, payload: Mapping[str, Any], actor: Actor) -> str:
        """Suspend an active instance, with the `reason` of the payload."""
        row = lock_instance(work.connection, instance_id)
        if row.state != "active":
            raise ItemSkipped("INSTANCE_NOT_ACTIVE", number=row.number)
        self._instances.suspend_in(work, instance_id, payload["reason"], actor)
        return message("BATCH_OUTCOME_SUSPENDED")

    def resume(self, work: UnitOfWork, instance_id: str, payload: Mapping[str, Any], actor: Actor) -> str:
        """Resume a suspended instance."""
        row = lock_instance(work.connection, instance_id)
        if row.state != "suspended":
            raise ItemSkipped("INSTANCE_NOT_SUSPENDED", number=row.number)
        self._instances.resume_in(work, instance_id, actor)
        return message("BATCH_OUTCOME_RESUMED")

    def cancel(self, work: UnitOfWork, instance_id: str, payload: Mapping[str, Any], actor: Actor) -> str:
        """Cancel an instance that has not ended, with the `reason` of the payload."""
        row = lock_instance(work.connection, instance_id)
        if row.state not in ("active", "suspended"):
            raise ItemSkipped("INSTANCE_ALREADY_ENDED", number=row.number)
        self._instances.cancel_in(work, instance_id, payload["reason"], actor)
        return message("BATCH_OUTCOME_CANCELLED")

    def set_variables(
        self, work: UnitOfWork, instance_id: str, payload: Mapping[str, Any], actor: Actor
    ) -> str:
        """Set the variables of `values`, in the called `process` where one is given."""
        instruction = Instruction("set", process=payload.get("process", ""), values=payload["values"])
        self._modifications.modify_in(work, instance_id, [instruction], payload["reason"], actor)
        return message("BATCH_OUTCOME_VARIABLES_SET", names=sorted(instruction.values))

    def modify(self, work: UnitOfWork, instance_id: str, payload: Mapping[str, Any], actor: Actor) -> str:
        """Apply the modification `instructions`."""
        instructions = [Instruction.of_values(values) for values in payload["instructions"]]
        active = self._modifications.modify_in(work, instance_id, instructions, payload["reason"], actor)
        if not active:
            return message("BATCH_OUTCOME_COMPLETED")
        return message("BATCH_OUTCOME_ACTIVE_ELEMENTS", names=[element.name for element in active])

    def retry(self, work: UnitOfWork, instance_id: str, payload: Mapping[str, Any], actor: Actor) -> str:
        """Retry the open incidents of an instance: all, or those of the `kind` and `element` given."""
        retried, still_open = self._incidents.retry_in(
            work, instance_id, actor, kind=payload.get("kind", ""), element=payload.get("element", "")
        )
        if not retried:
            raise ItemSkipped("INSTANCE_WITHOUT_OPEN_INCIDENT")
        if still_open:
            return message("BATCH_OUTCOME_RETRIED_SOME_OPEN", retried=retried, still_open=still_open)
        return message("BATCH_OUTCOME_RETRIED", retried=retried)
