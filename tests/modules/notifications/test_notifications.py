"""Who is told of what: bell and e-mail for each person once, whatever is delivered twice."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, select

import modules.notifications.operations  # noqa: F401
from engine.access.tables import appartenenza, utente
from engine.clock import VirtualClock
from engine.errors import ExecutionFailed
from engine.execution.outbox import Outbox, enqueue
from engine.service_tasks import REGISTRY, DeliveryContext, InstanceRef, OutboxMessage
from engine.settings import Settings
from engine.storage import Database, new_id
from engine.storage.tables import incident, outbox
from modules.notifications import service
from modules.people.tables import caso_soggetto, persona
from tests.modules.instance_rows import THEN, join_case, open_case, open_task
from tests.modules.service_task_contexts import Context, call

SETTINGS = Settings(public_url="https://patti.example/")


@dataclass
class Step(Context):
    """A step that keeps what was queued."""

    queued: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)

    def enqueue(self, kind: str, payload: Any, key: str, due: datetime | None = None) -> None:
        self.queued.append((kind, dict(payload), key))


def add_user(
    connection: Connection,
    username: str,
    roles: Iterable[tuple[str, str]] = (),
    *,
    email: str | None = None,
    language: str = "it",
    active: bool = True,
    until: date | None = None,
) -> None:
    connection.execute(
        utente.insert().values(
            username=username,
            nome=username.title(),
            email=f"{username}@ente.example" if email is None else email,
            attivo=active,
            lingua=language,
            created_at=THEN,
        )
    )
    for role, scope in roles:
        connection.execute(
            appartenenza.insert().values(
                id=new_id(), username=username, ruolo=role, ambito=scope, dal=date(2016, 1, 1), al=until
            )
        )


def add_person(connection: Connection, case: InstanceRef, email: str = "fiorenza@posta.example") -> None:
    person_id = new_id()
    connection.execute(
        persona.insert().values(
            id=person_id,
            motivo_senza_cf="prova",
            cognome="Inventata",
            nome="Fiorenza",
            chiave="inventata fiorenza",
            ricerca=" inventata fiorenza",
            email=email,
            created_at=THEN,
            created_by="anna",
        )
    )
    connection.execute(caso_soggetto.insert().values(instance_id=case.id, persona_id=person_id))


def deliver(database: Database, kind: str, payload: dict[str, Any], key: str = "k1") -> None:
    message = OutboxMessage(new_id(), kind, key, payload, 1, payload.get("instance_id"))
    REGISTRY.handlers[kind](message, DeliveryContext(SETTINGS, database, VirtualClock(THEN)))


def mails(database: Database) -> list[dict[str, Any]]:
    with database.read() as connection:
        rows = connection.execute(select(outbox).where(outbox.c.kind == "mail").order_by(outbox.c.key)).all()
    return [dict(row.payload) for row in rows]


def bells(database: Database, *users: str) -> list[str]:
    with database.read() as connection:
        return [user for user in users if service.unread_count(connection, user)]


def test_a_task_for_a_role_is_told_to_those_who_hold_it_there(database: Database) -> None:
    with database.begin() as work:
        connection = work.connection
        case = open_case(connection, scope="cremasco/crema")
        add_user(connection, "anna", [("assistente_sociale", "cremasco/crema")])
        add_user(connection, "bruno", [("assistente_sociale", "cremasco")])
        add_user(connection, "carla", [("assistente_sociale", "cremona")])
        add_user(connection, "dario", [("tutor", "cremasco")])
        add_user(connection, "elena", [("assistente_sociale", "cremasco")], active=False)
        add_user(connection, "fabio", [("assistente_sociale", "cremasco")], until=date(2016, 2, 1))
        add_user(connection, "gina", [("assistente_sociale", "")], email="", language="en")
        task_id = open_task(connection, case, roles=("assistente_sociale",))
    deliver(database, "task.assigned", {"task_id": task_id})
    everyone = ("anna", "bruno", "carla", "dario", "elena", "fabio", "gina")
    assert bells(database, *everyone) == ["anna", "bruno", "gina"]
    assert [mail["to"] for mail in mails(database)] == ["anna@ente.example", "bruno@ente.example"]
    with database.read() as connection:
        (italian,) = service.list_notices(connection, "anna").items
        (english,) = service.list_notices(connection, "gina").items
    assert italian.title == "Nuovo compito: Firma del patto · n. 12 Fiorenza Inventata"
    assert english.title == "New task: Firma del patto · n. 12 Fiorenza Inventata"
    assert italian.link == f"/compiti/{task_id}"
    assert f"https://patti.example/compiti/{task_id}" in mails(database)[0]["body"]


def test_an_email_holds_nothing_of_the_case(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection)
        add_user(work.connection, "anna")
        task_id = open_task(work.connection, case, assignee="anna")
    deliver(database, "task.assigned", {"task_id": task_id})
    (mail,) = mails(database)
    assert "Inventata" not in str(mail)
    assert "Firma" not in str(mail)
    assert "Crema" not in str(mail)


def test_a_message_delivered_twice_tells_nobody_twice(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection)
        add_user(work.connection, "anna")
        add_person(work.connection, case)
        task_id = open_task(work.connection, case, assignee="anna")
    payload = {"event": "patto_attivato", "instance_id": case.id, "users": ["anna"], "person": True}
    for _ in range(2):
        deliver(database, "task.assigned", {"task_id": task_id}, "k1")
        deliver(database, "notify", payload, "k2")
    assert len(mails(database)) == 3
    with database.read() as connection:
        assert service.unread_count(connection, "anna") == 2


def test_a_task_taken_meanwhile_is_told_to_its_holder_only(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection)
        add_user(work.connection, "anna", [("tutor", "")])
        add_user(work.connection, "bruno", [("tutor", "")])
        taken = open_task(work.connection, case, assignee="bruno", roles=("tutor",))
        done = open_task(work.connection, case, roles=("tutor",), state="completed")
        own = open_task(work.connection, case, assignee="bruno")
    deliver(database, "task.assigned", {"task_id": taken}, "k1")
    deliver(database, "task.assigned", {"task_id": done}, "k2")
    deliver(database, "task.assigned", {"task_id": own, "by": "bruno"}, "k3")
    deliver(database, "task.assigned", {"task_id": "gone"}, "k4")
    assert bells(database, "anna", "bruno") == ["bruno"]
    assert len(mails(database)) == 1


def test_the_one_named_for_a_role_in_the_case_is_told_alone(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection)
        for name in ("anna", "bruno", "carla"):
            add_user(work.connection, name, [("tutor", "")])
        join_case(work.connection, case, "bruno", "tutor")
        join_case(work.connection, case, "carla", "tutor", until=THEN)
    deliver(database, "notify", {"event": "sospensione", "instance_id": case.id, "roles": ["tutor"]})
    assert bells(database, "anna", "bruno", "carla") == ["bruno"]


def test_a_late_task_is_told_to_its_holder_and_to_the_coordinator(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection)
        add_user(work.connection, "anna")
        add_user(work.connection, "coord", [("coordinatore_patti", "cremasco")])
        task_id = open_task(work.connection, case, assignee="anna")
    deliver(database, "task.overdue", {"task_id": task_id})
    assert bells(database, "anna", "coord") == ["anna", "coord"]
    assert {mail["event"] for mail in mails(database)} == {"compito_in_ritardo"}


def test_without_a_list_all_who_take_part_are_told(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection)
        for name in ("anna", "bruno", "carla"):
            add_user(work.connection, name)
        join_case(work.connection, case, "anna", "case_manager")
        join_case(work.connection, case, "bruno", "tutor")
        step = Step(work.connection, case)
        call(step, "notifiche.avvisa", evento="patto_concluso")
    for kind, payload, key in step.queued:
        deliver(database, kind, payload, key)
    assert bells(database, "anna", "bruno", "carla") == ["anna", "bruno"]


def test_the_person_is_written_to_in_words_of_their_own(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection)
        add_person(work.connection, case)
        add_user(work.connection, "anna")
        join_case(work.connection, case, "anna", "case_manager")
        step = Step(work.connection, case)
        call(
            step,
            "notifiche.avvisa",
            evento="convocazione",
            persona=True,
            termine=datetime(2016, 3, 29, 7, tzinfo=UTC),
        )
    for kind, payload, key in step.queued:
        deliver(database, kind, payload, key)
    (mail,) = mails(database)
    assert mail["to"] == "fiorenza@posta.example"
    assert "Buongiorno Fiorenza Inventata," in mail["body"]
    assert "http" not in mail["body"]
    assert bells(database, "anna") == [], "only the person was to be told"


def test_a_person_without_address_is_not_written_to(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection)
        add_person(work.connection, case, email="")
    deliver(database, "notify", {"event": "convocazione", "instance_id": case.id, "person": True})
    assert mails(database) == []


def test_an_adverse_message_to_the_person_waits_for_a_human(database: Database) -> None:
    with database.begin() as work:
        step = Step(work.connection, open_case(work.connection))
        for confirmed in (None, "  ", "sistema"):
            with pytest.raises(ExecutionFailed, match="confermato_da"):
                call(step, "notifiche.avvisa", evento="sospensione", persona=True, confermato_da=confirmed)
        assert step.queued == []
        call(step, "notifiche.avvisa", evento="sospensione", persona=True, confermato_da="anna")
        call(step, "notifiche.avvisa", evento="sospensione", ruoli="tutor, case_manager")
    assert [payload["roles"] for _, payload, _ in step.queued] == [[], ["tutor", "case_manager"]]
    assert step.records[0][1]["confirmed_by"] == "anna"


def test_a_notice_that_makes_no_sense_is_refused(database: Database) -> None:
    with database.begin() as work:
        step = Step(work.connection, open_case(work.connection))
        with pytest.raises(ExecutionFailed, match="non esiste"):
            call(step, "notifiche.avvisa", evento="boh")
        with pytest.raises(ExecutionFailed, match="non è per la persona"):
            call(step, "notifiche.avvisa", evento="escalation", persona=True)


def test_two_notices_of_the_same_step_are_both_sent(database: Database) -> None:
    with database.begin() as work:
        step = Step(work.connection, open_case(work.connection))
        for _ in range(2):
            call(step, "notifiche.avvisa", evento="ripresa", utenti=["anna"])
    assert len({key for _, _, key in step.queued}) == 2


def test_a_mail_server_that_is_down_means_waiting_then_an_incident(database: Database) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    settings = Settings(public_url="https://patti.example/", smtp_url=f"smtp://127.0.0.1:{port}?timeout=2")
    clock = VirtualClock(THEN)
    queue = Outbox(database, clock, REGISTRY, settings)
    with database.begin() as work:
        case = open_case(work.connection)
        add_user(work.connection, "anna")
        task_id = open_task(work.connection, case, assignee="anna")
        enqueue(work.connection, "task.assigned", {"task_id": task_id}, "k1", now=THEN, instance_id=case.id)
    assert queue.deliver() == 1, "the bell rings even if mail does not work"
    assert bells(database, "anna") == ["anna"]
    assert queue.deliver() == 0
    for _ in range(20):
        due = queue.next_due()
        if due is None:
            break
        clock.set(due)
        queue.deliver()
    with database.read() as connection:
        (opened,) = connection.execute(select(incident)).all()
        (given_up,) = connection.execute(select(outbox).where(outbox.c.kind == "mail")).all()
    assert opened.instance_id == case.id
    assert f"Il server di posta 127.0.0.1:{port}" in opened.sentence
    assert given_up.state == "failed"
