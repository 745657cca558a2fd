"""New versions of a definition for the tests of migration: the same files with the diagram's text changed."""

from __future__ import annotations

from pathlib import Path

from engine.access import SYSTEM
from engine.definitions.resources import DeploymentBundle, Resource
from engine.engine import Engine
from engine.instances.migration import MigrationPlan


def redeploy(engine: Engine, path: Path, *changes: tuple[str, str], mark: str = "") -> str:
    """Deploy the bundle of a diagram with texts replaced (each must be there); gives the id of the new version.

    `mark` is a comment, which makes a version of its own of an otherwise equal diagram.
    """
    bundle = DeploymentBundle.from_path(path)
    text = bundle.diagram.content.decode("utf-8")
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    content = f"{text}<!-- {mark} -->".encode()
    diagram = Resource(bundle.diagram.path, "bpmn", content)
    others = tuple(r for r in bundle.resources if r.kind != "bpmn")
    return engine.deployments.deploy(DeploymentBundle((diagram, *others)), SYSTEM).definition.id


def plan_to(target: str, *sources: str, **elements: str) -> MigrationPlan:
    """A plan to a version, from its predecessor unless sources are named."""
    key, _, version = target.rpartition(":")
    return MigrationPlan(sources or (f"{key}:{int(version) - 1}",), target, elements)
