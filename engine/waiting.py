"""Why a case stands still, in sentences: who is awaited for what, until when, and what happens then.

The sentences are Italian and remember their gaps, so that a page can show them in another language.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from engine.calendar import in_rome
from engine.forms.sentences import Sentence, sentence
from engine.operations.people import accounts
from engine.permissions import PermissionMatrix
from engine.storage.tables import incident, subscription, task, task_candidate, timer


def sentences(
    connection: Connection, case: Row[Any], permissions: PermissionMatrix, now: datetime, language: str = "it"
) -> tuple[Sentence, ...]:
    """What the case of this row of `instance` waits for. `language` is that of the names of roles."""
    if case.state == "completed":
        return (sentence("La pratica è conclusa dal %(day)s.", day=_day(case.ended_at)),)
    if case.state == "cancelled":
        return (sentence("La pratica è annullata dal %(day)s.", day=_day(case.ended_at)),)
    found = [
        *_suspension(case),
        *_tasks(connection, case.id, permissions, now, language),
        *_timers(connection, case.id),
    ]
    if not found:
        found += _messages(connection, case.id)
    return (*found, *_incidents(connection, case.id))


def _suspension(case: Row[Any]) -> list[Sentence]:
    if case.state != "suspended":
        return []
    text = "La pratica è sospesa dal %(day)s: i tempi sono fermi finché non viene ripresa."
    return [Sentence(text, {"day": _day(case.suspended_at)})]


def _tasks(
    connection: Connection, case_id: str, permissions: PermissionMatrix, now: datetime, language: str
) -> list[Sentence]:
    open_tasks = connection.execute(
        select(task)
        .where(task.c.instance_id == case_id, task.c.state.in_(("open", "suspended")))
        .order_by(task.c.due_order, task.c.id)
    ).all()
    candidates = _candidates(connection, [row.id for row in open_tasks])
    users = {row.assignee for row in open_tasks if row.assignee}
    users |= {name for offered in candidates.values() for kind, name in offered if kind == "user"}
    names = accounts.names(connection, users)
    return [_task(row, candidates.get(row.id, []), names, permissions, now, language) for row in open_tasks]


def _candidates(connection: Connection, task_ids: list[str]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    rows = connection.execute(
        select(task_candidate).where(task_candidate.c.task_id.in_(task_ids)).order_by(task_candidate.c.name)
    )
    for row in rows:
        found.setdefault(row.task_id, []).append((row.kind, row.name))
    return found


def _task(
    row: Row[Any],
    offered: list[tuple[str, str]],
    names: Mapping[str, str],
    permissions: PermissionMatrix,
    now: datetime,
    language: str,
) -> Sentence:
    labels = [
        permissions.labels([name], language)[0] if kind == "role" else names.get(name, name)
        for kind, name in offered
    ]
    if row.assignee:
        gaps = {"who": names.get(row.assignee, row.assignee), "task": row.name}
        plain = sentence("Si attende %(who)s per «%(task)s».", **gaps)
        late = "Si attende %(who)s per «%(task)s», in ritardo dal %(day)s."
        timely = "Si attende %(who)s per «%(task)s», entro il %(day)s."
    else:
        gaps = {"who": (" or " if language == "en" else " o ").join(labels), "task": row.name}
        plain = sentence("Si attende che %(who)s prenda in carico il compito per «%(task)s».", **gaps)
        late = "Si attende che %(who)s prenda in carico il compito per «%(task)s», in ritardo dal %(day)s."
        timely = "Si attende che %(who)s prenda in carico il compito per «%(task)s», entro il %(day)s."
    if row.due_at is None:
        return plain
    return Sentence(late if row.due_at < now else timely, {**gaps, "day": _day(row.due_at)})


def _timers(connection: Connection, case_id: str) -> list[Sentence]:
    rows = connection.execute(
        select(timer)
        .where(timer.c.instance_id == case_id, timer.c.state == "waiting", timer.c.kind != "overdue")
        .order_by(timer.c.due_at)
    )
    found = []
    for row in rows:
        gaps = {"name": row.name, "when": _moment(row.due_at)}
        if row.kind == "retry":
            found.append(sentence("«%(name)s» non è riuscito e sarà ritentato il %(when)s.", **gaps))
        else:
            found.append(sentence("Il %(when)s scatta «%(name)s».", **gaps))
    return found


def _messages(connection: Connection, case_id: str) -> list[Sentence]:
    names = connection.execute(
        select(subscription.c.message)
        .distinct()
        .where(subscription.c.instance_id == case_id, subscription.c.state == "waiting")
        .order_by(subscription.c.message)
    ).scalars()
    return [sentence("Si attende il messaggio «%(name)s».", name=name) for name in names]


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


def _moment(moment: datetime) -> str:
    return in_rome(moment).strftime("%d/%m/%Y alle %H:%M")
