"""The bell: each user sees their own notices, page by page, and says which they have read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from engine.errors import NotFound
from engine.storage import Database
from modules.notifications import service
from tests.modules.instance_rows import THEN, open_case


def ring(connection: Connection, key: str, recipient: str = "anna") -> bool:
    return service.add_notice(
        connection,
        recipient,
        event="compito_assegnato",
        title=f"Avviso {key}",
        link=f"/compiti/{key}",
        key=key,
        now=THEN,
    )


def test_a_notice_is_told_once_and_counted_until_read(database: Database) -> None:
    with database.begin() as work:
        assert ring(work.connection, "1")
        assert not ring(work.connection, "1")
        assert ring(work.connection, "1", "bruno")
        assert service.unread_count(work.connection, "anna") == 1
        (notice,) = service.list_notices(work.connection, "anna").items
        assert (notice.title, notice.link, notice.is_unread, notice.created_at) == (
            "Avviso 1",
            "/compiti/1",
            True,
            THEN,
        )
        later = THEN + timedelta(hours=1)
        assert service.mark_read(work.connection, "anna", notice.id, later) == "/compiti/1"
        service.mark_read(work.connection, "anna", notice.id, later + timedelta(hours=1))
        assert service.list_notices(work.connection, "anna").items[0].read_at == later, (
            "the first time counts"
        )
        assert service.unread_count(work.connection, "anna") == 0
        assert service.unread_count(work.connection, "bruno") == 1


def test_nobody_reads_the_notices_of_another(database: Database) -> None:
    with database.begin() as work:
        ring(work.connection, "1")
        (notice,) = service.list_notices(work.connection, "anna").items
        with pytest.raises(NotFound):
            service.mark_read(work.connection, "bruno", notice.id, THEN)
        assert service.list_notices(work.connection, "bruno").items == ()
        assert service.unread_count(work.connection, "anna") == 1


def test_pages_follow_a_key_and_new_notices_do_not_move_them(database: Database) -> None:
    with database.begin() as work:
        for number in range(7):
            ring(work.connection, str(number))
        first = service.list_notices(work.connection, "anna", limit=3)
        assert [notice.title for notice in first.items] == ["Avviso 6", "Avviso 5", "Avviso 4"]
        ring(work.connection, "7")
        second = service.list_notices(work.connection, "anna", first.next, limit=3)
        assert [notice.title for notice in second.items] == ["Avviso 3", "Avviso 2", "Avviso 1"]
        last = service.list_notices(work.connection, "anna", second.next, limit=3)
        assert [notice.title for notice in last.items] == ["Avviso 0"]
        assert last.next is None
        for wrong in ("x", "-1", "1.5", "9" * 30, "²"):
            with pytest.raises(NotFound):
                service.list_notices(work.connection, "anna", wrong)


def test_everything_can_be_read_at_once(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection)
        for number in range(3):
            ring(work.connection, str(number))
        service.add_notice(
            work.connection,
            "anna",
            event="ripresa",
            title="Riprende",
            link="/pratiche/1",
            key="r",
            now=THEN,
            instance_id=case.id,
        )
        assert service.mark_all_read(work.connection, "anna", THEN) == 4
        assert service.mark_all_read(work.connection, "anna", THEN) == 0
        assert service.unread_count(work.connection, "anna") == 0
