"""Write the fixture of this version, once: `python -m tests.engine.upgrades.record`.

It plays both patti (and the small diagrams of the tests) with a seed and leaves every case where it happens to stand:
at a task, a timer, a message, a gateway of events, a repeated task, in a called process, suspended, stopped, with
a draft; with incidents of every kind and dates that were moved. It is run before a schema or a state changes.
The file is kept for ever: cases begun under this version must go on under every later one.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import text

import modules
from engine.access import SYSTEM
from engine.errors import ExecutionFailed
from engine.languages.forms.model import MULTIPLE_CHOICE_KINDS, Field
from engine.simulation import DEFAULT_SCOPE, World
from engine.spiff.process_run import STATE_VERSION
from engine.storage.migrate import revisions
from tests.acceptance.random_walker import ANSWERS, HOLDERS, RARE, Wanderer
from tests.acceptance.stages import START, USERS
from tests.engine.trial_operations import Trial
from tests.engine.upgrades.changes import change, work_on_many
from tests.engine.upgrades.fixture import FOLDER, SUFFIX, dump
from tests.engine.upgrades.incidents import leave_unsent, open_incidents, told

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
CALLED: Mapping[str, int] = {
    "patto_progettazione": 206,
    "patto_coda": 209,
    "patto_commissione": 207,
    "patto_firma": 207,
    "patto_lettera": 211,
}
"""Processes that are shipped and called: a task of each is left open. With the seed that gets there soon."""
MOST_STEPS = 18
"""With one seed, looking for a task of such a process."""


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
        return [chosen] if field.kind in MULTIPLE_CHOICE_KINDS else chosen

    def _suspend_or_resume(self) -> None:
        if self.world.instance().state == "suspended":
            self.world.resume(by="anna")


class Severe(Unhurried):
    """Refuses and gives up now and then."""

    def _value(self, field: Field) -> Any:
        return Wanderer._value(self, field)


def play(world: World, trial: Trial) -> dict[str, Any]:
    """Leave cases at many places. Gives what has to be put right before some can go on: variables by instance."""
    walkers: list[tuple[Unhurried, int, list[str]]] = [
        (Unhurried(world, process, seed), steps, []) for seed, (process, steps) in enumerate(WALKS, 100)
    ]
    for turn in range(max(steps for _, steps, _ in walkers)):
        for walker, steps, cases in walkers:
            if turn < steps:
                world.instance_ids = cases
                walker.step()
    for process, seed in CALLED.items():
        _reach(world, process, seed)
    _hand_over(world, [cases[-1] for _, _, cases in walkers if cases])
    world.instance_ids = []
    small = [world.start(key, by="anna", values=values).id for key, values in SMALL.items()]
    world.task("Firma – Ada", small[1]).complete(by="anna", esito="firma")
    repairs = open_incidents(world, trial)
    change(world)
    trial.failing = ExecutionFailed("Il servizio non risponde")
    world.task("Prepara", small[2]).complete(by="anna")
    world.advance(hours=2)
    retried = world.start("fragile", by="anna").id
    world.task("Prepara", retried).complete(by="anna")
    for number, (_, _, cases) in enumerate(walkers):
        if cases and number % 5 == 0:
            _draft(world, cases[-1])
    for number, (_, _, cases) in enumerate(walkers):
        if cases and number % 7 == 6 and world.instance(cases[-1]).state == "active":
            world.suspend("Un controllo", by="carla", instance_id=cases[-1])
    leave_unsent(world)
    work_on_many(world)
    return repairs


def _reach(world: World, process: str, first_seed: int) -> None:
    """Play more cases, one after another, until a task of a process is open."""
    for seed in range(first_seed, first_seed + 20):
        walker = Severe(world, "patto_autonomia", seed)
        world.instance_ids = []
        for _ in range(MOST_STEPS):
            if process in _at_work(world):
                return
            walker.step()
    raise AssertionError(f"no task of {process} is open")


def _at_work(world: World) -> set[str]:
    """The processes, also called ones, of which a task is open."""
    with world.engine.database.read() as connection:
        return set(connection.execute(text("SELECT process_id FROM task WHERE state = 'open'")).scalars())


def _hand_over(world: World, cases: list[str]) -> None:
    """Let another tutor take the place of one, in the first case that can, and the first one be asked again."""
    case = next(
        one for one in cases if "Sostituzione del tutor" in world.engine.messages.awaited_messages(one)
    )
    parts = world.engine.history.participants(case, SYSTEM)
    (old,) = {part["actor_id"] for part in parts if part["role"] == "tutor" and not part["until"]}
    (new,) = {"fabio", "nadia"} - {old}
    for tutor in (new, old):
        values = {"nuovo_tutor": tutor, "motivo_sostituzione": "Cambia servizio"}
        world.message(
            "Sostituzione del tutor", by="carla", key=world.instance(case).business_key, values=values
        )
        asked = world.task("Accettazione dell'incarico", case)
        if tutor == new:
            asked.complete(by=new, accetta_incarico="si")


def _draft(world: World, case: str) -> None:
    for task in world.tasks(case):
        able = [task.row.assignee] if task.row.assignee else []
        able += [user for user, roles in HOLDERS.items() if set(roles) & set(task.row.candidate_roles)]
        if able:
            world.engine.tasks.save_draft(task.id, {"nota": "a metà"}, world.actor(able[0]))
            return


def record() -> Path:
    """Play, write the file, and say where."""
    modules.load()
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
            repairs = play(world, trial)
            about = {"moment": world.now, "repairs": repairs, **told(world)}
        revision, _ = revisions(url)
        file = FOLDER / f"{revision}_state_{STATE_VERSION}{SUFFIX}"
        if file.exists():
            raise SystemExit(f"{file.name} is there already: it belongs to a version that has been released")
        dump(url, {"revision": revision, "state_version": STATE_VERSION, **about}, file)
    return file


if __name__ == "__main__":
    sys.stdout.write(f"{record()}\n")
