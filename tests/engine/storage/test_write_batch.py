"""What a step writes goes together: all of it or nothing, whatever the texts hold, however many the rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from engine.access import SYSTEM
from engine.simulation import World
from engine.storage import Inserts, Statement, WriteBatch
from engine.storage.tables import event, outbox, task, task_candidate

Start = Callable[..., str]
ODD = ["D'Angelò", 'tra "virgolette"', "barra \\ e \\x41", "100 % {vero} $1 %(a)s", "due\nrighe", "🤝", "ß"]
NOON = datetime(2016, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def _message(key: str, **payload: Any) -> dict[str, Any]:
    return {
        "id": key,
        "kind": "prova",
        "key": key,
        "payload": payload,
        "state": "waiting",
        "due_at": NOON,
        "attempts": 0,
        "created_at": NOON,
    }


def test_names_come_back_as_they_were_written_however_odd_and_many(world: World, start: Start) -> None:
    names = ODD + [f"Persona {number}" for number in range(120)]
    case = start("firme", firmatari=names)
    with world.engine.database.read() as connection:
        written = connection.execute(
            select(task.c.name).where(task.c.instance_id == case, task.c.state == "open")
        ).scalars()
        told = connection.execute(
            select(event.c.element_name, event.c.data).where(
                event.c.instance_id == case, event.c.kind == "task.created"
            )
        ).all()
    assert sorted(written) == sorted(f"Firma – {name}" for name in names)
    assert len(told) == len(names)
    assert {row.element_name for row in told} == {"Firma"}


def test_moments_and_values_of_every_type_come_back(world: World) -> None:
    values = {"giorno": NOON, "testo": ODD, "byte": b"\x00\xff", "niente": None}
    together = WriteBatch()
    together.insert(Inserts(outbox, once=True), [_message("uno", **values), _message("due")])
    with world.engine.database.begin() as work:
        together.run(work.connection)
    with world.engine.database.read() as connection:
        row = connection.execute(select(outbox).where(outbox.c.id == "uno")).one()
    assert row.payload == values
    assert row.due_at == NOON
    assert row.delivered_at is None


def test_a_message_already_told_is_left_as_it_is(world: World) -> None:
    for text in ("prima", "seconda"):
        together = WriteBatch()
        together.insert(Inserts(outbox, once=True), [_message("una", testo=text)])
        with world.engine.database.begin() as work:
            together.run(work.connection)
    with world.engine.database.read() as connection:
        assert connection.execute(select(outbox.c.payload).where(outbox.c.id == "una")).scalars().all() == [
            {"testo": "prima"}
        ]


def test_when_one_row_is_refused_none_is_written_and_the_next_step_goes_on(
    world: World, start: Start
) -> None:
    together = WriteBatch()
    together.insert(Inserts(outbox, once=True), [_message("sola")])
    together.insert(Inserts(task_candidate), [{"task_id": "nessuno", "kind": "role", "name": "tutor"}])
    with pytest.raises(IntegrityError), world.engine.database.begin() as work:
        together.run(work.connection)
    with world.engine.database.read() as connection:
        assert connection.execute(select(outbox.c.id).where(outbox.c.id == "sola")).first() is None
    case = start("sollecito")
    world.task("Lavora", case).complete(by="anna")
    assert world.engine.instances.get(case, SYSTEM).state == "completed"


def test_a_row_without_a_value_that_it_needs_is_refused_before_it_is_sent(world: World) -> None:
    together = WriteBatch()
    together.insert(Inserts(outbox, once=True), [{"id": "a", "kind": "prova"}])
    with pytest.raises(KeyError, match="outbox: key, payload"), world.engine.database.begin() as work:
        together.run(work.connection)


def test_an_error_of_the_database_says_nothing_of_what_people_wrote(world: World) -> None:
    together = WriteBatch()
    together.insert(Inserts(outbox, once=True), [_message("sola", testo="Maria Rossi")])
    together.insert(Inserts(task_candidate), [{"task_id": "Maria Rossi", "kind": "role", "name": "tutor"}])
    with pytest.raises(IntegrityError) as told, world.engine.database.begin() as work:
        together.run(work.connection)
    assert "'Maria Rossi'" not in str(told.value)
    with pytest.raises(IntegrityError) as told, world.engine.database.begin() as work:
        work.connection.execute(
            insert(task_candidate).values(task_id="Maria Rossi", kind="role", name="tutor")
        )
    assert "'Maria Rossi'" not in str(told.value)


def test_a_text_that_the_database_cannot_hold_is_refused_and_not_cut(world: World) -> None:
    if world.engine.database.is_sqlite:
        pytest.skip("SQLite holds it")
    hold = Statement(select(outbox.c.id).where(outbox.c.kind == bindparam("kind")))
    with pytest.raises(DBAPIError), world.engine.database.begin() as work:
        hold.run(work.connection, kind="prova\0tagliata")
    with world.engine.database.begin() as work:
        assert hold.run(work.connection, kind="prova").rows == ()
