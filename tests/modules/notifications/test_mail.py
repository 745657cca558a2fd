"""E-mails through a real SMTP server: what arrives, what cannot be smuggled in, how a failure is told."""

from __future__ import annotations

import email
import email.policy
import logging
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from engine.errors import ExecutionFailed, Misconfigured
from modules.notifications.mail import Mail, MailServer, compose, mail_from_payload, send

NOW = datetime(2016, 3, 14, 8, 0, tzinfo=UTC)
SENDER = "patti@ambito.example"
MAIL = Mail(
    key="notify:caso:1:mail:anna",
    to="anna@comune.example",
    to_name="Anna Però",
    subject="Perché no? È così: più attività",
    body="Buongiorno Anna,\n\nc'è un compito: perché è così.\n.\nfine\n",
)


class Post:
    """Keeps what arrives, or answers as told."""

    def __init__(self) -> None:
        self.envelopes: list[Any] = []
        self.answer_to_recipient = "250 OK"
        self.answer_to_data = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.answer_to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer_to_data.startswith("250"):
            self.envelopes.append(envelope)
        return self.answer_to_data

    @property
    def messages(self) -> list[EmailMessage]:
        return [email.message_from_bytes(e.content, policy=email.policy.default) for e in self.envelopes]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def serve(post: Post, **options: Any) -> Controller:
    """A server on a port chosen by the system; another program may take the port in between, so it is tried again."""
    for attempt in range(5):
        controller = Controller(post, hostname="127.0.0.1", port=free_port(), **options)
        try:
            controller.start()
            return controller
        except OSError:
            if attempt == 4:
                raise
    raise AssertionError


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def url(post: Post) -> Iterator[str]:
    controller = serve(post)
    yield f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


def test_a_mail_arrives_with_its_accents_and_headers(post: Post, url: str) -> None:
    send(MAIL, smtp_url=url, sender=SENDER, now=NOW)
    (message,) = post.messages
    assert message["Subject"] == "Perché no? È così: più attività"
    assert message["To"] == "Anna Però <anna@comune.example>"
    assert message["From"] == "Patti gener-attivi <patti@ambito.example>"
    assert message["Date"].datetime == NOW
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "it"
    assert message["Message-ID"].endswith("@ambito.example>")
    assert message.get_content_type() == "text/plain"
    assert message.get_content().replace("\r\n", "\n") == MAIL.body
    assert post.envelopes[0].rcpt_tos == ["anna@comune.example"]
    assert post.envelopes[0].mail_from == SENDER


def test_a_repeated_delivery_is_recognised_by_its_message_id() -> None:
    again = compose(MAIL, SENDER, NOW)["Message-ID"]
    assert compose(MAIL, SENDER, NOW)["Message-ID"] == again
    other = Mail("another key", MAIL.to, MAIL.to_name, MAIL.subject, MAIL.body)
    assert compose(other, SENDER, NOW)["Message-ID"] != again


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x0b"])
def test_nothing_can_be_smuggled_into_the_headers(post: Post, url: str, line_break: str) -> None:
    evil = f"Ciao{line_break}Bcc: vittima@altrove.example{line_break}{line_break}corpo falso"
    send(Mail("k", MAIL.to, evil, evil, "corpo vero"), smtp_url=url, sender=SENDER, now=NOW)
    (message,) = post.messages
    assert message["Bcc"] is None
    assert message["Subject"] == "Ciao Bcc: vittima@altrove.example corpo falso"
    assert message.get_content().strip() == "corpo vero"
    assert post.envelopes[0].rcpt_tos == [MAIL.to]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "anna@",
        "@comune.example",
        "anna@comune.example, altri@altrove.example",
        "a b@c.example",
        "a@b..example",
        "anna@comune.example\r\nRCPT TO:<x@y.example>",
        "anna@comune.example\n",
        "<anna@comune.example>",
        "a@-b.example",
    ],
)
def test_a_bad_address_is_refused_before_any_server_sees_it(post: Post, url: str, address: str) -> None:
    with pytest.raises(ExecutionFailed) as problem:
        send(Mail("k", address, "Anna", "s", "b"), smtp_url=url, sender=SENDER, now=NOW)
    assert problem.value.code == "MAIL_ADDRESS"
    assert post.envelopes == []


def test_a_domain_with_accents_is_reached_by_its_ascii_name(post: Post, url: str) -> None:
    send(Mail("k", "anna@città.example", "Anna", "s", "b"), smtp_url=url, sender=SENDER, now=NOW)
    assert post.envelopes[0].rcpt_tos == ["anna@xn--citt-3na.example"]


