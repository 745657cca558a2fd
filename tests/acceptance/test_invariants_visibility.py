"""Who sees what: one's own ambito, the cases one takes part in, and restricted notes only for the few."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from engine.access import SYSTEM, Actor, Permission
from engine.engine import Engine
from engine.errors import EngineError, Forbidden
from engine.simulation import World
from engine.storage.tables import attachment, event, instance, submission, task
from engine.tasks.models import InboxFilter
from modules.documents import service as documents
from modules.people import persons
from tests.acceptance.pages import Desk, Pages
from tests.acceptance.random_walker import FAMILY
from tests.acceptance.stages import SECRET, SPENDING, at, log_of
from tests.form_answers import posted

FOREIGN = ("olga", "oreste", "omar", "nora")
"""Assistente sociale, coordinatore, microequipe and tutor of another ambito."""
NAME = "Finti"
ECHO = ("files.typed_text", "tasks.drop_draft")
"""Pages that touch nothing of the case: they give back what was sent, and forget one's own draft."""


def ids_of(world: World) -> dict[str, list[str]]:
    """What the addresses of pages need, by the name it has in them."""
    case = world.instance_ids[0]
    with world.engine.database.read() as connection:
        return {
            "instance_id": [case],
            "task_id": list(connection.execute(select(task.c.id)).scalars()),
            "attachment_id": list(connection.execute(select(attachment.c.id)).scalars()),
            "person_id": [person.id for person in persons.find(connection, NAME)],
            "document_id": [one.id for one in documents.of_instance(connection, case)],
            "submission_id": [
                str(one)
                for one in connection.execute(select(submission.c.id).order_by(submission.c.id)).scalars()
            ],
            "key": ["patto_autonomia"],
        }


def addresses(pages: Pages, method: str) -> Iterator[tuple[str, str]]:
    """(endpoint, address) of every page about a case, with the ids of this one filled in."""
    known = ids_of(pages.world)
    adapter = pages.app.url_map.bind("localhost")
    for rule in pages.app.url_map.iter_rules():
        about = rule.arguments & {"instance_id", "task_id", "attachment_id", "person_id"}
        if not about or method not in (rule.methods or ()):
            continue
        (name,) = about
        for value in known[name]:
            more = {other: known[other][0] for other in rule.arguments - {name}}
            yield rule.endpoint, adapter.build(rule.endpoint, {name: value, **more}, method=method)


def filled_in() -> dict[str, Any]:
    """What every form of the pages would want, so that no request stops at an empty field."""
    return {
        "testo": "Ciao", "motivo": "Una prova", "a": "olga", "collega": "olga", "nota": "Ciao",
        "messaggio": "Incontro straordinario", "file": (io.BytesIO(b"%PDF-1.4 prova"), "prova.pdf"),
    }  # fmt: skip


def state(world: World) -> Any:
    """What no refused request may change."""
    with world.engine.database.read() as connection:
        return [
            connection.execute(select(instance.c.revision, instance.c.state)).all(),
            connection.execute(select(task.c.id, task.c.assignee, task.c.revision).order_by(task.c.id)).all(),
            connection.execute(select(func.count()).select_from(attachment)).scalar_one(),
            connection.execute(
                select(func.count()).select_from(event).where(event.c.instance_id.is_not(None))
            ).scalar_one(),
        ]


