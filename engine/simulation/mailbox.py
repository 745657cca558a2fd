"""The e-mails of a simulation: composed as they would be sent, kept in memory and, when there is a server, sent too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from engine.errors import Misconfigured
from engine.service_tasks import Environment, OutboxHandler, OutboxMessage


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


MailReader = Callable[[OutboxMessage, Environment], CaughtMail]
"""Composes the e-mail of an outbox message as it would be sent, and gives it without sending it."""

_READER: MailReader | None = None


def mail_reader(read: MailReader) -> MailReader:
    """Decorator: the module that sends e-mails says how a simulation reads one."""
    global _READER
    _READER = read
    return read


@dataclass
class Mailbox:
    """What was sent so far, in order; a mail delivered twice under one key is kept twice, so that a test can see it."""

    mails: list[CaughtMail] = field(default_factory=list)

    def catching(self, send: OutboxHandler) -> OutboxHandler:
        """The handler of outbox messages of kind ``mail`` that sends with `send` and keeps what went out."""

        def catch(message: OutboxMessage, environment: Environment) -> None:
            if _READER is None:
                raise Misconfigured("No module has registered how to read an e-mail (mail_reader)")
            caught = _READER(message, environment)
            if environment.settings.smtp_url:
                send(message, environment)
            self.mails.append(caught)

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
