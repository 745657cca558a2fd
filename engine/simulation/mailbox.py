"""The e-mails of a simulation: composed as they would travel, kept in memory and, when there is a server, sent too."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from engine.operations import Environment, OutboxMessage
from engine.operations.notifications import mail
from engine.operations.registry import OutboxHandler


@dataclass(frozen=True)
class CaughtMail:
    """An e-mail that left the engine; `at` is the virtual moment, UTC."""

    key: str
    event: str
    to: str
    to_name: str
    subject: str
    body: str
    at: datetime
    instance_id: str | None


@dataclass
class Mailbox:
    """What was sent so far, in order; a mail delivered twice under one key is kept twice, so that a test can see it."""

    mails: list[CaughtMail] = field(default_factory=list)

    def catching(self, send: OutboxHandler) -> OutboxHandler:
        """The handler of outbox messages of kind ``mail`` that sends with `send` and keeps what went out."""

        def catch(message: OutboxMessage, environment: Environment) -> None:
            letter = mail.mail_from_payload(message.key, message.payload)
            now = environment.clock.now()
            mail.compose(letter, environment.settings.mail_from, now)
            if environment.settings.smtp_url:
                send(message, environment)
            self.mails.append(
                CaughtMail(
                    letter.key,
                    str(message.payload.get("event") or ""),
                    letter.to,
                    letter.to_name,
                    letter.subject,
                    letter.body,
                    now,
                    message.instance_id,
                )
            )

        return catch

    def find(self, *, event: str = "", to: str = "", instance_id: str = "") -> tuple[CaughtMail, ...]:
        """The mails of an event, to an address (or the user name before the ``@``), about a case."""
        return tuple(
            one
            for one in self.mails
            if (not event or one.event == event)
            and (not to or to.lower() in (one.to.lower(), one.to.lower().partition("@")[0]))
            and (not instance_id or one.instance_id == instance_id)
        )
