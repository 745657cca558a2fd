"""From what happened to who is told: the outbox handlers that ring the bell and put one e-mail a person in the outbox.

Each runs after the commit and may run again: every row it writes has a key made from the key of its message, so that
nobody is told twice. Each e-mail is an outbox message of its own, retried on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.calendar import in_rome
from engine.operations.notifications import mail, service
from engine.operations.notifications.events import Event, known, words
from engine.operations.notifications.recipients import Recipient, holders, person_of
from engine.operations.registry import Environment, OutboxMessage, outbox_handler
from engine.storage import new_id
from engine.storage.tables import instance, outbox, task, task_candidate


@dataclass(frozen=True)
class News:
    """What is told to everyone concerned; `path` is a path inside the application."""

    event: Event
    path: str
    bell: Mapping[str, str]
    instance_id: str | None


@outbox_handler("mail")
def deliver_mail(message: OutboxMessage, environment: Environment) -> None:
    """Send one e-mail: payload `to, to_name, subject, body, language`. A failure is raised, so that it is tried again."""
    settings = environment.settings
    letter = mail.mail_from_payload(message.key, message.payload)
    mail.send(letter, smtp_url=settings.smtp_url, sender=settings.mail_from, now=environment.clock.now())


@outbox_handler("task.assigned")
def tell_task_holders(message: OutboxMessage, environment: Environment) -> None:
    """Tell those who may do a task, if it is still open: payload `task_id`, and `event` when it is another one."""
    _tell_about_task(message, environment, str(message.payload.get("event") or "compito_assegnato"))


@outbox_handler("task.overdue")
def tell_of_delay(message: OutboxMessage, environment: Environment) -> None:
    """Tell of a late task its holders and the `roles` of the payload, if it is still open."""
    _tell_about_task(message, environment, "compito_in_ritardo")


@outbox_handler("notify")
def tell_roles_and_users(message: OutboxMessage, environment: Environment) -> None:
    """Tell `users`, the holders of `roles`, and the person of the case when `person` is true; payload `event, instance_id`.

    With neither users nor roles nor person, all who take part in the case are told. `task` and `due` fill the bell.
    """
    payload = message.payload
    event = known(str(payload["event"]), "notify")
    with environment.database.begin() as work:
        connection = work.connection
        case = _case(connection, str(payload["instance_id"]))
        news = News(event, f"/pratiche/{case.id}", _bell(case, payload.get("task"), payload.get("due")), case.id)
        person = bool(payload.get("person"))
        roles, users = tuple(payload.get("roles") or ()), tuple(payload.get("users") or ())
        if roles or users or not person:
            told = holders(connection, roles=roles, users=users, scope=case.scope, instance_id=case.id)
            _tell(connection, environment, message, news, told)
        addressee = person_of(connection, case.subject) if person else None
        if addressee is not None:
            _write_to_person(connection, environment, message, news, addressee)


def _tell_about_task(message: OutboxMessage, environment: Environment, event_id: str) -> None:
    payload = message.payload
    event = known(event_id, message.kind)
    with environment.database.begin() as work:
        connection = work.connection
        found = connection.execute(select(task).where(task.c.id == str(payload["task_id"]))).one_or_none()
        if found is None or found.state != "open":
            return
        case = _case(connection, found.instance_id)
        users: Sequence[str] = (found.assignee,) if found.assignee else ()
        roles: Sequence[str] = ()
        if not users:
            candidates = connection.execute(select(task_candidate).where(task_candidate.c.task_id == found.id)).all()
            roles = tuple(row.name for row in candidates if row.kind == "role")
            users = tuple(row.name for row in candidates if row.kind == "user")
        if roles or users:
            told = list(holders(connection, roles=roles, users=users, scope=found.scope, instance_id=case.id))
            if payload.get("roles"):
                told += holders(
                    connection, roles=tuple(payload["roles"]), users=(), scope=found.scope, instance_id=case.id
                )
            news = News(event, f"/compiti/{found.id}", _bell(case, found.name, found.due_at), case.id)
            _tell(connection, environment, message, news, told)


def _tell(
    connection: Connection, environment: Environment, message: OutboxMessage, news: News, told: Sequence[Recipient]
) -> None:
    now = environment.clock.now()
    for recipient in {person.user_id: person for person in told}.values():
        language = recipient.language or environment.settings.default_language
        link = environment.settings.public_url.rstrip("/") + news.path
        text = words(news.event, language, mail={"nome": recipient.name, "link": link}, bell=news.bell)
        is_new = service.tell(
            connection,
            recipient.user_id,
            event=news.event.id,
            title=text.notice,
            link=news.path,
            key=message.key,
            now=now,
            instance_id=news.instance_id,
        )
        if is_new and recipient.email:
            payload = _letter(recipient, language, news.event, text.subject, text.body)
            _post(connection, f"{message.key}:mail:{recipient.user_id}", payload, news.instance_id, now)


def _write_to_person(
    connection: Connection, environment: Environment, message: OutboxMessage, news: News, person: Recipient
) -> None:
    language = person.language or environment.settings.default_language
    text = words(news.event, language, mail={"nome": person.name}, bell={}, person=True)
    payload = _letter(person, language, news.event, text.subject, text.body)
    now = environment.clock.now()
    _post(connection, f"{message.key}:mail:{person.user_id}", payload, news.instance_id, now)


def _letter(recipient: Recipient, language: str, event: Event, subject: str, body: str) -> dict[str, Any]:
    return {
        "to": recipient.email,
        "to_name": recipient.name,
        "language": language,
        "event": event.id,
        "subject": subject,
        "body": body,
    }


def _post(
    connection: Connection, key: str, payload: Mapping[str, Any], instance_id: str | None, now: datetime
) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    row = dialect.insert(outbox).values(
        id=new_id(),
        kind="mail",
        key=key,
        instance_id=instance_id,
        payload=payload,
        state="waiting",
        due_at=now,
        attempts=0,
        created_at=now,
    )
    connection.execute(row.on_conflict_do_nothing(index_elements=["key"]))


def _case(connection: Connection, instance_id: str) -> Row[Any]:
    columns = (instance.c.id, instance.c.number, instance.c.title, instance.c.scope, instance.c.subject)
    return connection.execute(select(*columns).where(instance.c.id == instance_id)).one()


def _bell(case: Row[Any], task_name: Any, due: Any) -> dict[str, str]:
    moment = datetime.fromisoformat(due) if isinstance(due, str) and "T" in due else due
    when = f"{in_rome(moment):%d/%m/%Y}" if isinstance(moment, datetime) else str(due or "")
    return {"compito": str(task_name or ""), "pratica": f"n. {case.number} {case.title}".strip(), "termine": when}
