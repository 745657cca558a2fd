"""Write the fixture of this version, once: `python -m tests.engine.upgrades.record`.

It plays both patti (and the small diagrams of the tests) with a seed and leaves every case where it happens to stand:
at a task, a timer, a message, a gateway of events, a repeated task, in a called process, suspended, stopped, with
a draft. It is run before a schema or a state changes.
The file is kept for ever: cases begun under this version must go on under every later one.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import ExecutionFailed
from engine.forms.model import MANY, Field
from engine.simulation import DEFAULT_SCOPE, World
from engine.spiff.run import STATE_VERSION
from engine.storage.migrate import revisions
from tests.acceptance.stages import START, USERS
from tests.acceptance.wanderer import ANSWERS, HOLDERS, RARE, Wanderer
from tests.engine.trial_operations import Trial
from tests.engine.upgrades.fixture import FOLDER, SUFFIX, dump

DIAGRAMS = Path(__file__).parents[1] / "diagrams"
WALKS = [
    *(("patto_autonomia", steps) for steps in (1, 3, 5, 8, 11, 14, 17, 20, 24, 28, 34, 40)),
    *(("patto_inclusione", steps) for steps in (1, 3, 6, 9, 13, 18, 24, 30)),
]
"""Process and how many things happen in each case before it is left where it is."""
SMALL: Mapping[str, Mapping[str, Any]] = {
    "bivio": {"primo": "P20D", "secondo": "P40D"},
    "firme": {"firmatari": ["Ada", "Bea", "Cleo"]},
    "fragile": {},
    "sollecito": {},
    "richiami": {"fascicolo": "A"},
    "proposta": {},
}
"""Small diagrams of the tests and the values that they start with."""


class Unhurried(Wanderer):
    """Lets hours pass, not months, and ends nothing: the more is waiting, the better."""

    def _let_time_pass(self) -> None:
        self.world.advance(hours=self.dice.choice((1, 5, 20)))

    def _value(self, field: Field) -> Any:
        usual = [option.value for option in field.choices.fixed] if field.choices else []
        usual = [one for one in usual if one not in RARE]
        if not usual or field.key in ANSWERS:
            return super()._value(field)
        chosen = self.dice.choice(usual)
        return [chosen] if field.kind in MANY else chosen

    def _suspend_or_resume(self) -> None:
        if self.world.case().state == "suspended":
            self.world.resume(by="anna")


def play(world: World, trial: Trial) -> None:
    """Leave cases at many places."""
    walkers: list[tuple[Unhurried, int, list[str]]] = [
        (Unhurried(world, process, seed), steps, []) for seed, (process, steps) in enumerate(WALKS, 100)
    ]
    for turn in range(max(steps for _, steps, _ in walkers)):
        for walker, steps, cases in walkers:
            if turn < steps:
                world.cases = cases
                walker.step()
    world.cases = []
    small = [world.start(key, by="anna", values=values).id for key, values in SMALL.items()]
    world.task("Firma – Ada", small[1]).complete(by="anna", esito="firma")
    trial.failing = ExecutionFailed("Il servizio non risponde")
    world.task("Prepara", small[2]).complete(by="anna")
    world.advance(hours=2)
    retried = world.start("fragile", by="anna").id
    world.task("Prepara", retried).complete(by="anna")
    for number, (_, _, cases) in enumerate(walkers):
        if cases and number % 5 == 0:
            _draft(world, cases[-1])
    for number, (_, _, cases) in enumerate(walkers):
        if cases and number % 7 == 6 and world.case(cases[-1]).state == "active":
            world.suspend("Un controllo", by="carla", instance_id=cases[-1])


def _draft(world: World, case: str) -> None:
    for task in world.tasks(case):
        able = [task.row.assignee] if task.row.assignee else []
        able += [user for user, roles in HOLDERS.items() if set(roles) & set(task.row.candidate_roles)]
        if able:
            world.engine.tasks.save_draft(task.id, {"nota": "a metà"}, world.actor(able[0]))
            return


def record() -> Path:
    """Play, write the file, and say where."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'versione.db'}"
        trial = Trial()
        users = {**USERS, "nino": ["analista"]}
        with World.open(
            START,
            database_url=url,
            deploy=["processes", DIAGRAMS],
            operations=trial.registry(),
            users=users,
            scope=DEFAULT_SCOPE,
        ) as world:
            play(world, trial)
            moment = world.now
        revision, _ = revisions(url)
        file = FOLDER / f"{revision}_state_{STATE_VERSION}{SUFFIX}"
        if file.exists():
            raise SystemExit(f"{file.name} is there already: it belongs to a version that has been released")
        dump(url, {"revision": revision, "state_version": STATE_VERSION, "moment": moment}, file)
    return file


if __name__ == "__main__":
    sys.stdout.write(f"{record()}\n")
