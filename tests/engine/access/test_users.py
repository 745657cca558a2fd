"""Accounts: signing in, what an account holds and where, and the parts given in a case."""

from __future__ import annotations

import runpy
from datetime import date, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from sqlalchemy import select, update

from engine.access import ChangedBy, accounts, passwords
from engine.access.actors import Membership
from engine.access.tables import utente
from engine.errors import BusinessError, ExecutionFailed, InvalidInput, NotFound
from engine.storage import Database
from modules.people import service as people
from tests.audit import changes_of
from tests.modules.service_task_contexts import NOON, Context, call, instance

BY = ChangedBy("radice", NOON)
TODAY = date(2016, 3, 14)
SECRET = "pane e salame a Crema"


def new_account(database: Database, username: str = "anna.prova", password: str | None = SECRET) -> None:
    with database.begin() as work:
        accounts.create_account(
            work.connection, username, f"Signora {username}", password, by=BY, email="a@example.org"
        )


def hash_of(database: Database, username: str = "anna.prova") -> str:
    with database.read() as connection:
        return str(
            connection.execute(
                select(utente.c.password_hash).where(utente.c.username == username)
            ).scalar_one()
        )


def test_signing_in(database: Database) -> None:
    new_account(database)
    found = accounts.authenticate(database, " Anna.Prova ", SECRET, NOON)
    assert found is not None
    assert (found.actor.id, found.actor.name) == ("anna.prova", "Signora anna.prova")
    for username, password in (
        ("anna.prova", SECRET + "!"),
        ("anna.prova", ""),
        ("nessuno", SECRET),
        ("", ""),
    ):
        assert accounts.authenticate(database, username, password, NOON) is None
    with database.begin() as work:
        assert accounts.account(work.connection, "anna.prova").last_login_at == NOON
    assert SECRET not in hash_of(database)
    assert hash_of(database).startswith("$argon2id$")


def test_a_stranger_costs_the_same_work(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    new_account(database)
    new_account(database, "senza.password", None)
    with database.begin() as work:
        accounts.create_account(work.connection, "chiusa", "Chiusa", SECRET, by=BY)
        accounts.deactivate(work.connection, "chiusa", by=BY)
    verified: list[str] = []
    real = passwords._hasher.verify
    passwords._dummy_hash()

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Any:  # noqa: A002 - the library's name
            verified.append("once")
            return real(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counting(time_cost=1, memory_cost=64, parallelism=1))
    for username in ("nessuno", "senza.password", "chiusa", "anna.prova"):
        verified.clear()
        assert accounts.authenticate(database, username, "sbagliata e lunga", NOON) is None
        assert verified == ["once"], username
    assert accounts.authenticate(database, "chiusa", SECRET, NOON) is None
    assert accounts.authenticate(database, "senza.password", "", NOON) is None


def test_outside_the_tests_a_hash_costs_what_the_library_advises() -> None:
    outside = runpy.run_path(str(passwords.__file__))["_hasher"]
    assert extract_parameters(outside.hash(SECRET)) == extract_parameters(PasswordHasher().hash(SECRET))
    assert outside.memory_cost >= 64 * 1024


def test_an_old_hash_is_renewed_when_its_owner_signs_in(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_account(database)
    before = hash_of(database)
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=2, memory_cost=128, parallelism=1))
    first = accounts.authenticate(database, "anna.prova", SECRET, NOON)
    after = hash_of(database)
    assert first is not None
    assert before != after
    assert "t=2" in after
    second = accounts.authenticate(database, "anna.prova", SECRET, NOON)
    assert second == first, "the session of before is still good"
    assert hash_of(database) == after


def test_a_new_password_or_a_closed_account_ends_the_sessions(database: Database) -> None:
    new_account(database)

    def stamp() -> str | None:
        with database.read() as connection:
            found = accounts.signed_in(connection, "anna.prova", TODAY)
            return None if found is None else found.stamp

    stamps = [stamp()]
    with database.begin() as work:
        accounts.change_password(work.connection, "anna.prova", SECRET, "un'altra frase lunga", now=NOON)
    stamps.append(stamp())
    with database.begin() as work:
        accounts.set_password(work.connection, "anna.prova", SECRET, by=BY)
    stamps.append(stamp())
    with database.begin() as work:
        accounts.deactivate(work.connection, "anna.prova", by=BY)
    assert stamp() is None
    with database.begin() as work:
        accounts.reactivate(work.connection, "anna.prova", by=BY)
        assert [line.azione for line in changes_of(work.connection, "utente", "anna.prova")].count(
            "password"
        ) == 2
    stamps.append(stamp())
    assert len(set(stamps)) == 4
    assert accounts.authenticate(database, "anna.prova", SECRET, NOON) is not None


