"""The rules of the inbox said plainly, over everything there is: what the fast queries are held against.

A made-up service with a few users, scopes and tasks, written row by row, changed at random as steps change it.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from engine.access import SYSTEM, Actor, Permission, PermissionMatrix
from engine.access.actors import Membership, covers
from engine.access.permissions import Role
from engine.execution.due_dates import END_OF_TIME
from engine.storage.tables import definition, instance, listed, participant, task, task_candidate
from engine.storage.text_search import search_words, words
from engine.tasks.models import InboxFilter

NOW = datetime(2016, 3, 1, 9, tzinfo=UTC)
SCOPES = ("cremona", "cremasco", "cremasco/crema", "cremasco/offanengo", "cremasco_alto")
ROLES = ("tutor", "microequipe", "assistente")
USERS = ("anna", "bruno", "carla")
PROCESSES = ("autonomia", "inclusione")
TITLES = ("Rossi Maria", "D’Angelò Nicolò", "Rossini Ada", "De Luca María", "Ünal Ayşe", "Bianchi Rosa")
NAMES = ("Approva la spesa", "Firma – Rossi", "Colloquio", "Visita a domicilio", "Più voci: verifica")
DUES = (-60, -24, -1, 2, 10, 20, 40, 71, 73, 200, None)
TEXTS = (
    "ros",
    "rossi mar",
    "maria",
    "dangelo",
    "d angelo",
    "NICOLO",
    "spesa",
    "a",
    "voci piu",
    "12",
    "%",
    "unal",
)

MATRIX = PermissionMatrix(
    {
        "tutor": Role("tutor", {}, frozenset()),
        "microequipe": Role("microequipe", {}, frozenset({Permission.CASE_READ})),
        "assistente": Role("assistente", {}, frozenset({Permission.CASE_READ})),
    }
)
ACTORS = (
    Actor(
        "anna",
        "Anna",
        frozenset({Membership("tutor", "cremasco"), Membership("assistente", "cremasco/crema")}),
    ),
    Actor("bruno", "Bruno", frozenset({Membership("microequipe", ""), Membership("tutor", "cremona")})),
    Actor("carla", "Carla", frozenset({Membership("tutor", "cremona")})),
    Actor("dario", "Dario"),
    SYSTEM,
)


def fill(connection: Connection, chance: random.Random) -> None:
    """A service with some dozens of tasks."""
    for table in (participant, task_candidate, task, instance, definition):
        connection.execute(delete(table))
    for key in PROCESSES:
        connection.execute(
            insert(definition).values(
                id=f"{key}:1", key=key, version=1, name=key.title(), content_hash="", state="active",
                starters=[], called={}, deployed_at=NOW, deployed_by="anna",
            )
        )  # fmt: skip
    for number in range(1, chance.randint(4, 14)):
        _case(connection, chance, number)


def _case(connection: Connection, chance: random.Random, number: int) -> None:
    key, case = chance.choice(PROCESSES), _id(chance)
    scope = chance.choice(SCOPES)
    connection.execute(
        insert(instance).values(
            id=case, number=number, definition_id=f"{key}:1", definition_key=key, business_key=f"{key}-{number}",
            scope=scope, title=chance.choice(TITLES), phase="", state="active", revision=1, run_state=b"",
            started_at=NOW, started_by="anna",
        )
    )  # fmt: skip
    parts = {(chance.choice((*USERS, "dario")), chance.choice(ROLES)) for _ in range(chance.randint(0, 3))}
    for actor_id, role in sorted(parts):
        until = NOW if chance.random() < 0.3 else None
        connection.execute(
            insert(participant).values(instance_id=case, actor_id=actor_id, role=role, since=NOW, until=until)
        )
    for _ in range(chance.randint(0, 5)):
        _task(connection, chance, case, scope)


def _task(connection: Connection, chance: random.Random, case: str, scope: str) -> None:
    hours, task_id = chance.choice(DUES), _id(chance)
    due = NOW + timedelta(hours=hours) if hours is not None else None
    connection.execute(
        insert(task).values(
            id=task_id, instance_id=case, token=task_id, definition_id="", element_id="e",
            name=chance.choice(NAMES), instructions="", process_id="p", scope=scope,
            assignee=chance.choice((None, None, *USERS)), priority=chance.choice((50, 50, 10, 90)),
            created_at=NOW - timedelta(hours=chance.randint(0, 5)), due_at=due, due_order=due or END_OF_TIME,
            due_runs=False, state=chance.choice(("open", "open", "open", "suspended", "completed")), revision=1,
            restricted=False,
        )
    )  # fmt: skip
    for kind, name in sorted({_offer(chance) for _ in range(chance.randint(0, 3))}):
        connection.execute(insert(task_candidate).values(task_id=task_id, kind=kind, name=name))


def _id(chance: random.Random) -> str:
    return f"{chance.getrandbits(128):032x}"


def _offer(chance: random.Random) -> tuple[str, str]:
    return ("role", chance.choice(ROLES)) if chance.random() < 0.8 else ("user", chance.choice(USERS))


def change(connection: Connection, chance: random.Random) -> None:
    """Something that steps, people and administrators do to tasks and cases."""
    ids = list(connection.execute(select(task.c.id).order_by(task.c.id)).scalars())
    cases = list(connection.execute(select(instance.c.id).order_by(instance.c.id)).scalars())
    if not ids:
        return
    one, case = chance.choice(ids), chance.choice(cases)
    due = NOW + timedelta(hours=chance.choice(DUES) or 0)
    title = chance.choice(TITLES)
    what: Any = chance.choice(
        (
            update(task).where(task.c.id == one).values(assignee=chance.choice((None, *USERS))),
            update(task).where(task.c.id == one).values(state=chance.choice(("open", "completed", "suspended"))),
            update(task).where(task.c.instance_id == case).values(state="open"),
            update(task).where(task.c.id == one).values(due_at=due, due_order=due, priority=20),
            delete(task_candidate).where(task_candidate.c.task_id == one),
            delete(task_candidate).where(task_candidate.c.task_id == one, task_candidate.c.kind == "user"),
            update(task_candidate).where(task_candidate.c.task_id == one, task_candidate.c.name == "tutor").values(
                name="estranei"
            ),
            update(participant).where(participant.c.instance_id == case).values(until=chance.choice((None, NOW))),
            delete(participant).where(participant.c.instance_id == case),
            update(instance).where(instance.c.id == case).values(title=title, words=title),
        )
    )  # fmt: skip
    connection.execute(what)


class ByHand:
    """Everything read into memory, and each question answered by looking at every row."""

    def __init__(self, connection: Connection) -> None:
        self.cases = {row.id: row for row in connection.execute(select(instance))}
        self.tasks = connection.execute(select(task)).all()
        self.offers: dict[str, set[tuple[str, str]]] = {}
        for row in connection.execute(select(task_candidate)):
            self.offers.setdefault(row.task_id, set()).add((row.kind, row.name))
        self.parts = {
            (row.instance_id, row.actor_id, row.role)
            for row in connection.execute(select(participant).where(participant.c.until.is_(None)))
        }
        self.entries = connection.execute(select(listed.c.task_id)).scalars().all()

    def page(self, actor: Actor, wanted: InboxFilter) -> list[str]:
        """The ids of all tasks of a box, in order."""
        found = [row for row in self.tasks if row.state == "open" and self._in(actor, wanted.box, row)]
        found = [row for row in found if self._meets(row, wanted)]
        if wanted.sort == "created":
            found.sort(key=lambda row: (row.created_at, row.id), reverse=True)
        elif wanted.sort == "priority":
            found.sort(key=lambda row: (row.priority, row.due_order, row.id))
        else:
            found.sort(key=lambda row: (row.due_order, row.id))
        return [row.id for row in found]

    def cases_named(self, actor: Actor, text: str) -> list[int]:
        """The numbers of the visible cases that a text finds, the newest first."""
        return sorted(
            (c.number for c in self.cases.values() if self._sees(actor, c) and self._named(c, text)),
            reverse=True,
        )

    def _in(self, actor: Actor, box: str, row: Any) -> bool:
        mine = row.assignee == actor.id
        free = row.assignee is None and self._offered(actor, row)
        if box == "all":
            known = bool(actor.memberships) or actor.is_system
            return known and (mine or free or self._sees(actor, self.cases[row.instance_id]))
        return {"mine": mine, "groups": free, "todo": mine or free}[box]

    def _offered(self, actor: Actor, row: Any) -> bool:
        return actor.is_system or any(
            name == actor.id
            if kind == "user"
            else name in actor.roles_in(row.scope) or (row.instance_id, actor.id, name) in self.parts
            for kind, name in self.offers.get(row.id, ())
        )

    def _sees(self, actor: Actor, case: Any) -> bool:
        scopes = MATRIX.scopes(actor, Permission.CASE_READ)
        return any(covers(scope, case.scope) for scope in scopes) or any(
            (case.id, actor.id, role) in self.parts for role in ROLES
        )

    def _meets(self, row: Any, wanted: InboxFilter) -> bool:
        case, due = self.cases[row.instance_id], row.due_at
        today = NOW.replace(hour=23)  # the day in Rome ends at 23:00 UTC
        return all(
            (
                not wanted.process or case.definition_key == wanted.process,
                not wanted.scope or covers(wanted.scope, row.scope),
                not wanted.person or self._named(case, wanted.person),
                not wanted.text or _begins(row.name, wanted.text) or self._named(case, wanted.text),
                wanted.due != "overdue" or (due is not None and due < NOW),
                wanted.due != "today" or (due is not None and today - timedelta(days=1) <= due < today),
                wanted.due != "soon" or (due is not None and NOW <= due <= NOW + timedelta(days=3)),
            )
        )

    @staticmethod
    def _named(case: Any, text: str) -> bool:
        return _begins(case.title, text) or text.strip() == str(case.number)


def _begins(text: str, asked: str) -> bool:
    there = words(text).split()
    return bool(search_words(asked)) and all(
        any(w.startswith(one) for w in there) for one in search_words(asked)
    )
