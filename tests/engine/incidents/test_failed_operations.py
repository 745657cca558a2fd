"""Operations that fail: retried with growing waits, then an incident; errors of the domain go to their event."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select, update

from engine.access import SYSTEM
from engine.errors import ExecutionFailed, Forbidden, InvalidState
from engine.incidents import IncidentView
from engine.localization import in_language
from engine.simulation import World
from engine.storage.tables import counter, incident, outbox
from tests.engine.conftest import START
from tests.engine.statement_log import recorded_statements
from tests.engine.trial_operations import Trial

Start = Callable[..., str]


def incidents(world: World) -> tuple[IncidentView, ...]:
    """The open incidents."""
    return world.engine.incidents.list(SYSTEM)


def traces(world: World) -> int:
    """The rows that the fragile operation has left."""
    with world.engine.database.read() as connection:
        rows = select(func.count()).select_from(counter).where(counter.c.name.startswith("fragile:"))
        letters = select(func.count()).select_from(outbox).where(outbox.c.key.startswith("fragile:"))
        return int(connection.execute(rows).scalar_one()) + int(connection.execute(letters).scalar_one())


@pytest.fixture
def stopped(world: World, trial: Trial, start: Start) -> str:
    """A case whose operation has failed for good."""
    trial.failing = RuntimeError("il servizio non risponde")
    case = start("fragile")
    world.task("Prepara", case).complete(by="anna")
    world.advance(days=1)
    return case


def test_a_failure_keeps_the_completed_task_and_is_retried_with_growing_waits(
    world: World, trial: Trial, start: Start
) -> None:
    trial.failing = ExecutionFailed("Il servizio è chiuso")
    case = start("fragile")
    world.task("Prepara", case).complete(by="anna")
    assert world.tasks(case) == ()
    assert "sarà ritentato" in " ".join(world.engine.history.waiting_reasons(case, SYSTEM))
    waits = []
    while not incidents(world):
        due = world.engine.timers.next_due()
        assert due is not None
        waits.append((due - START).total_seconds())
        world.advance_to(due)
    assert waits == [60, 60 + 240, 60 + 240 + 960]
    assert len(trial.calls) == 4
    (found,) = incidents(world)
    assert (found.element_name, found.attempts) == ("Chiama il servizio", 4)
    assert "Il servizio è chiuso" in found.sentence
    assert world.instance(case).incidents == 1


def test_nothing_half_done_remains(world: World, stopped: str) -> None:
    assert traces(world) == 0
    assert all(
        event.kind != "prova.scritta" for event in world.engine.history.timeline(stopped, SYSTEM).items
    )


def test_a_failed_operation_does_not_name_the_case(world: World, trial: Trial, start: Start) -> None:
    trial.failing, trial.naming = RuntimeError("il servizio non risponde"), "Ugo Fittizi"
    case = start("fragile")
    world.task("Prepara", case).complete(by="anna")
    assert world.instance(case).subject is None
    trial.failing = None
    world.advance(minutes=2)
    assert world.instance(case).title == "Ugo Fittizi"


def test_only_an_operation_that_writes_pays_for_being_undone(
    world: World, trial: Trial, start: Start
) -> None:
    with recorded_statements(world.engine) as statements:
        writing = start("fragile")
        start("sollecito")
        world.advance(hours=1)
        assert trial.calls
        assert not [one for one in statements if one.startswith("SAVEPOINT")]
        world.task("Prepara", writing).complete(by="anna")
        assert len([one for one in statements if one.startswith("SAVEPOINT")]) == 1


def test_the_case_goes_on_by_itself_when_a_retry_succeeds(world: World, trial: Trial, start: Start) -> None:
    trial.failing = RuntimeError("per ora no")
    case = start("fragile")
    world.task("Prepara", case).complete(by="anna")
    trial.failing = None
    world.advance(minutes=2)
    assert [task.row.name for task in world.tasks(case)] == ["Dopo"]
    assert world.variables(case)["esito"] == "bene"
    assert traces(world) == 2
    assert incidents(world) == ()


def test_an_administrator_retries_and_the_case_goes_on(world: World, trial: Trial, stopped: str) -> None:
    (found,) = incidents(world)
    with pytest.raises(Forbidden):
        world.engine.incidents.retry(found.id, world.actor("anna"))
    trial.failing = None
    world.engine.incidents.retry(found.id, world.actor("rita"))
    assert [task.row.name for task in world.tasks(stopped)] == ["Dopo"]
    assert world.instance(stopped).incidents == 0
    with pytest.raises(InvalidState, match="già chiuso"):
        world.engine.incidents.retry(found.id, world.actor("rita"))


def test_a_retry_that_fails_again_is_a_new_incident(world: World, stopped: str) -> None:
    (found,) = incidents(world)
    world.engine.incidents.retry(found.id, world.actor("rita"))
    world.advance(days=1)
    (again,) = incidents(world)
    assert again.id != found.id
    assert world.instance(stopped).incidents == 1


def test_an_incident_is_read_in_the_language_of_the_reader(world: World, trial: Trial, start: Start) -> None:
    problem = ExecutionFailed("OUTBOX_HANDLER_MISSING", kind="lettera")
    trial.failing = problem
    case = start("fragile")
    world.task("Prepara", case).complete(by="anna")
    world.advance(days=1)
    (found,) = incidents(world)
    assert found.sentence == problem.sentence("it")
    assert in_language(found.sentence, "en") == problem.sentence("en")
    (reason,) = world.engine.history.waiting_reasons(case, SYSTEM)
    assert problem.sentence("en") in reason.in_language("en")
    with world.engine.database.begin() as work:
        work.connection.execute(update(incident).values(message_code=None, message_parameters=None))
    (found,) = incidents(world)
    assert in_language(found.sentence, "en") == problem.sentence("it"), "an incident of an earlier release"


def test_other_cases_go_on_meanwhile(world: World, trial: Trial, stopped: str, start: Start) -> None:
    case = start("sollecito")
    world.advance(hours=1)
    assert case in trial.calls
    assert world.instance(stopped).state == "active"


def test_cancelling_closes_what_was_waiting(world: World, stopped: str) -> None:
    world.cancel("Fatto a mano", by="carla", instance_id=stopped)
    assert incidents(world) == ()
    assert world.instance(stopped).state == "cancelled"
    assert world.engine.next_due() is None


@pytest.mark.parametrize("where", ["sotto", "chiamata", "fine"])
def test_an_error_climbs_to_the_nearest_event_that_catches_it(world: World, start: Start, where: str) -> None:
    case = start("errori", dove=where)
    assert [task.row.name for task in world.tasks(case)] == ["Rimedia"]
    assert world.variables(case)["codice"] == "NO"
    if where == "sotto":
        assert world.variables(case)["frase"] == "Non si può fare."
    assert incidents(world) == ()
    world.task("Rimedia", case).complete(by="anna")
    assert world.instance(case).state == "completed"


def test_an_error_that_nothing_catches_is_an_incident_with_its_code(
    world: World, trial: Trial, start: Start
) -> None:
    trial.refusing = "IMPREVISTO"
    case = start("errori", dove="sotto")
    (found,) = incidents(world)
    assert "IMPREVISTO" in found.sentence
    assert [task.row.name for task in world.tasks(case)] == ["Accanto"]
    trial.refusing = "ALTRO"
    world.engine.incidents.retry(found.id, world.actor("rita"))
    assert world.instance(case).state == "completed"
