"""To whom a task is offered: the rule asked of one task held equals the rule that lists are searched by."""

from __future__ import annotations

import random
from collections.abc import Callable

from sqlalchemy import delete, insert, update

from engine.access import Actor
from engine.access.actors import Membership
from engine.execution.locking import lock_task
from engine.simulation import World
from engine.storage.tables import participant, task, task_candidate
from engine.tasks.preconditions import find_task, may_take

ROLES = ("tutor", "case_manager", "microequipe")
SCOPES = ("", "cremasco", "cremasco/crema", "cremascoaltro", "cremona")
PEOPLE = ("anna", "bea", "tutor")


def test_both_rules_agree_whoever_asks(world: World, start: Callable[..., str]) -> None:
    case = start("parametri")
    one = world.task("Prima", case).id
    dice = random.Random(2016)
    now = world.now
    with world.engine.database.begin() as work:
        connection = work.connection
        for _ in range(120):
            connection.execute(delete(task_candidate).where(task_candidate.c.task_id == one))
            connection.execute(delete(participant).where(participant.c.instance_id == case))
            connection.execute(update(task).where(task.c.id == one).values(scope=dice.choice(SCOPES[1:])))
            for kind, names in (("role", ROLES), ("user", PEOPLE)):
                for name in dice.sample(names, dice.randint(0, 2)):
                    connection.execute(insert(task_candidate).values(task_id=one, kind=kind, name=name))
            who = dice.choice(PEOPLE)
            for role in dice.sample(ROLES, dice.randint(0, 2)):
                until = dice.choice((None, now))
                row = {"instance_id": case, "actor_id": who, "role": role, "since": now, "until": until}
                connection.execute(insert(participant).values(**row))
            held = {Membership(dice.choice(ROLES), dice.choice(SCOPES)) for _ in range(dice.randint(0, 2))}
            actor = Actor(who, who, frozenset(held))
            row_found = find_task(connection, one)
            assert lock_task(connection, one, actor).offered == may_take(connection, row_found, actor)
