"""The outbox handlers of notifications: each adds notices to the bell and enqueues one e-mail per recipient.

A handler runs after the commit and can run again: every row it writes has a key made from the key of its message, so
that nobody is notified twice. Each e-mail is an outbox message of its own, with its own retries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from engine.service_tasks import DeliveryContext, OutboxMessage, outbox_handler
from engine.storage import new_id
from engine.storage.sql.insert_once import insert_once
from engine.storage.tables import instance, outbox, task, task_candidate
from engine.temporal import day_in_rome, in_rome
from modules.notifications import mail, service
from modules.notifications.events import Event, NotificationText, find_event, render_text
from modules.notifications.recipients import Recipient, person_of, users_to_notify

OVERSEERS = ("coordinatore_patti",)
"""The roles notified of a late task besides those who should do it."""
ESCALATION = ("amministratore",)
"""The roles notified of a task that is still late after `Settings.overdue_escalation_days`."""


@dataclass(frozen=True)
class Notification:
    """What the recipients are notified of; `path` is a path inside the application."""

    event: Event
    path: str
    bell: Mapping[str, str]
    instance: InstanceSummary


@dataclass(frozen=True)
class InstanceSummary:
    """The fields of an instance that notifications use."""

    id: str
    number: int
    title: str
    scope: str


@outbox_handler("mail")
def deliver_mail(message: OutboxMessage, environment: DeliveryContext) -> None:
    """Send one e-mail: payload `to, to_name, subject, body, language`. A failure is raised, to be tried again."""
    settings = environment.settings
    letter = mail.mail_from_payload(message.key, message.payload)
    mail.send(letter, smtp_url=settings.smtp_url, sender=settings.mail_from, now=environment.clock.now())


@outbox_handler("task.assigned")
def notify_task_assigned(message: OutboxMessage, environment: DeliveryContext) -> None:
    """Notify the assignee or the candidates of a task, if it is still open.

    Payload: `task_id`, `event` when it is not `compito_assegnato`, and `by`, the user who caused it and is not
    notified.
    """
    _notify_of_task(message, environment, str(message.payload.get("event") or "compito_assegnato"))


@outbox_handler("task.overdue")
def notify_task_overdue(message: OutboxMessage, environment: DeliveryContext) -> None:
    """Notify the assignee or the candidates of a late task, and its overseers, if it is still open.

    Payload: `task_id`, and `escalated` when the roles of `ESCALATION` are notified instead of `OVERSEERS`. Messages of
    earlier versions name the `roles`.
    """
    payload = message.payload
    overseers = ESCALATION if payload.get("escalated") else OVERSEERS
    _notify_of_task(message, environment, "compito_in_ritardo", tuple(payload.get("roles") or overseers))


@outbox_handler("notify")
def notify_roles_and_users(message: OutboxMessage, environment: DeliveryContext) -> None:
    """Notify `users`, the holders of `roles` and, when `person` is true, the person of the instance.

    The payload has `event` and `instance_id`, and `task` and `due` for the bell. With neither users nor roles nor
    person, all participants of the instance are notified.
    """
    payload = message.payload
    event = find_event(str(payload["event"]), "notify")
    with environment.database.begin() as work:
        notifier = _Notifier(work.connection, environment, message)
        about = notifier.instance(str(payload["instance_id"]))
        bell = _bell_values(about, payload.get("task"), payload.get("due"))
        notification = Notification(event, f"/pratiche/{about.id}", bell, about)
        person = bool(payload.get("person"))
        roles, users = tuple(payload.get("roles") or ()), tuple(payload.get("users") or ())
        if roles or users or not person:
            notifier.notify(notification, notifier.recipients(about, about.scope, roles, users))
        if person:
            notifier.notify_person(notification)


@outbox_handler("deadline.moved")
def notify_deadline_moved(message: OutboxMessage, environment: DeliveryContext) -> None:
    """Notify a `user` that a deadline (`label`) has moved in `cases` instances; `instance_id` is one of them."""
    payload = message.payload
    event = find_event("scadenza_spostata", message.kind)
    with environment.database.begin() as work:
        notifier = _Notifier(work.connection, environment, message)
        about = notifier.instance(str(payload["instance_id"]))
        count = int(payload["cases"])
        path = f"/pratiche/{about.id}" if count == 1 else "/compiti"
        bell = _bell_values(about, payload["label"], payload.get("due"))
        if count > 1:
            bell["pratica"] = f"{count} pratiche"
        recipients = notifier.recipients(about, about.scope, (), (str(payload["user"]),))
        notifier.notify(Notification(event, path, bell, about), recipients)


def _notify_of_task(
    message: OutboxMessage, environment: DeliveryContext, event_id: str, overseers: tuple[str, ...] = ()
) -> None:
    payload = message.payload
    event = find_event(event_id, message.kind)
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
        notifier = _Notifier(connection, environment, message)
        about = notifier.instance(found.instance_id)
        bell = _bell_values(about, found.name, found.due_at)
        notification = Notification(event, f"/compiti/{found.id}", bell, about)
        if roles or users:
            recipients = notifier.recipients(about, found.scope, roles, users)
            notifier.notify(notification, [one for one in recipients if one.user_id != payload.get("by")])


@dataclass(frozen=True)
class _Notifier:
    """Writes the notices and e-mails of one outbox message in one transaction."""

    connection: Connection
    environment: DeliveryContext
    message: OutboxMessage

    @property
    def now(self) -> datetime:
        return self.environment.clock.now()

    def instance(self, instance_id: str) -> InstanceSummary:
        columns = (instance.c.id, instance.c.number, instance.c.title, instance.c.scope)
        row = self.connection.execute(select(*columns).where(instance.c.id == instance_id)).one()
        return InstanceSummary(row.id, row.number, row.title, row.scope)

    def recipients(
        self, about: InstanceSummary, scope: str, roles: Sequence[str], users: Sequence[str]
    ) -> tuple[Recipient, ...]:
        today = day_in_rome(self.now)
        return users_to_notify(
            self.connection, roles=roles, users=users, scope=scope, instance_id=about.id, today=today
        )

    def notify(self, notification: Notification, recipients: Sequence[Recipient]) -> None:
        event = notification.event
        for recipient in recipients:
            language = self._language(recipient)
            link = self.environment.settings.public_url.rstrip("/") + notification.path
            mail_values = {"nome": recipient.name, "link": link}
            text = render_text(event, language, mail=mail_values, bell=notification.bell)
            is_new = service.add_notice(
                self.connection,
                recipient.user_id,
                event=event.id,
                title=text.notice,
                link=notification.path,
                key=self.message.key,
                now=self.now,
                instance_id=notification.instance.id,
            )
            if is_new and recipient.email:
                self._enqueue_mail(recipient, language, text, notification)

    def notify_person(self, notification: Notification) -> None:
        person = person_of(self.connection, notification.instance.id)
        if person is not None:
            language = self._language(person)
            mail_values = {"nome": person.name}
            text = render_text(notification.event, language, mail=mail_values, bell={}, person=True)
            self._enqueue_mail(person, language, text, notification)

    def _language(self, recipient: Recipient) -> str:
        return recipient.language or str(self.environment.settings.default_language)

    def _enqueue_mail(
        self, recipient: Recipient, language: str, text: NotificationText, notification: Notification
    ) -> None:
        payload = {
            "to": recipient.email,
            "to_name": recipient.name,
            "language": language,
            "event": notification.event.id,
            "subject": text.subject,
            "body": text.body,
        }
        message = {
            "id": new_id(),
            "kind": "mail",
            "key": f"{self.message.key}:mail:{recipient.user_id}",
            "instance_id": notification.instance.id,
            "payload": payload,
            "state": "waiting",
            "due_at": self.now,
            "attempts": 0,
            "created_at": self.now,
        }
        insert_once(self.connection, outbox, message)


def _bell_values(about: InstanceSummary, task_name: Any, due: Any) -> dict[str, str]:
    when = f"{in_rome(due):%d/%m/%Y}" if isinstance(due, datetime) else str(due or "")
    return {
        "compito": str(task_name or ""),
        "pratica": f"n. {about.number} {about.title}".strip(),
        "termine": when,
    }
