"""The diagrams of a case and where its tokens stand: for the drawing, and in words for whoever cannot see it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from engine.actors import Actor
from engine.views import InstanceView
from web import current


@dataclass(frozen=True)
class Layer:
    """One diagram of a case: its own, or that of a process it calls, with the names of the steps now active."""

    key: str
    name: str
    address: str
    active: tuple[str, ...]


def layers(case: InstanceView, actor: Actor) -> list[Layer]:
    """The case's own diagram first, then those it calls."""
    engine = current.engine()
    tokens = engine.instances.active_elements(case.id, actor)
    models = engine.repository.compiled(case.definition_id).program.models
    found = []
    for key, model in sorted(models.items(), key=lambda item: item[0] != case.definition_key):
        active = tuple(
            model.elements[element].label
            for process, element in tokens
            if process == key and element in model.elements
        )
        address = url_for("cases.diagram", instance_id=case.id, key=key)
        found.append(Layer(key, model.name or key, address, tuple(dict.fromkeys(active))))
    return found
