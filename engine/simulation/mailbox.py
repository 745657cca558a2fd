"""The e-mails of a simulation: composed, captured in memory and, with an SMTP server, also sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from engine.errors import Misconfigured
from engine.service_tasks import DeliveryContext, OutboxHandler, OutboxMessage


@dataclass(frozen=True)
class CapturedMail:
    """An e-mail that the engine would send; `at` is the virtual moment, UTC."""

    key: str
    event: str
    to: str
    to_name: str
    subject: str
    body: str
    at: datetime
    instance_id: str | None


MailReader = Callable[[OutboxMessage, DeliveryContext], CapturedMail]
"""Composes the e-mail of an outbox message and returns it without sending it."""

_READER: MailReader | None = None


def mail_reader(read: MailReader) -> MailReader:
    """Decorator: register the function that reads an e-mail from its outbox message."""
    global _READER
    _READER = read
    return read


@dataclass
class Mailbox:
    """The captured e-mails in order; one that is delivered twice under the same key is there twice."""

    mails: list[CapturedMail] = field(default_factory=list)

    def capturing(self, send: OutboxHandler) -> OutboxHandler:
        """A handler of outbox messages of kind ``mail`` that captures the e-mail; it sends it if there is a server."""

        def capture(message: OutboxMessage, environment: DeliveryContext) -> None:
            if _READER is None:
                raise Misconfigured("MAIL_READER_NOT_REGISTERED")
            captured = _READER(message, environment)
            if environment.settings.smtp_url:
                send(message, environment)
            self.mails.append(captured)

        return capture

    def find(self, *, event: str = "", to: str = "", instance_id: str = "") -> tuple[CapturedMail, ...]:
        """The mails of an event, to an address (or the user name before the ``@``), about an instance."""
        return tuple(
            one
            for one in self.mails
            if (not event or one.event == event)
            and (not to or to.lower() in (one.to.lower(), one.to.lower().partition("@")[0]))
            and (not instance_id or one.instance_id == instance_id)
        )
