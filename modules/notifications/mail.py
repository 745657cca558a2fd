"""Composes an e-mail and sends it through an SMTP server.

A failure is an ExecutionFailed; its sentence never contains the password.
"""

from __future__ import annotations

import hashlib
import logging
import re
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import parse_qs, unquote, urlsplit

from engine.errors import ExecutionFailed, Misconfigured

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 20

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_LOCAL_PART = re.compile(r"[^\s@<>(),:;\"\\\[\]]{1,64}")
_DOMAIN = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*", re.ASCII)


@dataclass(frozen=True)
class Mail:
    """An e-mail to send. `key` is the idempotency key: the same key always gives the same Message-ID."""

    key: str
    to: str
    to_name: str
    subject: str
    body: str
    language: str = "it"


@dataclass(frozen=True)
class MailServer:
    """The address of an SMTP server: ``smtp://user:password@host:587?starttls=1`` or ``smtps://…:465``.

    Without TLS a password is sent only to a server on the same machine. `timeout` in seconds.
    """

    host: str
    port: int
    user: str = ""
    password: str = ""
    implicit_tls: bool = False
    starttls: bool = False
    timeout: int = TIMEOUT_SECONDS

    def __repr__(self) -> str:
        return f"{self.host}:{self.port}"

    @classmethod
    def from_url(cls, url: str) -> MailServer:
        """Parse the setting `smtp_url`. Raises Misconfigured, without the password, when it is invalid."""
        try:
            parts = urlsplit(url)
            options = parse_qs(parts.query, strict_parsing=bool(parts.query))
            unknown = set(options) - {"starttls", "timeout"}
            timeout = int(options.get("timeout", [str(TIMEOUT_SECONDS)])[0])
            if (
                parts.scheme not in ("smtp", "smtps")
                or not parts.hostname
                or unknown
                or not 1 <= timeout <= 300
            ):
                raise ValueError
            server = cls(
                parts.hostname,
                parts.port or (465 if parts.scheme == "smtps" else 587),
                unquote(parts.username or ""),
                unquote(parts.password or ""),
                parts.scheme == "smtps",
                options.get("starttls", ["0"])[0] in ("1", "true", "yes"),
                timeout,
            )
        except ValueError:
            raise Misconfigured("SMTP_URL_INVALID") from None
        if server.password and not (server.implicit_tls or server.starttls or server.is_this_machine):
            raise Misconfigured("SMTP_URL_NOT_ENCRYPTED")
        return server

    @property
    def is_this_machine(self) -> bool:
        """Whether the server runs on the same machine."""
        with suppress(ValueError):
            return ip_address(self.host).is_loopback
        return self.host == "localhost"

    def send(self, message: EmailMessage) -> None:
        """Send one message. ExecutionFailed: MAIL_UNREACHABLE, MAIL_DEFERRED (4xx) or MAIL_REFUSED (5xx)."""
        try:
            with self._connect() as connection:
                connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as problem:
            status, answer = next(iter(problem.recipients.values()))
            raise self._refused(status, answer) from problem
        except smtplib.SMTPAuthenticationError as problem:
            raise ExecutionFailed("MAIL_LOGIN_REFUSED", code="MAIL_REFUSED", server=str(self)) from problem
        except smtplib.SMTPResponseException as problem:
            raise self._refused(problem.smtp_code, problem.smtp_error) from problem
        except (smtplib.SMTPException, OSError) as problem:
            raise ExecutionFailed(
                "MAIL_UNREACHABLE", server=str(self), kind=type(problem).__name__, problem=str(problem)
            ) from problem

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context() if self.implicit_tls or self.starttls else None
        connection: smtplib.SMTP
        if self.implicit_tls:
            connection = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)
        else:
            connection = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            if self.starttls:
                connection.starttls(context=context)
            if self.user:
                connection.login(self.user, self.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _refused(self, status: int, answer: bytes | str) -> ExecutionFailed:
        text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
        return ExecutionFailed(
            "MAIL_NOT_ACCEPTED",
            code="MAIL_DEFERRED" if 400 <= status < 500 else "MAIL_REFUSED",
            server=str(self),
            status=status,
            answer=_one_line(text)[:200],
        )


def compose(mail: Mail, sender: str, now: datetime) -> EmailMessage:
    """The message to send. Line breaks in names and subjects become spaces; ExecutionFailed for a bad address."""
    message = EmailMessage(policy=policy.SMTP.clone(raise_on_defect=False))
    origin = _address(sender, "Patti gener-attivi")
    message["From"] = origin
    message["To"] = _address(mail.to, mail.to_name)
    message["Subject"] = _one_line(mail.subject)
    message["Date"] = now
    digest = hashlib.sha256(mail.key.encode()).hexdigest()[:40]
    message["Message-ID"] = f"<{digest}@{origin.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(
        mail.body.replace("\r\n", "\n").replace("\r", "\n"), charset="utf-8", cte="quoted-printable"
    )
    message["Content-Language"] = _one_line(mail.language)
    return message


def send(mail: Mail, *, smtp_url: str, sender: str, now: datetime) -> None:
    """Compose and send; without a server (`smtp_url` empty) the message is only logged."""
    message = compose(mail, sender, now)
    if not smtp_url:
        logger.info(
            "Nessun server di posta configurato: il messaggio %s resta nel registro", message["Message-ID"]
        )
        return
    MailServer.from_url(smtp_url).send(message)


def mail_from_payload(key: str, payload: Mapping[str, object]) -> Mail:
    """The mail of an outbox message of kind ``mail``."""
    text = {name: str(payload.get(name) or "") for name in ("to", "to_name", "subject", "body", "language")}
    return Mail(key, text["to"], text["to_name"], text["subject"], text["body"], text["language"] or "it")


def _address(address: str, name: str) -> Address:
    local, separator, domain = address.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        domain = ""
    if not (separator and _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        raise ExecutionFailed("MAIL_ADDRESS_INVALID", code="MAIL_ADDRESS", address=_one_line(address)[:80])
    return Address(_one_line(name), local, domain)


def _one_line(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()
