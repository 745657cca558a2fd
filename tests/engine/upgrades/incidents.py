"""Incidents of every kind for a fixture: first a round whose incidents are closed, then one that leaves them open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from engine.access import SYSTEM
from engine.definitions.resources import DeploymentBundle
from engine.errors import ExecutionFailed
from engine.history.consistency import check_consistency
from engine.simulation import DEFAULT_SCOPE, World
from engine.storage.tables import definition, outbox
from tests.engine.trial_operations import Trial

NOWHERE = "smtp://127.0.0.1:9"
"""A mail server that does not answer."""
ABSENT = {"chiamato": "chiamato:9"}
"""What a broken definition calls: a version that is not there."""
BROKEN = ("tre_volte", "fragile", "scadenze", "in_ascolto", "pronto_intervento")
RESOLVED = "Tre"
"""The element whose incident is resolved and not retried in the first round; of others the last is."""
STATES = ("open", "retried", "resolved", "gone")
SHOWN = (
    "id", "instance_id", "instance_number", "instance_title", "scope", "kind", "element_id", "element_name",
    "sentence", "attempts", "state", "created_at", "reason",
)  # fmt: skip
"""What the list of incidents shows of each."""
GIVEN_UP = timedelta(hours=6)
"""A delivery that fails is given up before this."""
LATE = timedelta(days=6)


def told(world: World) -> dict[str, Any]:
    """What is shown of every incident, and the result of the consistency checks: after an upgrade both are the same."""
    return {
        "incidents": [
            {name: _plain(getattr(one, name)) for name in SHOWN}
            for state in STATES
            for one in world.engine.incidents.list(SYSTEM, state=state, limit=1000)
        ],
        "faults": sorted(
            fault
            for check in check_consistency(world.engine.database, world.engine.repository)
            for fault in check.problems
        ),
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def beginning_by_itself(key: str, when: str) -> bytes:
    """The diagram of a process that begins by itself, with one task."""
    return f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
        xmlns:c="http://camunda.org/schema/1.0/bpmn" targetNamespace="prova">
      <process id="{key}" name="Comincia da sé" isExecutable="true">
        <startEvent id="Inizio" name="Ora di cominciare"><extensionElements><c:properties>
          <c:property name="ambito" value="{DEFAULT_SCOPE}"/></c:properties></extensionElements>
          <timerEventDefinition>{when}</timerEventDefinition></startEvent>
        <userTask id="Guarda" name="Guarda" c:candidateGroups="assistente_sociale"/>
        <sequenceFlow id="f" sourceRef="Inizio" targetRef="Guarda"/>
      </process></definitions>""".encode()


def open_incidents(world: World, trial: Trial) -> dict[str, dict[str, Any]]:
    """Leave incidents that were retried, resolved, or went with their case, and then open ones of every kind.

    Gives what has to be put right in a case before its step can be retried: variables by instance.
    """
    cases = _fail_together(world, trial, ("una_volta", "ogni_trimestre"))
    by_element: dict[str, list[str]] = {RESOLVED: []}
    for found in world.engine.incidents.list(SYSTEM, limit=1000):
        if found.instance_id != cases["in_ascolto"]:
            by_element.setdefault(found.element_id, []).append(found.id)
    for element, found_there in by_element.items():
        retried = found_there[: max(len(found_there) - 1, element != RESOLVED)]
        for one in found_there:
            if one in retried:
                world.engine.incidents.retry(one, SYSTEM)
            else:
                world.engine.incidents.resolve(one, "Fatto a mano", SYSTEM)
    world.engine.run_due()
    world.cancel("Non serve più", by="carla", instance_id=cases["in_ascolto"])
    world.suspend("Si aspetta il comune", by="carla", instance_id=cases["scadenze"])
    _fail_together(world, trial, ("una_volta_ancora", "ogni_semestre"))
    return _fail_by_themselves(world, trial)


