"""The diagrams of an instance with its active elements, for the drawing and as text."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from engine.access import Actor
from engine.instances.models import InstanceView
from web import current

CONTAINERS = frozenset({"callActivity", "subProcess"})
UNTOLD = frozenset({"subProcess", "eventBasedGateway"})
"""Not worth a word beside what happens inside them or after them."""


@dataclass(frozen=True)
class Layer:
    """One diagram of an instance: its own, or that of a process it calls, with the names of the steps now active.

    `works`: something happens in this very diagram, not only in those it calls.
    """

    key: str
    name: str
    address: str
    active: tuple[str, ...]
    works: bool


def layers(instance: InstanceView, actor: Actor) -> list[Layer]:
    """The instance's own diagram first, then those it calls in which something is active."""
    engine = current.engine()
    tokens = engine.instances.active_elements(instance.id, actor)
    models = engine.repository.compiled(instance.definition_id).executable.models
    found = []
    for key, model in sorted(models.items(), key=lambda item: item[0] != instance.definition_key):
        active = [model.elements[one] for process, one in tokens if process == key and one in model.elements]
        if active or key == instance.definition_key:
            address = url_for("instances.diagram", instance_id=instance.id, key=key)
            told = [element for element in active if element.type not in UNTOLD] or active
            names = tuple(dict.fromkeys(element.label.rstrip("?") for element in told))
            works = any(element.type not in CONTAINERS for element in active)
            found.append(Layer(key, model.name or key, address, names, works))
    return found


def first_shown(found: list[Layer]) -> Layer | None:
    """The diagram to open at first: one where something happens."""
    return next((layer for layer in found if layer.works), found[0] if found else None)
