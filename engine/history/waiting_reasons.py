"""Why a case stands still, in sentences: who is awaited for what, until when, and what happens then.

The sentences are Italian and remember their gaps, so that a page can show them in another language.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from engine.access import accounts
from engine.access.permissions import PermissionMatrix
from engine.languages.forms.messages import Sentence, sentence
from engine.spiff import Program
from engine.storage.tables import incident, subscription, task, task_candidate, timer
from engine.temporal import in_rome


class Waiting:
    """What one case waits for. `language` is that of the names of roles."""

    def __init__(
        self,
        connection: Connection,
        program: Program,
        permissions: PermissionMatrix,
        now: datetime,
        language: str = "it",
    ) -> None:
        self._connection = connection
        self._program = program
        self._permissions = permissions
        self._now = now
        self._language = language

    def sentences(self, case: Row[Any]) -> tuple[Sentence, ...]:
        """For the case of this row of `instance`: one sentence for each thing it waits for."""
        if case.state == "completed":
            return (sentence("La pratica è conclusa dal %(day)s.", day=_day(case.ended_at)),)
        if case.state == "cancelled":
            return (sentence("La pratica è annullata dal %(day)s.", day=_day(case.ended_at)),)
        found = [*_suspension(case), *self._tasks(case.id), *self._timers(case.id)]
        if not found:
            found += _subscriptions(self._connection, case.id)
        return (*found, *_incidents(self._connection, case.id))

    def _tasks(self, case_id: str) -> list[Sentence]:
        open_tasks = self._connection.execute(
            select(task)
            .where(task.c.instance_id == case_id, task.c.state.in_(("open", "suspended")))
            .order_by(task.c.due_order, task.c.id)
        ).all()
        candidates = _candidates(self._connection, [row.id for row in open_tasks])
        users = {row.assignee for row in open_tasks if row.assignee}
        users |= {name for offered in candidates.values() for kind, name in offered if kind == "user"}
        names = accounts.names(self._connection, users)
        return [self._task(row, candidates.get(row.id, []), names) for row in open_tasks]

    def _task(self, row: Row[Any], offered: list[tuple[str, str]], names: Mapping[str, str]) -> Sentence:
        if row.assignee:
            gaps = {"who": names.get(row.assignee, row.assignee), "task": row.name}
            plain = sentence("Si attende %(who)s per «%(task)s».", **gaps)
            late = sentence("Si attende %(who)s per «%(task)s», in ritardo dal %(day)s.", **gaps, day="")
            timely = sentence("Si attende %(who)s per «%(task)s», entro il %(day)s.", **gaps, day="")
        else:
            gaps = {"who": self._labels(offered, names), "task": row.name}
            plain = sentence("Si attende che qualcuno (%(who)s) prenda in carico «%(task)s».", **gaps)
            late = sentence(
                "Si attende che qualcuno (%(who)s) prenda in carico «%(task)s», in ritardo dal %(day)s.",
                **gaps,
                day="",
            )
            timely = sentence(
                "Si attende che qualcuno (%(who)s) prenda in carico «%(task)s», entro il %(day)s.",
                **gaps,
                day="",
            )
        if row.due_at is None:
            return plain
        return Sentence((late if row.due_at < self._now else timely).msgid, {**gaps, "day": _day(row.due_at)})

    def _labels(self, offered: list[tuple[str, str]], names: Mapping[str, str]) -> str:
        labels = [
            self._permissions.labels([name], self._language)[0] if kind == "role" else names.get(name, name)
            for kind, name in offered
        ]
        return (" or " if self._language == "en" else " o ").join(labels)

    def _timers(self, case_id: str) -> list[Sentence]:
        rows = self._connection.execute(
            select(timer)
            .where(timer.c.instance_id == case_id, timer.c.state == "waiting", timer.c.kind != "overdue")
            .order_by(timer.c.due_at, timer.c.id)
        )
        return [self._timer(row) for row in rows]

    def _timer(self, row: Row[Any]) -> Sentence:
        gaps = {"name": row.name, **_moment(row.due_at)}
        if row.kind == "retry":
            return sentence("«%(name)s» non è riuscito e sarà ritentato il %(day)s alle %(hour)s.", **gaps)
        then = self._then(row.element_id)
        if then:
            return sentence(
                "Il %(day)s alle %(hour)s scatta «%(name)s»: si passa a «%(then)s».", **gaps, then=then
            )
        return sentence("Il %(day)s alle %(hour)s scatta «%(name)s».", **gaps)

    def _then(self, element_id: str) -> str:
        """The name of what follows an element, empty where it has none to tell."""
        for model in self._program.models.values():
            if element_id in model.elements:
                targets = [flow.target for flow in model.flows if flow.source == element_id]
                return model.elements[targets[0]].name if targets and targets[0] in model.elements else ""
        return ""


def _suspension(case: Row[Any]) -> list[Sentence]:
    if case.state != "suspended":
        return []
    day = _day(case.suspended_at)
    return [
        sentence("La pratica è sospesa dal %(day)s: i tempi sono fermi finché non viene ripresa.", day=day)
    ]


def _candidates(connection: Connection, task_ids: list[str]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    rows = connection.execute(
        select(task_candidate).where(task_candidate.c.task_id.in_(task_ids)).order_by(task_candidate.c.name)
    )
    for row in rows:
        found.setdefault(row.task_id, []).append((row.kind, row.name))
    return found


def _subscriptions(connection: Connection, case_id: str) -> list[Sentence]:
    rows = connection.execute(
        select(subscription.c.kind, subscription.c.message)
        .distinct()
        .where(subscription.c.instance_id == case_id, subscription.c.state == "waiting")
        .order_by(subscription.c.kind, subscription.c.message)
    )
    return [_subscription(row.kind, row.message) for row in rows]


def _subscription(kind: str, name: str) -> Sentence:
    if kind == "signal":
        return sentence("Si attende il segnale «%(name)s».", name=name)
    if kind == "condition":
        return sentence("Si attende che sia vero: %(condition)s.", condition=name)
    return sentence("Si attende il messaggio «%(name)s».", name=name)


def _incidents(connection: Connection, case_id: str) -> list[Sentence]:
    rows = connection.execute(
        select(incident)
        .where(incident.c.instance_id == case_id, incident.c.state == "open")
        .order_by(incident.c.created_at)
    )
    return [
        sentence(
            "«%(name)s» si è fermato: %(problem)s. Deve intervenire un amministratore.",
            name=row.element_name,
            problem=row.sentence,
        )
        for row in rows
    ]


def _day(moment: datetime) -> str:
    return in_rome(moment).strftime("%d/%m/%Y")


def _moment(moment: datetime) -> dict[str, str]:
    """The day and the hour of a moment in Europe/Rome, as the gaps of a sentence."""
    return {"day": _day(moment), "hour": in_rome(moment).strftime("%H:%M")}
