"""How a simulation reads an e-mail that would be sent."""

from __future__ import annotations

from engine.service_tasks import Environment, OutboxMessage
from engine.simulation.mailbox import CaughtMail, mail_reader
from modules.notifications import mail


@mail_reader
def read_mail(message: OutboxMessage, environment: Environment) -> CaughtMail:
    """Compose the e-mail with all its checks, and give what it says. Raises what composing raises."""
    letter = mail.mail_from_payload(message.key, message.payload)
    now = environment.clock.now()
    mail.compose(letter, environment.settings.mail_from, now)
    return CaughtMail(
        letter.key,
        str(message.payload.get("event") or ""),
        letter.to,
        letter.to_name,
        letter.subject,
        letter.body,
        now,
        message.instance_id,
    )
