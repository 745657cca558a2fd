"""The papers of a case: what is printed on them, that they are accessible, numbered, and never change."""

from __future__ import annotations

import io
import itertools
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pypdf
import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

import modules.budget.operations
import modules.documents.operations  # noqa: F401
from engine.access.tables import ambito
from engine.errors import ExecutionFailed, NotFound
from engine.service_tasks import InstanceRef
from engine.storage import Database
from modules.documents import service
from modules.documents.model import Kind
from modules.documents.tables import documento
from tests.concurrency import refusals
from tests.modules.instance_rows import open_case
from tests.modules.service_task_contexts import Context, call

SIGNED = datetime(2016, 8, 31, 8, 0, tzinfo=UTC)
HOSTILE = '#import "x.typ": ] $x^2$ *grassetto* _corsivo_ @rif <etichetta> \\ // --- ${nome} {{7*7}} `codice`'

PROGETTO: dict[str, Any] = {
    "nome": "Fiorenza",
    "cognome": "Inventata",
    "codice_fiscale": "NVNFNZ76B50D142X",
    "obiettivi": [
        {
            "testo": "Trovare un lavoro",
            "indicatore": "Contratto",
            "valore_iniziale": Decimal(0),
            "valore_atteso": Decimal(1),
            "entro": date(2017, 8, 31),
        }
    ],
    "impegni_persona": ["Partecipare alle 38 ore"],
    "sostegni": [{"attore": "Cooperativa Il Glicine", "azione": "Accogliere in tirocinio"}],
    "impegno_generativo": {
        "ente": "Biblioteca",
        "attivita": "Letture",
        "ore": Decimal("12.50"),
        "assicurazione": True,
    },
    "data_inizio": date(2016, 9, 1),
    "data_fine": date(2017, 8, 31),
}


def context(connection: Any, case: InstanceRef, **variables: Any) -> Context:
    return Context(
        connection, case, variables=variables, now=SIGNED, today=date(2016, 8, 31), element_id="Service_Patto"
    )


def read(data: bytes) -> str:
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def issue(
    database: Database, topic: str, *, variables: dict[str, Any] | None = None, **inputs: Any
) -> tuple[Any, str]:
    with database.begin() as work:
        case = open_case(work.connection)
        result = call(context(work.connection, case, **(variables or {})), topic, **inputs)
    with database.read() as connection:
        return result, read(service.content(connection, result["documento_id"]))


def test_the_contract_says_who_what_how_long_and_where_to_sign(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection, subject="persona1")
        work.connection.execute(ambito.insert().values(path="cremasco", nome="Ambito cremasco di prova"))
        step = context(work.connection, case, **PROGETTO)
        call(step, "budget.apri")
        call(
            step,
            "budget.prevedi",
            voci=[
                {"categoria": "formazione", "fornitore": "Ente Corsi", "importo": Decimal("1200.00")},
                {"categoria": "mobilita", "fornitore": "Trasporti", "importo": Decimal("740.50")},
            ],
        )
        result = call(
            step,
            "documenti.contratto",
            titolo="Patto per l'Autonomia",
            firmatari=[
                "Fiorenza Inventata",
                {"nome": "Ugo", "cognome": "Prova", "ruolo": "presidente", "ente": "Il Glicine"},
            ],
        )
    assert result["versione"] == 1
    assert result["numero_protocollo"] == "0000001/2016"
    with database.read() as connection:
        text = read(service.content(connection, result["documento_id"]))
    for expected in (
        "Ambito cremasco di prova · Crema",
        "Prot. n. 0000001/2016",
        "del 31 agosto 2016",
        "Patto per l'Autonomia Versione 1",
        "Fiorenza Inventata",
        "NVNFNZ76B50D142X",
        "Trovare un lavoro Contratto 0 1 31 agosto 2017",
        "Cooperativa Il Glicine Accogliere in tirocinio",
        "Ore 12,5",
        "Assicurazione sì",
        "Il budget non può superare 2.000,00 €",
        "Formazione e riqualificazione Ente Corsi 1.200,00 €",
        "Totale 1.940,50 €",
        "dal 1° settembre 2016 al 31 agosto 2017",
        "Ugo Prova presidente, Il Glicine",
        "• Ugo Prova (presidente, Il Glicine)",
        "• Ambito cremasco di prova · Crema",
        "Firma",
        "Patto n. 12 · versione 1 · prot. 0000001/2016",
    ):
        assert expected in text


def test_what_people_typed_is_printed_as_it_is(database: Database) -> None:
    _, text = issue(
        database,
        "documenti.contratto",
        variables=PROGETTO | {"impegni_persona": [HOSTILE], "cognome": "D’Àgnolo <b>"},
    )
    assert HOSTILE in text
    assert "Fiorenza D’Àgnolo <b>" in text


