"""Rows that documents and notifications hang on: a deployed definition, a running case, a waiting task."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection

from engine.service_tasks import InstanceRef
from engine.storage import new_id
from engine.storage.tables import definition, instance, participant, task, task_candidate

THEN = datetime(2016, 3, 14, 8, 0, tzinfo=UTC)
END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)


def open_case(
    connection: Connection,
    number: int = 12,
    *,
    scope: str = "cremasco/crema",
    title: str = "Fiorenza Inventata",
    subject: str | None = None,
) -> InstanceRef:
    """A running case of a definition that is made when it is not there yet."""
    definition_id = "patto_prova:1"
    if connection.execute(definition.select().where(definition.c.id == definition_id)).first() is None:
        connection.execute(
            definition.insert().values(
                id=definition_id,
                key="patto_prova",
                version=1,
                name="Patto di prova",
                content_hash="0" * 64,
                state="active",
                starters=[],
                called={},
                deployed_at=THEN,
                deployed_by="anna",
            )
        )
    case_id = new_id()
    connection.execute(
        instance.insert().values(
            id=case_id,
            number=number,
            definition_id=definition_id,
            definition_key="patto_prova",
            business_key=case_id,
            scope=scope,
            title=title,
            subject=subject,
            phase="bozza",
            state="active",
            revision=1,
            run_state=b"",
            started_at=THEN,
            started_by="anna",
        )
    )
    return InstanceRef(case_id, number, definition_id, "patto_prova", 1, case_id, scope, subject, title, None)


def join_case(
    connection: Connection, case: InstanceRef, user: str, role: str, *, until: datetime | None = None
) -> None:
    """A user takes part in a case; with `until` they took part once."""
    connection.execute(
        participant.insert().values(instance_id=case.id, actor_id=user, role=role, since=THEN, until=until)
    )


def open_task(
    connection: Connection,
    case: InstanceRef,
    *,
    assignee: str | None = None,
    roles: tuple[str, ...] = (),
    users: tuple[str, ...] = (),
    state: str = "open",
) -> str:
    """A task of a case, with its candidates; its identifier."""
    task_id = new_id()
    connection.execute(
        task.insert().values(
            id=task_id,
            instance_id=case.id,
            token=task_id,
            definition_id=case.definition_id,
            element_id="Task_Firma",
            name="Firma del patto",
            instructions="",
            process_id=case.definition_id,
            scope=case.scope,
            assignee=assignee,
            priority=50,
            created_at=THEN,
            due_order=END_OF_TIME,
            due_runs=False,
            state=state,
            revision=1,
            restricted=False,
        )
    )
    for kind, names in (("role", roles), ("user", users)):
        for name in names:
            connection.execute(task_candidate.insert().values(task_id=task_id, kind=kind, name=name))
    return task_id
