"""Who wrote a proposal does not approve it, whatever way they try; and the attempt changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from engine.errors import EngineError, Forbidden
from engine.simulation import World
from engine.storage.tables import instance
from tests.acceptance.pages import Pages
from tests.acceptance.stages import PROJECT, SITTING, SITTING_TASK, at, log_of

CHANGES = {**SITTING, "esito_commissione": "chiede_modifiche", "motivazione": "Mancano gli obiettivi."}
REFUSAL = {**SITTING, "esito_commissione": "respinge", "motivazione": "Non ci sono i requisiti."}
LETTER = {"testo_lettera": "Le scriviamo per dirle come è andata.", "lettera_confermata_da": "Anna Prova",
          "conferma_invio": True}  # fmt: skip


def everything(world: World) -> Any:
    """What must be as before after a refused attempt."""
    with world.engine.database.read() as connection:
        rows = connection.execute(select(instance.c.revision, instance.c.run_state, instance.c.phase)).all()
    return rows, len(log_of(world)), [task.row for task in world.tasks()]


@pytest.mark.parametrize("author", ["dario", "elena"])
def test_author_and_proposer_do_not_sit_in_judgement(sitting: World, author: str) -> None:
    """Dario wrote the project, Elena proposed it; both belong to the commissione as well."""
    sitting.advance_to(at(2, 18))
    before = everything(sitting)
    for values in (SITTING, CHANGES, REFUSAL):
        with pytest.raises(Forbidden):
            sitting.task(SITTING_TASK).complete(by=author, values=values)
    assert everything(sitting) == before
    page = Pages(sitting).desk(author).complete(sitting.task(SITTING_TASK).id, SITTING)
    assert page.status_code == 403
    assert everything(sitting) == before


def test_holding_the_task_does_not_help(sitting: World) -> None:
    sitting.advance_to(at(2, 18))
    task = sitting.task(SITTING_TASK)
    try:
        task.claim(by="dario")
    except EngineError:
        task.claim(by="gina")
    try:
        task.hand_over(by="gina", to="dario")
    except EngineError:
        task.hand_over(by="carla", to="dario")
    with pytest.raises(Forbidden):
        sitting.task(SITTING_TASK).complete(by="dario", values=SITTING)
    assert sitting.instance().phase == "in_commissione"
    sitting.task(SITTING_TASK).hand_over(by="carla", to="hugo")
    sitting.task(SITTING_TASK).complete(by="hugo", values=SITTING)
    assert sitting.instance().phase == "approvato"


def test_who_wrote_any_version_stays_out(sitting: World) -> None:
    """Version 1 by Dario, version 2 by Delia: what is approved is the work of both."""
    sitting.advance_to(at(2, 18))
    sitting.task(SITTING_TASK).complete(by="gina", values=CHANGES)
    sitting.task("Progetto e budget").complete(by="delia", values=PROJECT)
    sitting.task("Proposta alla persona").complete(
        by="elena", proposta_il="2016-02-18", esito_proposta="accetta"
    )
    for author in ("dario", "delia", "elena"):
        with pytest.raises(Forbidden):
            sitting.task(SITTING_TASK).complete(by=author, values=SITTING)
    sitting.task(SITTING_TASK).complete(by="gina", values=SITTING)
    assert sitting.instance().phase == "approvato"


def test_who_corrected_the_plan_stays_out(project: World) -> None:
    over = [{"categoria": "formazione", "importo": 2150}]
    project.advance_to(at(2, 15))
    project.task("Progetto e budget").complete(by="dario", values={**PROJECT, "voci_budget": over})
    project.task("Correggi il piano di spesa").complete(by="delia", voci_budget=PROJECT["voci_budget"])
    project.task("Nomina di case manager e tutor").complete(by="dario", case_manager="elena", tutor="fabio")
    project.task("Proposta alla persona").complete(
        by="elena", proposta_il="2016-02-15", esito_proposta="accetta"
    )
    project.advance_to(at(2, 18))
    with pytest.raises(Forbidden):
        project.task(SITTING_TASK).complete(by="delia", values=SITTING)


def test_the_author_does_not_confirm_the_refusal_either(sitting: World) -> None:
    sitting.advance_to(at(2, 18))
    sitting.task(SITTING_TASK).complete(by="gina", values=REFUSAL)
    sitting.task("Scrivi e conferma la lettera").complete(by="anna", values=LETTER)
    sitting.advance(days=15)
    decision = {"conferma_diniego": "conferma", "motivazione": "Restano le ragioni dette."}
    (task,) = sitting.tasks()
    with pytest.raises(Forbidden):
        task.complete(by="dario", values=decision)
    task.complete(by="hugo", values=decision)
    assert sitting.instance().phase == "in_commissione"