def test_a_title_that_looks_like_markup_stays_a_title(database: Database) -> None:
    _, text = issue(database, "documenti.contratto", titolo=HOSTILE, variables=PROGETTO)
    assert HOSTILE in text


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("漢字 😀 fine", "�� � fine"),
        ("a\x00b\x07c", "abc"),
        ("privato \ue000", "privato �"),
        ("Ștefan Łukasz Çelik Ñandú Ðorđe Ελένη Юлія", "Ștefan Łukasz Çelik Ñandú Ðorđe Ελένη Юлія"),
        ("".join(chr(0x4E00 + n) for n in range(60)), "�" * 60),
    ],
)
def test_letters_of_any_alphabet_never_stop_a_document(database: Database, typed: str, printed: str) -> None:
    _, text = issue(database, "documenti.contratto", variables={"impegni_persona": [typed]})
    assert printed.replace(" ", "") in text.replace(" ", "")


def test_before_an_account_is_opened_the_budget_is_the_proposed_one(database: Database) -> None:
    lines = [{"categoria": "mobilita", "fornitore": "Trasporti", "importo": Decimal("60.5")}]
    _, text = issue(database, "documenti.contratto", variables={"voci_budget": lines, "tutor": "ugo"})
    assert "Mobilità Trasporti 60,50 €" in text
    assert "Tutor ugo" in text


def test_a_contract_without_any_detail_can_still_be_printed(database: Database) -> None:
    _, text = issue(database, "documenti.contratto")
    assert "Fiorenza Inventata" in text
    assert "budget" not in text


def test_the_pdf_is_tagged_archivable_and_in_italian(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection)
        result = call(context(work.connection, case, **PROGETTO), "documenti.contratto")
        data = service.content(work.connection, result["documento_id"])
    reader = pypdf.PdfReader(io.BytesIO(data))
    root: Any = reader.trailer["/Root"]
    assert root["/Lang"].lower() == "it-it"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Patto gener-attivo"
    assert reader.metadata.creation_date == SIGNED
    xmp = root["/Metadata"].get_object().get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert "<pdfaid:part>2</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in xmp
    tags = list(structure(root["/StructTreeRoot"]))
    assert {"/H1", "/H2", "/H3", "/Table", "/TH", "/TD", "/L", "/LI", "/P"} <= set(tags)
    headings = [int(tag[2]) for tag in tags if tag in {"/H1", "/H2", "/H3"}]
    assert headings[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(headings)), "no level is skipped"


def structure(node: Any) -> Any:
    node = node.get_object() if hasattr(node, "get_object") else node
    if isinstance(node, list):
        for child in node:
            yield from structure(child)
    elif isinstance(node, dict):
        if "/S" in node:
            yield node["/S"]
        yield from structure(node.get("/K", []))


def test_the_same_data_give_the_same_bytes(database: Database) -> None:
    hashes = set()
    for _ in range(2):
        with database.begin() as work:
            case = open_case(work.connection)
            hashes.add(call(context(work.connection, case, **PROGETTO), "documenti.contratto")["impronta"])
            work.connection.rollback()
    assert len(hashes) == 1


def test_a_new_version_replaces_the_old_one_which_stays_as_it_was(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection)
        step = context(work.connection, case, **PROGETTO)
        first = call(step, "documenti.contratto")
        letter = call(step, "documenti.lettera_esito", esito="approva")
        second = call(step, "documenti.contratto")
    assert (first["versione"], letter["versione"], second["versione"]) == (1, 1, 2)
    with database.read() as connection:
        newest, _, oldest = service.of_instance(connection, case.id)
        assert newest.id == second["documento_id"]
        assert newest.is_in_force
        assert newest.replaces == oldest.id
        assert oldest.superseded_by == newest.id
        assert not oldest.is_in_force
        assert "Versione 2, che sostituisce la versione 1" in read(service.content(connection, newest.id))
        assert newest.filename == "contratto-12-v2.pdf"
        assert newest.created_by == "anna"
        assert newest.created_at == SIGNED
        assert service.verify_hash(connection, oldest.id)
        assert service.of_instance(connection, "altro") == ()
    assert [kind for kind, _ in step.records] == ["document.issued"] * 3


def test_the_database_refuses_to_change_or_delete_a_document(database: Database) -> None:
    issue(database, "documenti.contratto")
    for statement in (update(documento).values(filename="altro.pdf"), delete(documento)):
        with pytest.raises(DBAPIError, match="non si modificano"), database.begin() as work:
            work.connection.execute(statement)
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(documento)).scalar_one() == 1