def leave_unsent(world: World) -> None:
    """Leave a delivery that has failed once and waits for its next attempt."""
    with _out_of_order(world, ()):
        case = world.start("proposta", by="anna").id
    with world.engine.database.read() as connection:
        waiting = outbox.c.state == "waiting"
        tried = select(outbox.c.attempts).where(outbox.c.instance_id == case, waiting)
        assert any(connection.execute(tried).scalars()), "no delivery waits for its next attempt"


@contextmanager
def _out_of_order(world: World, keys: tuple[str, ...]) -> Iterator[None]:
    """No mail server, and definitions that cannot be read, as if a program had pinned what is not there."""
    well = world.settings
    with world.engine.database.begin() as work:
        chosen = definition.c.key.in_(keys)
        called = {
            row.id: row.called
            for row in work.connection.execute(select(definition.c.id, definition.c.called).where(chosen))
        }
        assert len(called) >= len(keys), "a process of these is not deployed"
        work.connection.execute(update(definition).where(chosen).values(called=ABSENT))
    world.settings = well.with_(smtp_url=NOWHERE)
    world.restart()
    yield
    with world.engine.database.begin() as work:
        for row_id, pinned in called.items():
            work.connection.execute(update(definition).where(definition.c.id == row_id).values(called=pinned))
    world.settings = well
    world.restart()


def _fail_together(world: World, trial: Trial, starts: tuple[str, str]) -> Mapping[str, str]:
    """Timers of each kind, starts by themselves and deliveries that fail while things are out of order.

    `starts` are the keys of two new processes, the second of which begins again and again. Gives the cases by key.
    """
    once, again = starts
    hour = world.now + timedelta(hours=1)
    _deploy(world, once, f"<timeDate>{hour.isoformat()}</timeDate>")
    _deploy(world, again, f"<timeCycle>R/{hour.isoformat()}/P91D</timeCycle>")
    cases = {
        key: world.start(key, by="anna").id for key in ("tre_volte", "fragile", "scadenze", "in_ascolto")
    }
    trial.failing = ExecutionFailed("Il servizio non risponde")
    world.task("Prepara", cases["fragile"]).complete(by="anna")  # it will be retried
    (late,) = world.tasks(cases["scadenze"])
    rita, day = world.actor("rita"), world.now - LATE
    world.engine.deadlines.set_due_date("due", late.id, day, "Era scaduto", rita, past_confirmed=True)
    with _out_of_order(world, (*BROKEN, once, again)):
        world.signal("allarme", by="anna", scope=DEFAULT_SCOPE)
        world.start("richiede", by="anna", values={"chi": "chiunque"})
        cases["proposta"] = world.start("proposta", by="anna").id  # mails that do not leave
        world.advance_to(world.now + GIVEN_UP)
    trial.failing = None
    return cases


def _fail_by_themselves(world: World, trial: Trial) -> dict[str, dict[str, Any]]:
    """An operation, an expression, a date and an error that nothing catches: each stops its case."""
    wrong_list = world.start("firme", by="anna", values={"firmatari": 3}).id
    wrong_date = world.start("data_fissa", by="anna", values={"quando": "mai"}).id
    trial.refusing = "IMPREVISTO"
    world.start("errori", by="anna", values={"dove": "sotto"})
    trial.refusing = "NO"
    trial.failing = ExecutionFailed("Il servizio non risponde")
    failed = [world.start("fragile", by="anna").id for _ in range(3)]
    for case in failed:
        world.task("Prepara", case).complete(by="anna")
    world.advance(hours=2)
    world.suspend("Si chiede al fornitore", by="carla", instance_id=failed[1])
    world.cancel("Non serve più", by="carla", instance_id=failed[2])
    when = (world.now + timedelta(days=3)).isoformat()
    return {wrong_list: {"firmatari": ["Ada"]}, wrong_date: {"quando": when}}


def _deploy(world: World, key: str, when: str) -> None:
    bundle = DeploymentBundle.from_files({f"{key}.bpmn": beginning_by_itself(key, when)})
    world.engine.deployments.deploy(bundle, SYSTEM)
