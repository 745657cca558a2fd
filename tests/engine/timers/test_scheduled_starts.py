"""Processes that begin by themselves: once for each time, in their ambito, with the newest version, never meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from engine.access import SYSTEM
from engine.access.actors import actor
from engine.definitions.resources import DeploymentBundle
from engine.errors import Forbidden
from engine.simulation import World
from engine.storage.tables import definition, instance, scheduled_start

DAILY = "<timeCycle>R/2016-03-02T09:00:00+01:00/P1D</timeCycle>"
ONCE = "<timeDate>2016-03-03T09:00:00+01:00</timeDate>"


def by_itself(when: str, task: str = "Guarda", scope: str = "cremona") -> bytes:
    """The diagram of a process that begins by itself with one task."""
    return f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
        xmlns:c="http://camunda.org/schema/1.0/bpmn" targetNamespace="prova">
      <process id="da_se" name="Da sé" isExecutable="true">
        <startEvent id="Inizio"><extensionElements><c:properties><c:property name="ambito" value="{scope}"/>
          </c:properties></extensionElements><timerEventDefinition>{when}</timerEventDefinition></startEvent>
        <userTask id="Guarda" name="{task}" c:candidateGroups="operatore"/>
        <sequenceFlow id="f" sourceRef="Inizio" targetRef="Guarda"/>
      </process></definitions>""".encode()


def deploy(world: World, when: str, task: str = "Guarda", scope: str = "cremona") -> None:
    """Publish it."""
    bundle = DeploymentBundle.from_files({"da_se.bpmn": by_itself(when, task, scope)})
    world.engine.deployments.deploy(bundle, SYSTEM)


def begun(world: World) -> list[tuple[str, str]]:
    """(version, ambito) of each case, the oldest first."""
    with world.engine.database.read() as connection:
        query = select(instance.c.definition_id, instance.c.scope).where(instance.c.definition_key == "da_se")
        return [
            (row.definition_id, row.scope) for row in connection.execute(query.order_by(instance.c.number))
        ]


def test_a_case_begins_each_time_in_its_ambito(world: World) -> None:
    deploy(world, DAILY)
    assert begun(world) == []
    world.advance(days=3)
    assert begun(world) == [("da_se:1", "cremona")] * 3


def test_a_new_version_takes_over_and_a_date_gone_by_starts_nothing_again(world: World) -> None:
    deploy(world, ONCE)
    deploy(world, ONCE, task="Guarda meglio")
    world.advance(days=3)
    assert begun(world) == [("da_se:2", "cremona")]
    deploy(world, ONCE, task="Guarda ancora")
    world.advance(days=3)
    assert begun(world) == [("da_se:2", "cremona")]


def test_what_was_due_before_a_new_version_came_is_not_lost(world: World) -> None:
    deploy(world, ONCE)
    world.clock.advance(timedelta(days=4))  # nobody looked meanwhile
    deploy(world, ONCE, task="Guarda meglio")
    world.engine.run_due()
    assert begun(world) == [("da_se:2", "cremona")]


def test_the_same_files_again_change_nothing(world: World) -> None:
    deploy(world, "<timeDuration>P2D</timeDuration>")
    world.advance(days=1)
    deploy(world, "<timeDuration>P2D</timeDuration>")
    world.advance(days=1)
    assert len(begun(world)) == 1


def test_nothing_begins_while_suspended_and_once_afterwards(world: World) -> None:
    deploy(world, DAILY)
    world.engine.definition_suspension.suspend("da_se", "Pausa", SYSTEM)
    world.advance(days=4)
    assert begun(world) == []
    world.engine.definition_suspension.resume("da_se", SYSTEM)
    world.engine.run_due()
    assert len(begun(world)) == 1, "the times that went by start one case, not four"
    world.advance(days=2)
    assert len(begun(world)) == 3


def test_nothing_begins_once_retired(world: World) -> None:
    deploy(world, DAILY)
    world.engine.deployments.retire("da_se", SYSTEM)
    world.advance(days=4)
    assert begun(world) == []
    assert world.engine.scheduled_starts.next_due() is None


def test_a_repetition_ends_after_its_times(world: World) -> None:
    deploy(world, "<timeCycle>R2/PT1H</timeCycle>")
    world.advance(days=1)
    assert len(begun(world)) == 2


def test_two_who_look_at_once_start_one_case(world: World) -> None:
    deploy(world, ONCE)
    world.clock.advance(timedelta(days=3))
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: world.engine.scheduled_starts.start_due(), range(2)))
    assert sum(done) == 1
    assert len(begun(world)) == 1


def test_one_that_fails_is_an_incident_and_the_repetition_goes_on(world: World) -> None:
    deploy(world, DAILY)
    with world.engine.database.begin() as work:  # as if a program had pinned what is no more
        work.connection.execute(
            update(definition).where(definition.c.key == "da_se").values(called={"chiamato": "chiamato:9"})
        )
    world.restart()
    world.advance(days=1)
    assert begun(world) == []
    (found,) = world.engine.incidents.list(SYSTEM)
    assert "da_se:1" in found.sentence
    with world.engine.database.begin() as work:
        work.connection.execute(update(definition).where(definition.c.key == "da_se").values(called={}))
    world.restart()
    world.engine.incidents.retry(found.id, SYSTEM)
    world.engine.run_due()
    assert len(begun(world)) == 1
    world.advance(days=1)
    assert len(begun(world)) == 2
    assert not world.engine.incidents.list(SYSTEM)


def test_what_will_begin_is_told_to_those_who_publish(world: World) -> None:
    deploy(world, ONCE)
    (once,) = world.engine.scheduled_starts.upcoming(SYSTEM)
    assert (once.definition_id, once.name, once.scope, once.repeats) == (
        "da_se:1",
        "Inizio",
        "cremona",
        False,
    )
    assert once.due_at.isoformat() == "2016-03-03T08:00:00+00:00"
    deploy(world, DAILY)
    (daily,) = world.engine.scheduled_starts.upcoming(SYSTEM)
    assert (daily.definition_id, daily.repeats) == ("da_se:2", True)
    world.engine.definition_suspension.suspend("da_se", "Prova", SYSTEM)
    assert world.engine.scheduled_starts.upcoming(SYSTEM) == ()
    with pytest.raises(Forbidden):
        world.engine.scheduled_starts.upcoming(actor("anna", "Anna", ["operatore_sil"]))


def test_publishing_and_resuming_wake_the_clock(world: World) -> None:
    woken: list[str] = []
    world.engine.step_runner.wake_scheduler = lambda: woken.append("now")
    deploy(world, DAILY)
    assert woken
    world.engine.definition_suspension.suspend("da_se", "Prova", SYSTEM)
    woken.clear()
    world.engine.definition_suspension.resume("da_se", SYSTEM)
    assert woken


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("<timeCycle>R/2000-01-01T00:00:00+01:00/PT1M</timeCycle>", "2016-03-01T09:01:00"),
        ("<timeCycle>R5/2016-02-28T08:00:00+01:00/P1D</timeCycle>", "2016-03-02T07:00:00"),
        ("<timeCycle>R2/2016-02-01T08:00:00+01:00/P1D</timeCycle>", ""),
        ("<timeDate>2016-03-01</timeDate>", ""),
    ],
)
def test_times_gone_by_are_passed_over(world: World, text: str, first: str) -> None:
    deploy(world, text)
    with world.engine.database.read() as connection:
        found = connection.execute(select(scheduled_start.c.due_at)).scalar_one_or_none()
    assert (found.strftime("%Y-%m-%dT%H:%M:%S") if found else "") == first
