"""Opens incidents: the one place that makes rows of `incident`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, update

from engine.access import SYSTEM
from engine.errors import EngineError
from engine.localization import Message, message, storable_parameters
from engine.storage.event_log import LogEntry, append_event
from engine.storage.tables import incident, instance
from engine.storage.types import new_id


def describe_problem(problem: Exception) -> str:
    """Why something failed, as a sentence: the message of an engine error, else type and text of the exception."""
    if isinstance(problem, EngineError):
        return problem.message
    return f"{type(problem).__name__}: {problem}"


def incident_row(
    *,
    kind: str,
    element_id: str,
    element_name: str,
    sentence: str,
    attempts: int,
    now: datetime,
    instance_id: str | None,
    token: str | None = None,
    source_kind: str | None = None,
    source_id: str | None = None,
) -> dict[str, Any]:
    """The row of an incident that opens now.

    `token` is the token that stopped, for a failed step. Otherwise `source_kind` (timer, scheduled_start, outbox) and
    `source_id` name the row that failed. Of a `sentence` that is a `Message` also the code and the parameters are
    stored, so that it can be shown in another language.
    """
    code, parameters = None, None
    if isinstance(sentence, Message):
        code, parameters = sentence.code, storable_parameters(sentence)
    return {
        "id": new_id(),
        "instance_id": instance_id,
        "token": token,
        "source_kind": source_kind,
        "source_id": source_id,
        "kind": kind,
        "element_id": element_id,
        "element_name": element_name,
        "sentence": str(sentence),
        "message_code": code,
        "message_parameters": parameters,
        "attempts": attempts,
        "state": "open",
        "created_at": now,
    }


def open_incident(
    connection: Connection,
    *,
    kind: str,
    element_id: str,
    element_name: str,
    sentence: str,
    attempts: int,
    now: datetime,
    instance_id: str | None,
    source_kind: str,
    source_id: str,
    definition_id: str | None = None,
    logged_element: tuple[str, str] | None = None,
    log_data: Mapping[str, Any],
) -> None:
    """Open an incident for a timer, a scheduled start or an outbox message that failed, and log it.

    The caller has locked the row that failed; the count of the instance's open incidents goes up by one. The log
    entry has `log_data` and, where given, the id and the name of `logged_element`.
    """
    row = incident_row(
        kind=kind,
        element_id=element_id,
        element_name=element_name,
        sentence=sentence,
        attempts=attempts,
        now=now,
        instance_id=instance_id,
        source_kind=source_kind,
        source_id=source_id,
    )
    connection.execute(insert(incident).values(row))
    logged_id, logged_name = logged_element or (None, None)
    append_event(
        connection,
        LogEntry(
            "incident.opened",
            now,
            SYSTEM.id,
            instance_id=instance_id,
            element_id=logged_id,
            element_name=logged_name,
            definition_id=definition_id,
            data={"kind": kind, **log_data},
        ),
    )
    if instance_id is not None:
        connection.execute(
            update(instance).where(instance.c.id == instance_id).values(incidents=instance.c.incidents + 1)
        )


def open_timer_incident(
    connection: Connection,
    row: Any,
    sentence: str,
    problem: Exception,
    now: datetime,
    *,
    source_kind: str,
    instance_id: str | None = None,
    definition_id: str | None = None,
) -> None:
    """Open the incident of a timer or a scheduled start that was due and failed.

    `row` is its row (id, element_id, name); `sentence` says what did not happen. The caller has locked it, and the
    instance where there is one.
    """
    reason = describe_problem(problem)
    open_incident(
        connection,
        kind="timer",
        element_id=row.element_id,
        element_name=row.name,
        sentence=message("INCIDENT_OF_TIMER", sentence=sentence, problem=reason),
        attempts=1,
        now=now,
        instance_id=instance_id,
        source_kind=source_kind,
        source_id=row.id,
        definition_id=definition_id,
        logged_element=(row.element_id, row.name),
        log_data={"sentence": reason},
    )
