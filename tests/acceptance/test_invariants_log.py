"""Every change has an actor, a moment and the version of diagram and rules; the log cannot be rewritten."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError

from engine.access import SYSTEM
from engine.definitions.resources import DeploymentBundle
from engine.errors import Forbidden
from engine.simulation import World
from engine.storage.tables import definition, event, instance
from tests.acceptance.stages import CANDIDATE, at, log_of, open_world

PHASES = ["candidato", "in_analisi", "proposto", "in_commissione", "approvato", "sottoscritto", "attivo"]


def test_every_change_of_state_says_who_when_and_by_which_diagram(active: World) -> None:
    active.suspend("la persona è in ospedale", by="anna")
    active.resume(by="anna")
    with active.engine.database.read() as connection:
        rows = connection.execute(select(event).where(event.c.instance_id == active.instance_ids[0])).all()
        known = set(connection.execute(select(definition.c.id)).scalars())
        accounts = {
            row["actor_id"] for row in active.engine.history.participants(active.instance_ids[0], SYSTEM)
        }
    assert accounts == {"elena", "fabio"}
    changes = [row for row in rows if row.kind != "case.read"]
    assert all(row.actor_id and row.at is not None for row in changes)
    assert {row.definition_id for row in changes} <= known
    steps = [(row.data["from"], row.data["to"]) for row in changes if row.kind == "phase.changed"]
    assert steps == list(zip(["", *PHASES], PHASES, strict=False))
    moments = [row.at for row in sorted(changes, key=lambda row: row.id)]
    assert moments == sorted(moments)
    done = {row.element_name: row.actor_id for row in changes if row.kind == "task.completed"}
    assert done["Progetto e budget"] == "dario"
    assert done["Seduta della commissione"] == "gina"
    assert {row.actor_id for row in changes if row.kind == "timer.fired"} == {SYSTEM.id}
    assert [
        row.actor_id for row in changes if row.kind.startswith("instance.") and row.data.get("reason")
    ] == ["anna"]


def test_a_decision_leaves_its_evidence_and_the_version_of_its_table(newborn: World) -> None:
    newborn.start("patto_autonomia", by="anna", values=CANDIDATE)
    first = newborn.instance_ids[-1]
    files = {
        one.path: one.content
        for one in DeploymentBundle.from_path(Path("processes/patto_autonomia.bpmn")).resources
    }
    table = "ammissibilita_autonomia.dmn"
    files[table] = files[table].replace(b"Requisiti soddisfatti.", b"Requisiti soddisfatti davvero.")
    newborn.engine.deployments.deploy(DeploymentBundle.from_files(files), SYSTEM)
    newborn.start("patto_autonomia", by="anna", values={**CANDIDATE, "codice_fiscale": "", "nome": "Bea",
                                                        "motivo_senza_codice": "in attesa"})  # fmt: skip
    for case, version, words in (
        (first, 1, "Requisiti soddisfatti."),
        (newborn.instance_ids[-1], 2, "soddisfatti davvero"),
    ):
        (made,) = log_of(newborn, "decision.made", case)
        assert made.definition_id == f"patto_autonomia:{version}"
        assert made.data["evidence"], "the rules that hit are told"
        assert words in str(newborn.variables(case)["ammissibilita"])


def test_a_changed_parameter_says_who_why_and_what_it_was(newborn: World) -> None:
    newborn.engine.parameters.set(
        "patto_autonomia", "eta_max", "", 25, "bando per i giovani", newborn.actor("rita")
    )
    newborn.start("patto_autonomia", by="anna", values=CANDIDATE)
    assert [task.row.name for task in newborn.tasks()] == ["Verifica della non ammissibilità"]
    with newborn.engine.database.read() as connection:
        changed = connection.execute(select(event).where(event.c.kind == "parameter.changed")).one()
        decided = connection.execute(select(event).where(event.c.kind == "decision.made")).one()
    assert (changed.actor_id, changed.data["new"], changed.data["reason"]) == (
        "rita",
        25,
        "bando per i giovani",
    )
    assert changed.id < decided.id


def test_the_database_itself_keeps_the_log(sitting: World) -> None:
    database = sitting.engine.database
    attacks = ["UPDATE event SET actor_id = 'nessuno'", "DELETE FROM event WHERE kind = 'phase.changed'"]
    line = "INTO event (id, at, actor_id, kind) VALUES (1, '2016-01-01', 'x', 'x')"
    if database.is_sqlite:
        attacks += ["DELETE FROM event", f"INSERT OR REPLACE {line}"]
    else:
        attacks += ["TRUNCATE event CASCADE", f"INSERT {line} ON CONFLICT (id) DO UPDATE SET actor_id = 'x'"]
    with database.read() as connection:
        before = connection.execute(select(func.count(), func.min(event.c.actor_id))).one()
    for attack in attacks:
        with pytest.raises(DBAPIError, match="non si modificano"), database.begin() as work:
            work.connection.execute(text(attack))
    with database.read() as connection:
        assert connection.execute(select(func.count(), func.min(event.c.actor_id))).one() == before


def test_what_fails_leaves_no_line_behind(sitting: World) -> None:
    """The line of a change is written in the change's own transaction: no change, no line."""
    before = len(log_of(sitting))
    values = {"at": sitting.now, "actor_id": "anna", "kind": "task.completed"}
    lines = [
        {**values, "instance_id": sitting.instance_ids[0]},
        {**values, "instance_id": "a case that is not there"},
    ]
    with pytest.raises(DBAPIError), sitting.engine.database.begin() as work:
        work.connection.execute(insert(event).values(lines))
    assert len(log_of(sitting)) == before


def test_who_looked_at_whom_is_kept_and_read_by_the_auditor_alone(sitting: World) -> None:
    case = sitting.instance_ids[0]
    with open_world(sitting.settings.database_url, sitting.now, (case,)) as other:
        other.engine.history.record_read(case, other.actor("gina"))
        other.engine.history.record_read(case, other.actor("elena"), "task")
    readers = sitting.engine.history.readers(case, SYSTEM)
    assert [(one.actor_id, one.data["what"], one.at) for one in readers] == [
        ("elena", "task", sitting.now),
        ("gina", "case", sitting.now),
    ]
    for name in ("gina", "anna", "olga"):
        with pytest.raises(Forbidden):
            sitting.engine.history.readers(case, sitting.actor(name))
    assert all(one.kind != "case.read" for one in log_of(sitting))


def test_nothing_in_a_case_moves_without_a_line(active: World) -> None:
    """Each step of a case raises its revision once; each has left at least a line in the log at its moment."""
    active.advance_to(at(4, 30))
    with active.engine.database.read() as connection:
        revision = connection.execute(select(instance.c.revision)).scalar_one()
    kinds = ("instance.started", "task.completed", "timer.fired", "message.received")
    assert revision == sum(len(log_of(active, kind)) for kind in kinds)
