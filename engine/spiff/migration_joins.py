"""Tokens that have come to a join half arrived: over which way, and which way that is in another version."""

from __future__ import annotations

from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.languages.bpmn.model import ProcessModel
from engine.spiff.executable_process import Program
from engine.spiff.gateway_joins import Join
from engine.spiff.migration_mapping import Places, drawn_id


class Arrivals:
    """The ways into the joins of one (sub)process."""

    def __init__(self, places: Places, source: ProcessModel, target: Program) -> None:
        self._places = places
        self._source = source
        self._target = target

    def way_in(self, task: Task, join: TaskSpec) -> TaskSpec | None:
        """The spec of the target before `join` that stands for the one over which this task came to it.

        None for what is no join. Raises LookupError, with a sentence, when no such way is left.
        """
        before = task.task_spec
        if not isinstance(before, Join) or not before.joins or task.state != TaskState.WAITING:
            return None
        came = task.parent.task_spec
        if came not in before.inputs:
            return None  # set down there by a person: it counts for any flow
        same = self._places.spec(came)
        if same is not None and same in join.inputs:
            return same
        by_id = {drawn_id(spec): spec for spec in join.inputs}
        for source_id in self._sources(drawn_id(came), before.element.id, join):
            if source_id in by_id:
                return by_id[source_id]
        raise LookupError(
            f"Un ramo è già arrivato da «{drawn_id(came)}» all'unione «{before.element.label}», ma nella nuova "
            "versione da lì non ci arriva più: lascia al collegamento lo stesso identificativo, o aspetta che "
            "l'unione sia passata"
        )

    def _sources(self, came: str, before: str, join: TaskSpec) -> list[str]:
        """The elements of the target from which the token would have come: the same one, or by the flow's id."""
        over = {flow.id for flow in self._source.flows if flow.source == came and flow.target == before}
        model = self._target.models[join.element.process_id]
        goal = self._places.goal(self._source.elements[came]) if came in self._source.elements else None
        found = [goal] if goal else []
        found += [flow.source for flow in model.flows if flow.id in over and flow.target == join.element.id]
        return found
