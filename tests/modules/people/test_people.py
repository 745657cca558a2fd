"""Persons and households: registered once, found again whatever the spelling, never more stored than is needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from codicefiscale import codicefiscale
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from engine.access import ChangedBy
from engine.access.models import Ambito
from engine.access.scopes import comuni
from engine.access.tables import comune, registro_anagrafe
from engine.errors import BusinessError, ExecutionFailed, InvalidInput, InvalidState, NotFound
from engine.scheduling.calendars.lookup import read_calendar
from engine.scheduling.calendars.scopes import save_scope, scopes
from engine.storage import Database
from modules.people import service as people
from modules.people.model import Person, PersonData
from modules.people.tables import persona
from tests.audit import changes_of
from tests.concurrency import refusals
from tests.modules.service_task_contexts import NOON, Context, call, instance

BY = ChangedBy("anna", NOON)
TODAY = date(2016, 3, 14)
BORN = date(1976, 2, 10)


def fiscal_code(root: str = "PRVNNA76B50D142") -> str:
    return root + codicefiscale.encode_cin(root)


ANNA = PersonData("Prova", "Anna", BORN, fiscal_code(), comune_residenza="Crema", ambito="cremasco/crema")
WITHOUT_CODE = PersonData(
    "D'Esempio", "Nicolò", date(1990, 5, 1), motivo_senza_cf="Appena arrivato", ambito="cremona"
)


def create(database: Database, data: PersonData, **options: Any) -> Person:
    with database.begin() as work:
        return people.create(work.connection, data, by=BY, today=TODAY, **options)


def do(database: Database, topic: str, case: str = "caso1", **inputs: Any) -> dict[str, Any]:
    context_values = inputs.pop("context", {})
    linked = inputs.pop("linked_from", None)
    with database.begin() as work:
        ref = instance(case, subject=None, linked_from=linked, scope="cremasco/crema")
        context = Context(work.connection, ref, **context_values)
        result = call(context, topic, **inputs)
        return {**result, "soggetto": context.subject}


def count(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(persona)).scalar_one())


FORM: dict[str, Any] = {
    "cognome": "Prova",
    "nome": "Anna",
    "data_nascita": BORN,
    "codice_fiscale": fiscal_code().lower(),
}


def test_the_same_person_is_registered_once(database: Database) -> None:
    first = do(database, "persone.registra", **FORM, comune_residenza="Crema")
    assert first["nuova"] is True
    assert first["soggetto"] == (first["persona_id"], "Prova Anna")
    again = do(database, "persone.registra", case="caso2", **FORM, telefono="000 111")
    assert (again["nuova"], again["persona_id"]) == (False, first["persona_id"])
    with database.read() as connection:
        person = people.get(connection, first["persona_id"])
        assert (person.data.comune_residenza, person.data.telefono) == ("Crema", "000 111")
        assert people.instances_of_person(connection, person.id) == ("caso1", "caso2")
        about = people.subject_of_instance(connection, "caso2")
        assert about is not None
        assert about.person == person
        assert [line.azione for line in changes_of(connection, "persona", person.id)] == [
            "modificata",
            "registrata",
        ]
    assert count(database) == 1


def test_accents_capitals_and_spaces_do_not_make_another_person(database: Database) -> None:
    known = create(database, WITHOUT_CODE)
    form: dict[str, Any] = {"cognome": "d’esempio ", "nome": "NICOLO", "data_nascita": date(1990, 5, 1)}
    again = do(database, "persone.registra", **form, motivo_senza_codice="Appena arrivato")
    assert (again["nuova"], again["persona_id"]) == (False, known.id)
    code = fiscal_code("DSMNCL90E01D150")
    adopted = do(database, "persone.registra", **form, codice_fiscale=code)
    assert adopted["persona_id"] == known.id
    with database.read() as connection:
        assert people.get(connection, known.id).data.codice_fiscale == code


def test_the_reason_for_no_code_is_asked_for(database: Database) -> None:
    form: dict[str, Any] = {"cognome": "Esempio", "nome": "Bruno", "data_nascita": BORN}
    with pytest.raises(BusinessError) as caught:
        do(database, "persone.registra", **form)
    assert caught.value.code == "CODICE_FISCALE_NON_VALIDO"
    assert "motivo" in caught.value.message
    variables = {"motivo_senza_codice": "Apolide"}
    assert do(database, "persone.registra", **form, context={"variables": variables})["nuova"] is True


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"codice_fiscale": fiscal_code()[:-1] + "0"}, "CODICE_FISCALE_NON_VALIDO"),
    ({"data_nascita": date(1976, 2, 11)}, "CODICE_FISCALE_NON_VALIDO"),
    ({"data_nascita": date(2016, 3, 15), "codice_fiscale": ""}, "DATI_ANAGRAFICI_NON_VALIDI"),
    ({"data_nascita": date(1800, 1, 1)}, "DATI_ANAGRAFICI_NON_VALIDI"),
    ({"cognome": " - "}, "DATI_ANAGRAFICI_NON_VALIDI"),
    ({"nome": "x" * 81}, "DATI_ANAGRAFICI_NON_VALIDI"),
    ({"email": "anna at prova"}, "DATI_ANAGRAFICI_NON_VALIDI"),
    ({"informativa_consegnata_il": date(2017, 1, 1)}, "DATI_ANAGRAFICI_NON_VALIDI"),
]


def test_what_does_not_hold_is_a_sentence(database: Database) -> None:
    for changed, code in WRONG:
        with pytest.raises(BusinessError) as caught:
            do(database, "persone.registra", **{**FORM, **changed})
        assert caught.value.code == code
        assert caught.value.message.endswith(".")
    assert count(database) == 0


@pytest.mark.parametrize(
    "changed", [{"data_nascita": "ieri"}, {"cognome": None}, {"svantaggio_l68": "diagnosi F20"}]
)
def test_wrong_types_and_diagnoses_are_refused(database: Database, changed: dict[str, Any]) -> None:
    with pytest.raises(ExecutionFailed):
        do(database, "persone.registra", **{**FORM, **changed})


def test_of_a_disadvantage_only_yes_or_no_is_kept(database: Database) -> None:
    made = do(database, "persone.registra", **FORM, svantaggio_l68="sì", svantaggio_l381=False)
    with database.read() as connection:
        data = people.get(connection, made["persona_id"]).data
    assert (data.svantaggio_l68, data.svantaggio_l381) == (True, False)


def test_a_code_already_used_by_another_name_is_refused(database: Database) -> None:
    create(database, ANNA)
    with pytest.raises(BusinessError) as caught:
        do(database, "persone.registra", **{**FORM, "cognome": "Fittizi", "nome": "Ugo"})
    assert caught.value.code == "PERSONA_DISCORDANTE"
    assert "Prova" not in caught.value.message, "whose code it is stays private"


def test_duplicates_are_shown_before_writing(database: Database) -> None:
    anna = create(database, ANNA)
    omocode = codicefiscale.decode(fiscal_code())["omocodes"][1]
    with database.read() as connection:

        def reasons(*values: Any) -> list[tuple[str, bool]]:
            return [(found.reason, found.certain) for found in people.duplicates(connection, *values)]

        assert reasons(fiscal_code(), "Altri", "Nomi", None) == [("stesso codice fiscale", True)]
        assert reasons("", "PROVA", "ànna", BORN) == [("stesso nome e stessa data di nascita", True)]
        assert reasons(omocode, "Prova", "Anna", BORN) == [("stesso nome e stessa data di nascita", False)]
        assert reasons(omocode, "Altri", "Nomi", None) == [
            ("codice fiscale uguale a meno dell'omocodia", False)
        ]
        assert reasons("", "Anna", "Prova", BORN) == [("nome simile e stessa data di nascita", False)]
        assert reasons("", "Prova", "Anna", None) == [("stesso nome, data di nascita non nota", False)]
        assert reasons("", "Prova", "Anna", date(1980, 1, 1)) == []
        assert reasons("", "", "", None) == []
        assert people.duplicates(connection, fiscal_code(), "Prova", "Anna", BORN, except_id=anna.id) == ()
    for data in (ANNA, replace(ANNA, codice_fiscale="", motivo_senza_cf="perso")):
        with pytest.raises(InvalidInput) as caught:
            create(database, data)
        assert caught.value.code == "PERSONA_GIA_PRESENTE"
    twin = replace(ANNA, codice_fiscale=omocode)
    assert create(database, twin).id != anna.id, "two codes are two people"


def test_a_namesake_must_be_confirmed(database: Database) -> None:
    first = create(database, WITHOUT_CODE)
    with pytest.raises(InvalidInput):
        create(database, WITHOUT_CODE)
    second = create(database, WITHOUT_CODE, confirmed_namesake=True)
    assert second.id != first.id
    form: dict[str, Any] = {"cognome": "D'Esempio", "nome": "Nicolò", "data_nascita": date(1990, 5, 1)}
    with pytest.raises(BusinessError) as caught:
        do(database, "persone.registra", **form, motivo_senza_codice="Appena arrivato")
    assert caught.value.code == "PERSONA_AMBIGUA"


@pytest.mark.parametrize("data", [ANNA, WITHOUT_CODE])
def test_twelve_people_write_the_same_person_at_once(database: Database, data: PersonData) -> None:
    refused = refusals(*[lambda: create(database, data)] * 12)
    assert [one.code for one in refused] == ["PERSONA_GIA_PRESENTE"] * 11
    assert count(database) == 1


def test_a_change_is_kept_in_the_register_and_two_hands_do_not_overwrite(database: Database) -> None:
    person = create(database, ANNA)
    with database.begin() as work:
        changed = people.change(
            work.connection, person.id, replace(ANNA, telefono="000"), by=BY, today=TODAY, revision=1
        )
        assert changed.revision == 2
        same = people.change(work.connection, person.id, changed.data, by=BY, today=TODAY)
        assert same.revision == 2
    with pytest.raises(InvalidState), database.begin() as work:
        people.change(
            work.connection, person.id, replace(ANNA, telefono="111"), by=BY, today=TODAY, revision=1
        )
    with database.read() as connection:
        (last, *_) = (
            line for line in changes_of(connection, "persona", person.id) if line.azione != "registrata"
        )
        assert last.dati == {"prima": {"telefono": ""}}
        assert last.actor_id == "anna"
    for statement in (update(registro_anagrafe).values(actor_id="x"), delete(registro_anagrafe)):
        with pytest.raises(IntegrityError), database.begin() as work:
            work.connection.execute(statement)
    with database.read() as connection, pytest.raises(NotFound):
        people.get(connection, "nessuno")


def test_the_search_box_finds_people(database: Database) -> None:
    anna = create(database, ANNA)
    nick = create(database, WITHOUT_CODE)
    with database.read() as connection:

        def found(text: str, **options: Any) -> list[str]:
            return [person.id for person in people.find(connection, text, **options)]

        assert found("prov") == found("ann PROVA") == found("prva") + found("PRVNNA76") == [anna.id]
        assert found("esempio nicolo") == found("d'esèmpio") == [nick.id]
        assert found("") == found("%") == found("_") == found("rova") == []
        assert found("prova", scopes=["cremasco"]) == found("prova", scopes=[""]) == [anna.id]
        assert (
            found("prova", scopes=["cremona"])
            == found("prova", scopes=["crem"])
            == found("prova", scopes=[])
            == []
        )


MOTHER = {"cognome": "Esempi", "nome": "Marta", "data_nascita": date(1984, 7, 3), "legame": "madre"}
CHILD = {"cognome": "Esempi", "nome": "Tea", "data_nascita": "2012-06-01", "legame": "figlia"}
GRANDFATHER = {"cognome": "Esempi", "nome": "Oreste", "legame": "nonno"}


def test_a_household_is_registered_with_its_members(database: Database) -> None:
    made = do(
        database, "persone.registra_nucleo", nome="Famiglia Esempi", componenti=[MOTHER, CHILD, GRANDFATHER]
    )
    assert made["nuovi"] == 3
    assert made["soggetto"] == (made["persona_id"], "Famiglia Esempi")
    with database.read() as connection:
        about = people.subject_of_instance(connection, "caso1")
        assert about is not None
        assert about.household is not None
        assert about.person.data.nome == "Marta"
        members = [(member.person.data.nome, member.relazione) for member in about.household.membri]
        assert members == [("Marta", "referente"), ("Tea", "figlia"), ("Oreste", "nonno")]
        assert about.household.membri[1].person.data.data_nascita == date(2012, 6, 1)
    again = do(
        database,
        "persone.registra_nucleo",
        case="caso2",
        linked_from="caso1",
        nome="Famiglia Esempi",
        componenti=[
            MOTHER,
            CHILD,
            GRANDFATHER,
            {"cognome": "Esempi", "nome": "Pia", "data_nascita": "2015-01-01"},
        ],
    )
    assert (again["nuovi"], again["nucleo_id"]) == (1, made["nucleo_id"])
    assert len(again["componenti"]) == 4
    with database.begin() as work:
        people.leave(work.connection, made["nucleo_id"], made["componenti"][2], by=BY, last_day=TODAY)
        left = people.household(work.connection, made["nucleo_id"])
        assert [member.al for member in left.membri] == [None, None, TODAY, None]
        assert people.instances_of_person(work.connection, made["componenti"][1]) == ("caso1", "caso2")


def test_the_one_of_reference_can_be_said(database: Database) -> None:
    made = do(database, "persone.registra_nucleo", componenti=[CHILD, {**MOTHER, "referente": True}])
    assert made["nome_completo"] == "Nucleo Esempi"
    with database.read() as connection:
        assert people.get(connection, made["persona_id"]).data.nome == "Marta"


def test_a_household_with_a_fault_is_not_registered_at_all(database: Database) -> None:
    wrong: list[list[Any]] = [[], [MOTHER, {"nome": "Tea"}], [{**MOTHER, "codice_fiscale": fiscal_code()}]]
    for members in wrong:
        with pytest.raises(BusinessError):
            do(database, "persone.registra_nucleo", componenti=members)
    others: list[Any] = ["testo", ["x"], [{**MOTHER, "data_nascita": "31/12/1984"}]]
    for members in others:
        with pytest.raises(ExecutionFailed):
            do(database, "persone.registra_nucleo", componenti=members)
    assert count(database) == 0


def test_ambiti_comuni_and_organisations(database: Database) -> None:
    with database.begin() as work:
        connection = work.connection
        save_scope(
            connection, Ambito("cremasco", "Ambito Cremasco", "San Pantaleone", "06-10", ("Crema",)), by=BY
        )
        save_scope(
            connection, Ambito("cremasco/pandino", "Sub-ambito di Pandino", comuni=("Pandino",)), by=BY
        )
        save_scope(connection, Ambito("cremasco", "Cremasco", "San Pantaleone", "06-10", ("Crema",)), by=BY)
        assert [(scope.path, scope.nome, scope.comuni) for scope in scopes(connection)] == [
            ("cremasco", "Cremasco", ("Crema",)),
            ("cremasco/pandino", "Sub-ambito di Pandino", ("Pandino",)),
        ]
        assert comuni(connection) == comuni(connection, "cremasco") == ("Crema", "Pandino")
        assert comuni(connection, "cremasco/pandino") == ("Pandino",)
        assert connection.execute(
            select(comune.c.ambito).where(comune.c.nome == "Pandino")
        ).scalars().all() == ["cremasco/pandino"]
        assert read_calendar(connection, "cremasco/pandino").patron.patron_day == "06-10"
        assert read_calendar(connection, "altrove").patron.patron_day == ""
        first = people.save_organisation(connection, "Cooperativa Prova", "cooperativa", "cremasco", by=BY)
        again = people.save_organisation(connection, " Cooperativa  Prova ", "coop", "cremasco", by=BY)
        assert first == again
        assert [o.tipo for o in people.organisations(connection, "cremasco/pandino")] == ["coop"]
        assert people.organisations(connection, "cremona") == ()
        people.close_organisation(connection, first, by=BY)
        assert people.organisations(connection) == ()
        assert len(people.organisations(connection, also_closed=True)) == 1
        for wrong in (Ambito("Crema!", "x"), Ambito("altro/sotto", "x"), Ambito("x", "x", "y", "31-12")):
            with pytest.raises(InvalidInput):
                save_scope(connection, wrong, by=BY)
