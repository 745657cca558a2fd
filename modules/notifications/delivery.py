"""From what happened to who is told: the outbox handlers that ring the bell and put one e-mail a person in the outbox.

Each runs after the commit and may run again: every row it writes has a key made from the key of its message, so that
nobody is told twice. Each e-mail is an outbox message of its own, retried on its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from engine.service_tasks import Environment, OutboxMessage, outbox_handler
from engine.storage import new_id
from engine.storage.sql.insert_once import insert_once
from engine.storage.tables import instance, outbox, task, task_candidate
from engine.temporal import day_in_rome, in_rome
from modules.notifications import mail, service
from modules.notifications.events import Event, Words, known, words
from modules.notifications.recipients import Recipient, holders, person_of

OVERSEERS = ("coordinatore_patti",)
"""The roles told of a late task besides those who should do it."""


@dataclass(frozen=True)
class News:
    """What is told to everyone concerned; `path` is a path inside the application."""

    event: Event
    path: str
    bell: Mapping[str, str]
    case: Case


@dataclass(frozen=True)
class Case:
    """What is needed of an instance to tell people about it."""

    id: str
    number: int
    title: str
    scope: str


@outbox_handler("mail")
def deliver_mail(message: OutboxMessage, environment: Environment) -> None:
    """Send one e-mail: payload `to, to_name, subject, body, language`. A failure is raised, to be tried again."""
    settings = environment.settings
    letter = mail.mail_from_payload(message.key, message.payload)
    mail.send(letter, smtp_url=settings.smtp_url, sender=settings.mail_from, now=environment.clock.now())


@outbox_handler("task.assigned")
def tell_task_holders(message: OutboxMessage, environment: Environment) -> None:
    """Tell those who may do a task, if it is still open; payload `task_id`, and `event` when it is another one.

    Whoever caused it (`by`) is not told.
    """
    _tell_about_task(message, environment, str(message.payload.get("event") or "compito_assegnato"))


@outbox_handler("task.overdue")
def tell_of_delay(message: OutboxMessage, environment: Environment) -> None:
    """Tell of a late task its holders and whoever oversees them, if it is still open; payload `task_id`, and `roles`.

    Without `roles` those of `OVERSEERS` are told.
    """
    _tell_about_task(
        message, environment, "compito_in_ritardo", tuple(message.payload.get("roles") or OVERSEERS)
    )


@outbox_handler("notify")
def tell_roles_and_users(message: OutboxMessage, environment: Environment) -> None:
    """Tell `users`, the holders of `roles` and, when `person` is true, the person of the case.

    The payload has `event` and `instance_id`, and `task` and `due` for the bell. With neither users nor roles nor
    person, all who take part in the case are told.
    """
    payload = message.payload
    event = known(str(payload["event"]), "notify")
    with environment.database.begin() as work:
        telling = _Telling(work.connection, environment, message)
        case = telling.case(str(payload["instance_id"]))
        news = News(event, f"/pratiche/{case.id}", _bell(case, payload.get("task"), payload.get("due")), case)
        person = bool(payload.get("person"))
        roles, users = tuple(payload.get("roles") or ()), tuple(payload.get("users") or ())
        if roles or users or not person:
            telling.tell(news, telling.holders(case, case.scope, roles, users))
        if person:
            telling.write_to_person(news)


@outbox_handler("deadline.moved")
def tell_of_moved_deadline(message: OutboxMessage, environment: Environment) -> None:
    """Tell a `user` that a deadline (`label`) of so many `cases` has moved; `instance_id` is one of them."""
    payload = message.payload
    event = known("scadenza_spostata", message.kind)
    with environment.database.begin() as work:
        telling = _Telling(work.connection, environment, message)
        case = telling.case(str(payload["instance_id"]))
        many = int(payload["cases"])
        path = f"/pratiche/{case.id}" if many == 1 else "/compiti"
        bell = _bell(case, payload["label"], payload.get("due"))
        if many > 1:
            bell["pratica"] = f"{many} pratiche"
        told = telling.holders(case, case.scope, (), (str(payload["user"]),))
        telling.tell(News(event, path, bell, case), told)


def _tell_about_task(
    message: OutboxMessage, environment: Environment, event_id: str, overseers: tuple[str, ...] = ()
) -> None:
    payload = message.payload
    event = known(event_id, message.kind)
    with environment.database.begin() as work:
        connection = work.connection
        found = connection.execute(select(task).where(task.c.id == str(payload["task_id"]))).one_or_none()
        if found is None or found.state != "open":
            return
        users: tuple[str, ...] = (found.assignee,) if found.assignee else ()
        roles: tuple[str, ...] = ()
        if not users:
            query = select(task_candidate).where(task_candidate.c.task_id == found.id)
            candidates = connection.execute(query).all()
            roles = tuple(row.name for row in candidates if row.kind == "role")
            users = tuple(row.name for row in candidates if row.kind == "user")
        roles += overseers
        telling = _Telling(connection, environment, message)
        case = telling.case(found.instance_id)
        news = News(event, f"/compiti/{found.id}", _bell(case, found.name, found.due_at), case)
        if roles or users:
            told = telling.holders(case, found.scope, roles, users)
            telling.tell(news, [recipient for recipient in told if recipient.user_id != payload.get("by")])


@dataclass(frozen=True)
class _Telling:
    """One message being expanded, inside one transaction."""

    connection: Connection
    environment: Environment
    message: OutboxMessage

    @property
    def now(self) -> datetime:
        return self.environment.clock.now()

    def case(self, instance_id: str) -> Case:
        columns = (instance.c.id, instance.c.number, instance.c.title, instance.c.scope)
        row = self.connection.execute(select(*columns).where(instance.c.id == instance_id)).one()
        return Case(row.id, row.number, row.title, row.scope)

    def holders(
        self, case: Case, scope: str, roles: Sequence[str], users: Sequence[str]
    ) -> tuple[Recipient, ...]:
        today = day_in_rome(self.now)
        return holders(
            self.connection, roles=roles, users=users, scope=scope, instance_id=case.id, today=today
        )

    def tell(self, news: News, told: Sequence[Recipient]) -> None:
        for recipient in told:
            language = self._language(recipient)
            link = self.environment.settings.public_url.rstrip("/") + news.path
            text = words(news.event, language, mail={"nome": recipient.name, "link": link}, bell=news.bell)
            is_new = service.tell(
                self.connection,
                recipient.user_id,
                event=news.event.id,
                title=text.notice,
                link=news.path,
                key=self.message.key,
                now=self.now,
                instance_id=news.case.id,
            )
            if is_new and recipient.email:
                self._post(recipient, language, text, news)

    def write_to_person(self, news: News) -> None:
        person = person_of(self.connection, news.case.id)
        if person is not None:
            language = self._language(person)
            text = words(news.event, language, mail={"nome": person.name}, bell={}, person=True)
            self._post(person, language, text, news)

    def _language(self, recipient: Recipient) -> str:
        return recipient.language or str(self.environment.settings.default_language)

    def _post(self, recipient: Recipient, language: str, text: Words, news: News) -> None:
        payload = {
            "to": recipient.email,
            "to_name": recipient.name,
            "language": language,
            "event": news.event.id,
            "subject": text.subject,
            "body": text.body,
        }
        message = {
            "id": new_id(),
            "kind": "mail",
            "key": f"{self.message.key}:mail:{recipient.user_id}",
            "instance_id": news.case.id,
            "payload": payload,
            "state": "waiting",
            "due_at": self.now,
            "attempts": 0,
            "created_at": self.now,
        }
        insert_once(self.connection, outbox, message)


def _bell(case: Case, task_name: Any, due: Any) -> dict[str, str]:
    when = f"{in_rome(due):%d/%m/%Y}" if isinstance(due, datetime) else str(due or "")
    return {
        "compito": str(task_name or ""),
        "pratica": f"n. {case.number} {case.title}".strip(),
        "termine": when,
    }
