"""Both patti changed while they run: by hand into a called process, many at once, standing still and going on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine.access import SYSTEM
from engine.history.consistency import check_consistency
from engine.instances.selection import Selection
from engine.simulation import World
from engine.spiff import Instruction
from tests.acceptance.random_walker import FAMILY
from tests.acceptance.stages import CANDIDATE

PATTI: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "patto_autonomia": ("anna", "Task_SchedaSociale", CANDIDATE),
    "patto_inclusione": ("mara", "Task_SchedaNucleo", FAMILY),
}


@pytest.mark.parametrize("process", sorted(PATTI))
def test_both_patti_are_changed_while_they_run(newborn: World, process: str) -> None:
    username, target, values = PATTI[process]
    case = newborn.start(process, by=username, values=values).id
    rita, engine = newborn.actor("rita"), newborn.engine
    first = [one.element_id for one in engine.modifications.active_elements(case, rita)]
    plan = [*(Instruction("cancel", element) for element in first), Instruction("before", target)]
    assert [one.element_id for one in engine.modifications.preview(case, plan, rita).after] == [target]
    engine.modifications.modify(case, plan, "La scheda va rifatta", rita)
    assert {one.element_id for one in engine.modifications.active_elements(case, rita)} == {target}

    inner = engine.repository.compiled(engine.instances.get(case, SYSTEM).definition_id).executable.models
    design = next(e for e in inner["patto_progettazione"].elements.values() if e.type == "userTask")
    within = [Instruction("cancel", target), Instruction("before", design.id, process="patto_progettazione")]
    engine.modifications.modify(case, within, "Il progetto si può già scrivere", rita)
    standing = {(one.process_id, one.element_id) for one in engine.modifications.active_elements(case, rita)}
    assert ("patto_progettazione", design.id) in standing

    engine.definition_suspension.suspend(process, "Si corregge il diagramma", rita, include_instances=True)
    engine.run_due()
    assert newborn.instance(case).state == "suspended"
    engine.definition_suspension.resume(process, rita, include_instances=True)
    engine.run_due()
    assert newborn.instance(case).state == "active"
    ordered = engine.batches.create("cancel", {}, Selection(key=process), rita, "Prova finita")
    engine.run_due()
    assert engine.batches.get(ordered, rita).counts["done"] == 1
    assert newborn.instance(case).state == "cancelled"
    for check in check_consistency(engine.database, engine.repository):
        assert check.passed, check.outcome
