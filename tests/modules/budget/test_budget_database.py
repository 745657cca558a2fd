"""The database itself guards the budget: the journal is not rewritten, the caps are not passed, by any statement."""

from __future__ import annotations

import pytest
from sqlalchemy import Executable, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from engine.storage import Database
from modules.budget.tables import conto, movimento, movimento_riga, plafond, voce
from tests.modules.budget.budget_steps import agrees, do, line


def test_the_journal_cannot_be_rewritten(database: Database) -> None:
    do(database, "budget.prevedi", voci=[line("100")])
    do(database, "budget.impegna")
    attempts: list[Executable] = [
        update(movimento).values(motivo="altro"),
        delete(movimento),
        update(movimento_riga).values(importo=1),
        delete(movimento_riga),
    ]
    if database.is_sqlite:
        attempts.append(text("INSERT OR REPLACE INTO movimento_riga SELECT * FROM movimento_riga"))
    else:
        attempts.append(text("TRUNCATE movimento_riga"))
    for statement in attempts:
        with pytest.raises(IntegrityError), database.begin() as work:
            work.connection.execute(statement)
    agrees(database)


def test_the_database_itself_holds_the_caps(database: Database) -> None:
    do(database, "budget.prevedi", voci=[line("100")])
    do(database, "budget.impegna")
    caps: list[Executable] = [
        update(conto).values(impegnato=200_001),
        update(conto).values(liquidato=10_001),
        update(conto).values(previsto=200_001),
        update(conto).values(restituito=190_001),
        update(conto).values(impegnato=-1),
        update(conto).values(stato="strano"),
        update(plafond).values(impegnato=200_001),
        update(voce).values(liquidato=10_001),
        update(voce).values(anticipato=1),
    ]
    for statement in caps:
        with pytest.raises(IntegrityError), database.begin() as work:
            work.connection.execute(statement)
    with database.read() as connection:
        entry = connection.execute(select(movimento.c.id, movimento.c.conto_id)).first()
    assert entry is not None
    rows: list[Executable] = [
        insert(movimento_riga).values(movimento_id=entry.id, riga=90, dare="fondo", avere="fondo", importo=1),
        insert(movimento_riga).values(
            movimento_id=entry.id, riga=91, dare="fondo", avere="disponibile", importo=0
        ),
        insert(movimento_riga).values(movimento_id=entry.id, riga=92, dare="tasca", avere="fondo", importo=1),
    ]
    for statement in rows:
        with pytest.raises(IntegrityError), database.begin() as work:
            work.connection.execute(statement)
    agrees(database)
