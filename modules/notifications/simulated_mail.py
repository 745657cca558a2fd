"""Registers how a simulation captures an e-mail instead of sending it."""

from __future__ import annotations

from engine.service_tasks import DeliveryContext, OutboxMessage
from engine.simulation.mailbox import CapturedMail, mail_reader
from modules.notifications import mail


@mail_reader
def read_mail(message: OutboxMessage, environment: DeliveryContext) -> CapturedMail:
    """Compose and check the e-mail as `mail.send` does, and return its content."""
    letter = mail.mail_from_payload(message.key, message.payload)
    now = environment.clock.now()
    mail.compose(letter, environment.settings.mail_from, now)
    return CapturedMail(
        letter.key,
        str(message.payload.get("event") or ""),
        letter.to,
        letter.to_name,
        letter.subject,
        letter.body,
        now,
        message.instance_id,
    )