def test_no_page_about_a_case_opens_to_another_ambito(
    active: World, database_kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Every page there is, also those to come: their addresses are read from the application."""
    for username in some(FOREIGN, database_kind):
        caplog.clear()
        _knock_at_every_page(active, username, caplog)


def some(usernames: tuple[str, ...], kind: str) -> tuple[str, ...]:
    """Everybody on SQLite; on PostgreSQL, where the same pages ask the same questions, the first of them."""
    return usernames if kind == "sqlite" else usernames[:1]


def _knock_at_every_page(active: World, username: str, caplog: pytest.LogCaptureFixture) -> None:
    pages, before = Pages(active), state(active)
    desk = pages.desk(username)
    desk.get("/profilo")
    tried = 0
    with caplog.at_level(logging.WARNING, logger="patti.refusals"):
        for method in ("GET", "POST"):
            for endpoint, address in addresses(pages, method):
                if endpoint in ECHO:
                    continue
                answer = desk.get(address) if method == "GET" else desk.post(address, filled_in())
                assert answer.status_code in (403, 404), (method, address, answer.status_code)
                assert NAME not in answer.text
                assert SECRET not in answer.text
                tried += answer.status_code == 403
    assert tried > 20
    assert len([line for line in caplog.messages if username in line]) == tried
    assert state(active) == before


def test_lists_and_search_show_nothing_of_another_ambito(active: World) -> None:
    for username in FOREIGN:
        _search_everywhere(active, username)


def _search_everywhere(active: World, username: str) -> None:
    desk, actor, case = Pages(active).desk(username), active.actor(username), active.instance()
    for address in (
        "/compiti", "/compiti?vista=tutti", "/pratiche", "/pratiche?ambito=cremasco/crema", "/cerca?q=Finti",
        f"/cerca?q={case.number}", "/cerca?q=FNTTEA88E43D142X", "/cerca?q=Spesa", "/avvisi",
    ):  # fmt: skip
        answer = desk.get(address)
        assert answer.status_code == 200, address
        assert "Tea" not in answer.text, address
        assert case.id not in answer.text, address
    inbox = active.engine.inbox
    assert inbox.search_tasks("Spesa", actor) == ()
    assert active.engine.instances.search("Finti", actor) == ()
    assert active.engine.instances.list(actor).items == ()
    for box in ("mine", "groups", "all"):
        assert inbox.page(actor, InboxFilter(box=box)).items == ()
    counts = inbox.counts(actor)
    assert (counts.mine, counts.groups, counts.overdue) == (0, 0, 0)


SERVICES: dict[str, Callable[[Engine, str, str, Actor], object]] = {
    "get": lambda engine, case, one, actor: engine.instances.get(case, actor),
    "variables": lambda engine, case, one, actor: engine.instances.variables(case, actor),
    "tokens": lambda engine, case, one, actor: engine.instances.active_elements(case, actor),
    "diagrams": lambda engine, case, one, actor: engine.instances.diagrams(case, actor),
    "suspend": lambda engine, case, one, actor: engine.instances.suspend(case, "prova", actor),
    "resume": lambda engine, case, one, actor: engine.instances.resume(case, actor),
    "cancel": lambda engine, case, one, actor: engine.instances.cancel(case, "prova", actor),
    "reopen": lambda engine, case, one, actor: engine.instances.reopen(case, "prova", actor),
    "timeline": lambda engine, case, one, actor: engine.history.timeline(case, actor).items,
    "why": lambda engine, case, one, actor: engine.history.waiting_reasons(case, actor),
    "readers": lambda engine, case, one, actor: engine.history.readers(case, actor),
    "participants": lambda engine, case, one, actor: engine.history.participants(case, actor),
    "timers": lambda engine, case, one, actor: engine.timers.of_instance(case, actor),
    "task": lambda engine, case, one, actor: engine.inbox.task(one, actor),
    "tasks": lambda engine, case, one, actor: engine.inbox.of_instance(case, actor),
    "papers": lambda engine, case, one, actor: engine.inbox.comments_and_attachments(case, actor),
    "claim": lambda engine, case, one, actor: engine.tasks.claim(one, actor),
    "release": lambda engine, case, one, actor: engine.tasks.release(one, actor),
    "hand over": lambda engine, case, one, actor: engine.tasks.hand_over(one, actor, "", actor),
    "draft": lambda engine, case, one, actor: engine.tasks.save_draft(one, {"importo": "1"}, actor),
    "complete": lambda engine, case, one, actor: engine.tasks.complete(one, {}, actor),
    "comment": lambda engine, case, one, actor: engine.comments.comment(one, "Ciao", actor),
    "comment case": lambda engine, case, one, actor: engine.comments.comment_instance(case, "Ciao", actor),
    "attach": lambda engine, case, one, actor: engine.comments.attach(
        one, "a.pdf", "application/pdf", b"x", actor
    ),
    "message": lambda engine, case, one, actor: engine.messages.correlate(
        "Incontro straordinario", engine.instances.get(case, SYSTEM).business_key, {}, actor
    ),
}


def test_no_service_serves_another_ambito(active: World) -> None:
    before = state(active)
    assert active.tasks()
    for one in active.tasks():
        for name, call in SERVICES.items():
            for username in FOREIGN:
                try:
                    call(active.engine, active.instance_ids[0], one.id, active.actor(username))
                except Forbidden:
                    continue
                pytest.fail(f"{name} served {username}")
    with active.engine.database.read() as connection:
        files = list(connection.execute(select(attachment.c.id)).scalars())
    assert files
    for file in files:
        with pytest.raises(Forbidden):
            active.engine.comments.attachment_content(file, active.actor("olga"))
    assert state(active) == before


def test_a_process_is_not_started_in_another_ambito(newborn: World) -> None:
    for username in ("olga", "oreste"):
        with pytest.raises(Forbidden):
            newborn.engine.instances.start("patto_autonomia", {}, newborn.actor(username), "cremasco/crema")
    assert newborn.engine.instances.list(SYSTEM).items == ()


def test_who_reports_a_family_is_thanked_and_sees_no_more(newborn: World) -> None:
    """Mara, of the parish, may open a case and not read it: the page says it is opened, and the inbox follows."""
    desk, repository = Pages(newborn).desk("mara"), newborn.engine.repository
    form = repository.start_form(repository.latest("patto_inclusione").id)
    assert form is not None
    answer = desk.post("/nuova-pratica/patto_inclusione", {**posted(form, FAMILY), "ambito": newborn.scope})
    assert (answer.status_code, answer.location) == (302, "/compiti")
    (opened,) = newborn.engine.instances.list(SYSTEM).items
    assert f"Aperta la pratica n. {opened.number}" in desk.get("/compiti").text
    assert desk.get(f"/pratiche/{opened.id}").status_code == 403


def replace_tutor(world: World, new: str, reason: str) -> None:
    world.message(
        "Sostituzione del tutor", by="carla", values={"nuovo_tutor": new, "motivo_sostituzione": reason}
    )
    world.task("Accettazione dell'incarico").complete(by=new, accetta_incarico="si")


def test_a_part_from_elsewhere_opens_the_case_and_its_end_closes_it(active: World) -> None:
    """Nora, tutor of the Casalasco, stands in for Fabio: she sees this case, works on it, and then no longer."""
    case, other = (
        active.instance_ids[0],
        active.start("patto_autonomia", by="anna", values=_somebody_else()).id,
    )
    active.instance_ids.reverse()
    replace_tutor(active, "nora", "Fabio è malato.")
    nora, inbox = active.actor("nora"), active.engine.inbox
    assert [one.id for one in active.engine.instances.list(nora).items] == [case]
    assert {one.name for one in inbox.page(nora, InboxFilter(box="mine")).items} >= {SPENDING}
    desk = Pages(active).desk("nora")
    assert NAME in desk.get(f"/pratiche/{case}").text
    assert SECRET not in desk.get(f"/pratiche/{case}").text
    assert desk.get(f"/pratiche/{other}").status_code == 403
    done = active.task(SPENDING, case)
    attached = done.attach("scontrino.pdf", by="nora")
    assert desk.get(f"/allegati/{attached}").status_code == 200
    expense = {
        "tipo_spesa": "pagamento",
        "categoria": "mobilita",
        "importo": 500,
        "giustificativo": "Ricevuta 1",
    }
    done.complete(by="nora", values=expense)

    replace_tutor(active, "fabio", "È tornato.")
    desk = Pages(active).desk("nora")
    assert active.engine.instances.list(nora).items == ()
    assert active.engine.inbox.search_tasks("Spesa", nora) == ()
    assert not active.engine.inbox.page(nora, InboxFilter(box="all")).items
    for address in (f"/pratiche/{case}", f"/pratiche/{case}/gettoni", f"/allegati/{attached}"):
        assert desk.get(address).status_code == 403
    for one in active.tasks(case):
        with pytest.raises(Forbidden):
            active.engine.inbox.task(one.id, nora)
    mine = active.engine.inbox.task(done.id, nora)
    assert (mine.completed_by, mine.variables, mine.comments, mine.attachments) == ("nora", {}, (), ())
    signed = [one.actor_id for one in log_of(active, "task.completed", case) if one.element_name == SPENDING]
    assert signed == ["nora"]
    assert active.task(SPENDING, case).row.assignee == "fabio"


def test_a_role_that_has_ended_opens_nothing_the_day_after(active: World) -> None:
    from engine.access import ChangedBy, accounts

    with active.engine.database.begin() as work:
        for held in accounts.memberships(work.connection, "bruno"):
            accounts.end_membership(
                work.connection, held.id, at(2, 29).date(), by=ChangedBy("rita", active.now)
            )
    assert (
        active.engine.instances.get(active.instance_ids[0], active.actor("bruno")).id
        == active.instance_ids[0]
    )
    active.advance(days=1)
    with pytest.raises(Forbidden):
        active.engine.instances.get(active.instance_ids[0], active.actor("bruno"))
    assert Pages(active).desk("bruno").get(f"/pratiche/{active.instance_ids[0]}").status_code == 403


# -- restricted notes --------------------------------------------------------------------------------------------------

FEW = ("anna", "dario")
OTHERS = ("gina", "elena", "fabio", "carla", "bruno", "luca", "rita")


def secret_pages(desk: Desk, pages: Pages) -> list[str]:
    """The addresses whose answer holds the secret or what stands beside it."""
    found = []
    for _, address in addresses(pages, "GET"):
        for headers in ({}, {"Accept": "application/json"}):
            answer = desk.get(address, **headers)
            text = answer.get_data().decode("utf-8", "replace")
            if any(words in text for words in ("Segreto", "Rina Segreti", "referto-riservato")):
                found.append(address)
    return found


def test_no_page_shows_restricted_notes_to_the_others(active: World, database_kind: str) -> None:
    pages = Pages(active)
    for username in some(OTHERS, database_kind):
        desk = pages.desk(username)
        assert secret_pages(desk, pages) == [], username
        assert ids_of(active)["task_id"]
        for one in ids_of(active)["task_id"]:
            answer = desk.post(f"/compiti/{one}", {"note_riservate": ""})
            assert "Segreto" not in answer.text
            assert "Rina Segreti" not in answer.text


def test_the_few_find_them_on_the_page_of_the_case(active: World) -> None:
    pages = Pages(active)
    for username in FEW:
        assert f"/pratiche/{active.instance_ids[0]}" in secret_pages(pages.desk(username), pages)


def test_no_service_gives_restricted_notes_to_the_others(active: World) -> None:
    case, engine = active.instance_ids[0], active.engine
    with engine.database.read() as connection:
        restricted = connection.execute(select(attachment.c.id).where(attachment.c.restricted)).scalar_one()
        tasks = connection.execute(select(task.c.id)).scalars().all()
    for username in OTHERS:
        actor = active.actor(username)
        calls: list[Callable[[], object]] = [
            partial(engine.instances.variables, case, actor),
            partial(engine.inbox.comments_and_attachments, case, actor),
            partial(engine.history.timeline, case, actor),
            *(partial(engine.inbox.task, one, actor) for one in tasks),
        ]
        for call in calls:
            try:
                seen = repr(call())
            except EngineError:
                continue
            assert "Segreto" not in seen
            assert "Rina Segreti" not in seen
            assert "referto-riservato" not in seen
        with pytest.raises(Forbidden):
            engine.comments.attachment_content(restricted, actor)
    assert engine.instances.variables(case, active.actor("anna"))["note_riservate"] == SECRET
    assert (
        engine.comments.attachment_content(restricted, active.actor("dario"))[0].filename
        == "referto-riservato.pdf"
    )


def test_a_reopened_case_keeps_them_as_closed_as_before(active: World) -> None:
    """The data of the old case lie inside the new one: there too they are for the few."""
    active.cancel("trasferita", by="carla")
    active.reopen("è tornata", by="anna")
    assert SECRET in repr(active.engine.instances.variables(active.instance_ids[-1], active.actor("anna")))
    for username in ("carla", "gina", "fabio"):
        seen = repr(active.engine.instances.variables(active.instance_ids[-1], active.actor(username)))
        assert "Segreto" not in seen
        page = Pages(active).desk(username).get(f"/pratiche/{active.instance_ids[-1]}")
        assert page.status_code == 200
        assert "Segreto" not in page.text
        assert "Rina Segreti" not in page.text


def test_reading_leaves_a_line_whatever_is_read(active: World) -> None:
    desk, known, case = Pages(active).desk("elena"), ids_of(active), active.instance_ids[0]
    plain = next(one for one in known["attachment_id"] if desk.get(f"/allegati/{one}").status_code == 200)
    for address in (
        f"/pratiche/{case}", f"/compiti/{known['task_id'][0]}", f"/persone/{known['person_id'][0]}",
        f"/pratiche/{case}/documenti/{known['document_id'][0]}", f"/pratiche/{case}/rendiconto.csv",
        f"/allegati/{plain}",
    ):  # fmt: skip
        before = len(active.engine.history.readers(case, SYSTEM))
        assert desk.get(address).status_code == 200, address
        readers = active.engine.history.readers(case, SYSTEM)
        assert len(readers) > before, f"nobody knows that {address} was read"
        assert readers[0].actor_id == "elena"


def test_who_may_look_into_restricted_notes_is_two_roles(newborn: World) -> None:
    matrix = newborn.engine.permissions
    holders = {role.id for role in matrix.roles.values() if Permission.CASE_RESTRICTED in role.permissions}
    assert holders == {"assistente_sociale", "microequipe"}


def _somebody_else() -> dict[str, Any]:
    from tests.acceptance.stages import CANDIDATE

    return {
        **CANDIDATE,
        "nome": "Bea",
        "cognome": "Altri",
        "codice_fiscale": "",
        "motivo_senza_codice": "in attesa",
    }