def test_weak_passwords_are_refused(database: Database) -> None:
    weak = ("", "corta", "anna.prova", "anna.prova1234", "aaaaaaaaaaaaaaaa", "x" * 257)
    for password in weak:
        with pytest.raises(InvalidInput) as caught:
            new_account(database, password=password)
        assert list(caught.value.fields) == ["password"]
    new_account(database)
    for password in weak:
        with database.begin() as work, pytest.raises(InvalidInput) as caught:
            accounts.change_password(work.connection, "anna.prova", SECRET, password, now=NOON)
        assert list(caught.value.fields) == ["nuova"]
    with database.begin() as work, pytest.raises(InvalidInput) as caught:
        accounts.change_password(
            work.connection, "anna.prova", "sbagliata", "una frase lunga nuova", now=NOON
        )
    assert list(caught.value.fields) == ["attuale"]


def test_user_names_that_do_not_hold(database: Database) -> None:
    for username in ("", "a", "Anna Prova", "sistema", "../etc", "anna@prova", "x" * 65):
        with pytest.raises(InvalidInput) as caught:
            new_account(database, username)
        assert list(caught.value.fields) == ["username"]


def test_a_user_name_is_given_once_whatever_the_capitals(database: Database) -> None:
    new_account(database)
    with pytest.raises(InvalidInput) as caught:
        new_account(database, "ANNA.Prova")
    assert caught.value.code == "UTENTE_GIA_PRESENTE"


def test_accounts_are_listed_and_corrected(database: Database) -> None:
    for username in ("anna", "bruno", "carla"):
        new_account(database, username)
    with database.begin() as work:
        connection = work.connection
        changed = accounts.change_account(
            connection, "bruno", nome="Bruno  Finto", lingua="en", email="b@example.org", by=BY
        )
        assert (changed.nome, changed.lingua, changed.email) == ("Bruno Finto", "en", "b@example.org")
        for wrong in ({"nome": " "}, {"lingua": "fr"}, {"email": "x"}):
            with pytest.raises(InvalidInput):
                accounts.change_account(connection, "bruno", by=BY, **wrong)
        accounts.deactivate(connection, "carla", by=BY)
        assert [a.username for a in accounts.accounts(connection, limit=2)] == ["anna", "bruno"]
        assert [a.username for a in accounts.accounts(connection, after="bruno")] == ["carla"]
        assert [a.username for a in accounts.accounts(connection, "FINTO")] == ["bruno"]
        assert [a.username for a in accounts.accounts(connection, also_inactive=False)] == ["anna", "bruno"]
        assert accounts.names(connection, ["anna", "nessuno", "sistema"]) == {
            "anna": "Signora anna",
            "sistema": "Sistema",
        }
        with pytest.raises(NotFound):
            accounts.account(connection, "nessuno")


