"""Diagrams with event subprocesses at two levels, and one that waits for signals and conditions."""

from __future__ import annotations

from itertools import pairwise

from engine.access import SYSTEM
from engine.definitions.resources import DeploymentBundle
from engine.engine import Engine

HEAD = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:c="http://camunda.org/schema/1.0/bpmn" targetNamespace="prova">
  <message id="M_nota" name="nota"/><message id="M_ferma" name="ferma"/><signal id="S_via" name="via"/>"""


def task(identifier: str) -> str:
    """A user task of that name."""
    return f'<userTask id="{identifier}" name="{identifier}" c:candidateGroups="assistente_sociale"/>'


def flow(*identifiers: str) -> str:
    """Flows from each to the next."""
    return "".join(
        f'<sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairwise(identifiers)
    )


def listens(name: str, event: str, interrupting: bool, todo: str) -> str:
    """An event subprocess with one task."""
    start = (
        f'<startEvent id="{name}_inizio" isInterrupting="{str(interrupting).lower()}">{event}</startEvent>'
    )
    inside = (
        start + task(todo) + f'<endEvent id="{name}_fine"/>' + flow(f"{name}_inizio", todo, f"{name}_fine")
    )
    return f'<subProcess id="{name}" name="{name}" triggeredByEvent="true">{inside}</subProcess>'


TIMER = '<timerEventDefinition id="e3"><timeDuration>P2D</timeDuration></timerEventDefinition>'
NOTE = listens("Nota", '<messageEventDefinition id="e1" messageRef="M_nota"/>', False, "Leggi")
STOP = listens("Ferma", '<messageEventDefinition id="e2" messageRef="M_ferma"/>', True, "Chiudi")
REMIND = listens(
    "Ricorda",
    TIMER,
    False,
    "Telefona",
)


def deploy(engine: Engine, key: str, body: str) -> str:
    """Publish a process; gives the id of its version."""
    content = f'{HEAD}<process id="{key}" name="{key}" isExecutable="true" c:candidateStarterGroups='
    content += f'"assistente_sociale">{body}</process></definitions>'
    bundle = DeploymentBundle.from_files({f"{key}.bpmn": content.encode()})
    return engine.deployments.deploy(bundle, SYSTEM).definition.id


def work(outer: str = "", inner: str = "") -> str:
    """A subprocess with one task, event subprocesses around it and in it."""
    part = '<startEvent id="Dentro"/>' + task("Lavora") + '<endEvent id="Fuori"/>'
    part += flow("Dentro", "Lavora", "Fuori") + inner
    return (
        f'<startEvent id="Inizio"/><subProcess id="Parte" name="Parte">{part}</subProcess><endEvent id="Fine"/>'
        + flow("Inizio", "Parte", "Fine")
        + outer
    )


WAITING = (
    '<startEvent id="Inizio"/>'
    + task("Prepara")
    + '<intermediateCatchEvent id="Via" name="Via"><signalEventDefinition id="w1" signalRef="S_via"/>'
    + '</intermediateCatchEvent><intermediateCatchEvent id="Pronto" name="Pronto"><conditionalEventDefinition id="w2">'
    + "<condition>=pronto = true</condition></conditionalEventDefinition></intermediateCatchEvent>"
    + task("Dopo")
    + '<endEvent id="Fine"/>'
    + flow("Inizio", "Prepara", "Via", "Pronto", "Dopo", "Fine")
)