def test_a_server_that_is_down_fails_and_works_when_it_is_back(post: Post) -> None:
    port = free_port()
    with pytest.raises(ExecutionFailed) as problem:
        send(MAIL, smtp_url=f"smtp://127.0.0.1:{port}?timeout=2", sender=SENDER, now=NOW)
    assert problem.value.code == "MAIL_UNREACHABLE"
    controller = serve(post)
    send(MAIL, smtp_url=f"smtp://127.0.0.1:{controller.port}", sender=SENDER, now=NOW)
    controller.stop()
    assert len(post.messages) == 1


def test_a_server_that_never_answers_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(ExecutionFailed) as problem:
            send(
                MAIL, smtp_url=f"smtp://127.0.0.1:{silent.getsockname()[1]}?timeout=1", sender=SENDER, now=NOW
            )
    assert problem.value.code == "MAIL_UNREACHABLE"


@pytest.mark.parametrize(
    ("answer", "code"),
    [("451 riprovare più tardi", "MAIL_DEFERRED"), ("550 utente sconosciuto", "MAIL_REFUSED")],
)
def test_the_answers_of_the_server_are_told_apart(post: Post, url: str, answer: str, code: str) -> None:
    post.answer_to_data = answer.encode("ascii", "replace").decode()
    with pytest.raises(ExecutionFailed) as problem:
        send(MAIL, smtp_url=url, sender=SENDER, now=NOW)
    assert problem.value.code == code
    assert answer[:3] in problem.value.message
    post.answer_to_data = "250 OK"
    post.answer_to_recipient = post.answer_to_recipient.replace("250", answer[:3])
    with pytest.raises(ExecutionFailed) as problem:
        send(MAIL, smtp_url=url, sender=SENDER, now=NOW)
    assert problem.value.code == code


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_signing_in_to_the_server(post: Post) -> None:
    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(
            success=(data.login, data.password) == (b"utente@casa", b"pass/word:1"), handled=False
        )

    controller = serve(post, authenticator=check, auth_required=True, auth_require_tls=False)
    send(
        MAIL,
        smtp_url=f"smtp://utente%40casa:pass%2Fword%3A1@127.0.0.1:{controller.port}",
        sender=SENDER,
        now=NOW,
    )
    with pytest.raises(ExecutionFailed) as problem:
        send(MAIL, smtp_url=f"smtp://utente:segretissima@127.0.0.1:{controller.port}", sender=SENDER, now=NOW)
    controller.stop()
    assert len(post.messages) == 1
    assert problem.value.code == "MAIL_REFUSED"
    assert "segretissima" not in problem.value.message


def test_starttls_is_demanded_and_certificates_are_checked(post: Post, url: str) -> None:
    with pytest.raises(ExecutionFailed):
        send(MAIL, smtp_url=url + "?starttls=1", sender=SENDER, now=NOW)
    assert post.envelopes == []


def test_the_tls_context_verifies_names(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    made: list[ssl.SSLContext] = []
    original = ssl.create_default_context

    def remember(*arguments: Any, **options: Any) -> ssl.SSLContext:
        made.append(original(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", remember)
    with pytest.raises(ExecutionFailed):
        send(MAIL, smtp_url=url.replace("smtp:", "smtps:"), sender=SENDER, now=NOW)
    assert made[0].check_hostname
    assert made[0].verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    "url",
    [
        "http://x",
        "smtp://",
        "smtp://h:porta",
        "smtp://h?strano=1",
        "smtp://h?timeout=0",
        "smtp://h:99999",
        "server",
        "smtp://u:segreto@posta.example:587",
        "smtp://u:segreto@posta.example?timeout=x",
    ],
)
def test_a_faulty_setting_is_told_without_the_password(url: str) -> None:
    with pytest.raises(Misconfigured) as problem:
        MailServer.from_url(url)
    assert "segreto" not in str(problem.value)
    assert "smtp_url" in str(problem.value)


def test_the_setting_is_read() -> None:
    server = MailServer.from_url("smtp://u:p@posta.example?starttls=1")
    assert (server.host, server.port, server.starttls, server.implicit_tls) == (
        "posta.example",
        587,
        True,
        False,
    )
    assert MailServer.from_url("smtps://u:p@posta.example").port == 465
    assert MailServer.from_url("smtp://[::1]:2525").is_this_machine
    assert "p@" not in repr(server)


def test_without_a_server_the_mail_is_only_noted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        send(MAIL, smtp_url="", sender=SENDER, now=NOW)
    assert "Nessun server di posta" in caplog.text
    assert MAIL.to not in caplog.text


def test_a_payload_becomes_a_mail() -> None:
    payload = {"to": "a@b.example", "to_name": None, "subject": "s", "body": "b"}
    assert mail_from_payload("k", payload) == Mail("k", "a@b.example", "", "s", "b", "it")