def test_roles_hold_where_and_when_they_were_given(database: Database) -> None:
    for username in ("anna", "bruno", "carla"):
        new_account(database, username)
    with database.begin() as work:
        connection = work.connection
        held = accounts.add_membership(connection, "anna", "assistente_sociale", "cremasco", TODAY, by=BY)
        assert (
            accounts.add_membership(connection, "anna", "assistente_sociale", "cremasco", TODAY, by=BY)
            == held
        )
        accounts.add_membership(connection, "bruno", "assistente_sociale", "", TODAY, TODAY, by=BY)
        accounts.add_membership(connection, "carla", "tutor", "cremona", TODAY + timedelta(days=1), by=BY)

        def holding(role: str, scope: str, day: date) -> list[str]:
            return [a.username for a in accounts.members_with_role(connection, role, scope, day)]

        assert holding("assistente_sociale", "cremasco/crema", TODAY) == ["anna", "bruno"]
        assert holding("assistente_sociale", "cremona", TODAY) == ["bruno"]
        assert holding("assistente_sociale", "cremona", TODAY + timedelta(days=1)) == []
        assert holding("tutor", "cremona", TODAY) == []
        assert holding("tutor", "cremona", TODAY + timedelta(days=1)) == ["carla"]
        who = accounts.eligible_users(connection, ["assistente_sociale"], "cremasco", ["carla"], today=TODAY)
        assert [username for username, _ in who] == ["anna", "bruno", "carla"]
        actor = accounts.actor_for(connection, "anna", TODAY)
        assert actor is not None
        assert actor.memberships == {Membership("assistente_sociale", "cremasco")}
        assert "assistente_sociale" in actor.roles_in("cremasco/crema")
        accounts.end_membership(connection, held.id, TODAY, by=BY)
        later = accounts.actor_for(connection, "anna", TODAY + timedelta(days=1))
        assert later is not None
        assert later.memberships == frozenset()
        assert accounts.memberships(connection, "anna", TODAY + timedelta(days=1)) == ()
        assert len(accounts.memberships(connection, "anna")) == 1
        with pytest.raises(InvalidInput):
            accounts.end_membership(connection, held.id, TODAY - timedelta(days=1), by=BY)
        with pytest.raises(InvalidInput):
            accounts.add_membership(connection, "anna", "Ruolo Strano", "", TODAY, by=BY)
        with pytest.raises(NotFound):
            accounts.end_membership(connection, "nessuna", TODAY, by=BY)
        accounts.deactivate(connection, "anna", by=BY)
        assert accounts.actor_for(connection, "anna", TODAY) is None


def appoint(database: Database, username: str, role: str, **inputs: Any) -> tuple[dict[str, Any], Context]:
    with database.begin() as work:
        context = Context(work.connection, instance())
        return call(context, "persone.nomina", utente=username, ruolo=role, **inputs), context


def test_a_part_in_a_case_passes_from_hand_to_hand(database: Database) -> None:
    for username in ("anna", "bruno"):
        new_account(database, username)
    result, context = appoint(database, "anna", "tutor")
    assert result == {"utente": "anna", "nome": "Signora anna", "precedente": None, "avviso": ""}
    assert context.participants == [("add", "anna", "tutor")]
    again, context = appoint(database, "Anna", "tutor")
    assert again["precedente"] is None
    assert context.participants == [], "a second press changes nothing"
    result, context = appoint(database, "bruno", "tutor")
    assert result["precedente"] == "anna"
    assert context.participants == [("end", "anna", "tutor"), ("add", "bruno", "tutor")]
    assert context.records == [("nomina", {"utente": "bruno", "ruolo": "tutor", "al_posto_di": ["anna"]})]
    with database.read() as connection:
        assert [a.username for a in people.assignments_of_instance(connection, "caso1")] == ["bruno"]
        assert [a.username for a in people.assignments_of_instance(connection, "caso1", also_ended=True)] == [
            "anna",
            "bruno",
        ]
    with database.begin() as work:
        context = Context(work.connection, instance())
        assert call(context, "persone.revoca", utente="bruno", ruolo="tutor", motivo="maternità") == {
            "revocato": True
        }
        assert call(context, "persone.revoca", utente="bruno", ruolo="tutor") == {"revocato": False}
        assert context.participants == [("end", "bruno", "tutor")]


def test_tutor_and_case_manager_may_be_one_with_a_warning(database: Database) -> None:
    new_account(database, "anna")
    appoint(database, "anna", "case_manager")
    result, _ = appoint(database, "anna", "tutor")
    assert "sia case manager sia tutor" in result["avviso"]


def test_several_may_share_a_part(database: Database) -> None:
    for username in ("anna", "bruno"):
        new_account(database, username)
        appoint(database, username, "microequipe", sostituisce=False)
    with database.read() as connection:
        assert len(people.assignments_of_instance(connection, "caso1")) == 2


def test_nobody_can_be_appointed_who_is_not_there(database: Database) -> None:
    new_account(database, "anna")
    with database.begin() as work:
        work.connection.execute(update(utente).values(attivo=False))
    for username in ("anna", "nessuno", ""):
        with pytest.raises(BusinessError) as caught:
            appoint(database, username, "tutor")
        assert caught.value.code == "UTENTE_NON_TROVATO"
    with pytest.raises(ExecutionFailed):
        appoint(database, "anna", "tutor", sostituisce="forse")