def test_an_altered_document_is_not_handed_out(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection)
        service_call = context(work.connection, case)
        document = service.issue(service_call, Kind.VERBALE, "Verbale", lambda _: b"contenuto")
        drop = (
            "DROP TRIGGER documento_no_update"
            if database.is_sqlite
            else ("ALTER TABLE documento DISABLE TRIGGER documento_no_change")
        )
        work.connection.exec_driver_sql(drop)
        work.connection.execute(update(documento).values(content=b"alterato"))
        assert not service.verify_hash(work.connection, document.id)
        with pytest.raises(ExecutionFailed) as problem:
            service.content(work.connection, document.id)
        assert problem.value.code == "DOCUMENT_ALTERED"


def test_an_unknown_document_is_not_found(database: Database) -> None:
    with database.read() as connection:
        for read_it in (service.get, service.content, service.verify_hash):
            with pytest.raises(NotFound):
                read_it(connection, "nessuno")


def test_documents_issued_at_the_same_moment_get_different_numbers(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection)

    def issue() -> None:
        with database.begin() as work:
            service.issue(
                context(work.connection, case), Kind.CONTRATTO, "Patto", lambda r: r.protocol.encode()
            )

    assert not refusals(*[issue] * 12)
    with database.read() as connection:
        documents = service.of_instance(connection, case.id)
    assert sorted(document.version for document in documents) == list(range(1, 13))
    assert len({document.protocol for document in documents}) == 12
    assert [document.version for document in documents if document.is_in_force] == [12]


def test_protocol_numbers_begin_again_each_year_in_italy(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection)
        step = context(work.connection, case)
        call(step, "documenti.lettera_esito", esito="approva")
        step.now = datetime(2016, 12, 31, 23, 30, tzinfo=UTC)
        step.today = date(2017, 1, 1)
        assert call(step, "documenti.lettera_esito", esito="approva")["numero_protocollo"] == "0000001/2017"


def test_the_letter_of_outcome(database: Database) -> None:
    _, text = issue(
        database,
        "documenti.lettera_esito",
        esito="approva",
        destinatario="Fiorenza Inventata\nvia di Nessuno 1\n26013 Crema",
        data_seduta=date(2016, 8, 24),
        termine=date(2016, 9, 14),
    )
    assert "Alla cortese attenzione di Fiorenza Inventata via di Nessuno 1" in text
    assert (
        "Gentile Fiorenza Inventata, la commissione distrettuale, nella seduta del 24 agosto 2016, ha approvato"
        in text
    )
    assert "Firma entro il 14 settembre 2016" in text


def test_an_adverse_letter_must_give_its_reasons(database: Database) -> None:
    with pytest.raises(ExecutionFailed, match="deve essere motivato"):
        issue(database, "documenti.lettera_esito", esito="respinge")
    _, text = issue(
        database,
        "documenti.lettera_esito",
        esito="respinge",
        variables={"motivazione": "Mancano i requisiti.\nVedi art. 3"},
    )
    assert "non ha accolto" in text
    assert "Motivazione Mancano i requisiti. Vedi art. 3" in text


def test_an_unknown_outcome_needs_its_own_text(database: Database) -> None:
    with pytest.raises(ExecutionFailed, match="approva, chiede_modifiche"):
        issue(database, "documenti.lettera_esito", esito="boh")
    _, text = issue(
        database, "documenti.lettera_esito", esito="interrotto", testo="Primo punto.\nSecondo punto."
    )
    assert "Primo punto. Secondo punto." in text


def test_the_minutes(database: Database) -> None:
    _, text = issue(
        database,
        "documenti.verbale",
        esito="chiede_modifiche",
        variables={
            "data_seduta": date(2016, 7, 27),
            "presenti": ["Ada Uno", {"nome": "Ivo", "cognome": "Due", "ruolo": "presidente"}],
            "astenuti_conflitto": [{"nome": "Pia Tre (parente)", "ragione": "parente"}],
            "motivazione": "Serve un obiettivo misurabile.",
            "termine_modifiche": date(2016, 8, 6),
        },
    )
    for expected in (
        "Seduta del 27 luglio 2016",
        "Ivo Due (presidente)",
        "Pia Tre (parente)",
        "chiede di modificare",
        "6 agosto 2016",
    ):
        assert expected in text


def test_the_statement_of_accounts_tells_what_the_ledger_holds(database: Database) -> None:
    with database.begin() as work:
        case = open_case(work.connection, subject="persona1")
        step = context(work.connection, case)
        with pytest.raises(ExecutionFailed) as problem:
            call(step, "documenti.rendiconto")
        assert problem.value.code == "CONTO_MANCANTE"
        call(step, "budget.apri")
        call(
            step,
            "budget.prevedi",
            voci=[{"categoria": "mobilita", "fornitore": "Trasporti", "importo": Decimal("60.00")}],
        )
        result = call(step, "documenti.rendiconto")
        text = read(service.content(work.connection, result["documento_id"]))
    for expected in ("Tetto 2.000,00 €", "Previsto 60,00 €", "Mobilità", "Apertura", "Previsione"):
        assert expected in text
