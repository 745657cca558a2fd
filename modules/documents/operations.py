"""The operations that issue documents: the patto, the letter of outcome, the minutes, the statement of accounts.

A parameter that is not given takes the value of the variable with the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from engine.access import accounts, scopes
from engine.access.actors import scope_chain
from engine.errors import ExecutionFailed
from engine.service_tasks import OperationContext, operation
from modules.budget import service as budget
from modules.documents import service, sheets
from modules.documents.model import Document, Kind, Reservation
from modules.documents.rendering import render
from modules.documents.sheets import Heading, Sheet, person_name
from modules.documents.wording import day_in_words


@dataclass(frozen=True)
class Outcome:
    """An outcome: its sentence in the letter and in the minutes, and whether it is adverse to the person."""

    letter: str
    minutes: str
    is_adverse: bool = False
    deadline_name: str = ""


OUTCOMES: Mapping[str, Outcome] = {
    "approva": Outcome(
        "la commissione distrettuale{seduta} ha approvato la proposta di patto che La riguarda. "
        "Sarà contattata o contattato per la firma.",
        "La commissione approva la proposta di patto.",
        deadline_name="Firma entro il",
    ),
    "chiede_modifiche": Outcome(
        "la commissione distrettuale{seduta} ha chiesto alcune modifiche alla proposta di patto che La "
        "riguarda. "
        "Le vedrà insieme a chi La segue.",
        "La commissione chiede di modificare la proposta di patto.",
        deadline_name="Modifiche entro il",
    ),
    "rinvia": Outcome(
        "la commissione distrettuale{seduta} ha rinviato a una prossima seduta la decisione sulla proposta "
        "di patto "
        "che La riguarda.",
        "La commissione rinvia la decisione.",
        deadline_name="Nuova seduta il",
    ),
    "preavviso": Outcome(
        "la commissione distrettuale{seduta} ha rilevato motivi che impediscono di accogliere la proposta "
        "di patto che "
        "La riguarda. Prima della decisione può presentare osservazioni scritte, con eventuali documenti.",
        "La commissione comunica i motivi che impediscono di accogliere la proposta.",
        is_adverse=True,
        deadline_name="Osservazioni entro il",
    ),
    "respinge": Outcome(
        "la commissione distrettuale{seduta} non ha accolto la proposta di patto che La riguarda.",
        "La commissione respinge la proposta di patto.",
        is_adverse=True,
    ),
    "non_ammesso": Outcome(
        "non è stato possibile ammettere la candidatura che La riguarda.",
        "La candidatura non è ammessa.",
        is_adverse=True,
    ),
}
"""The outcomes that have a sentence for the letter and for the minutes."""


@operation(
    "documenti.contratto",
    title="Emette il patto",
    description="Compone il patto in PDF (parti, obiettivi, impegni, budget, riquadri per le firme) con numero di "
    "versione e di protocollo e lo conserva con la sua impronta. Ogni chiamata emette la versione successiva. "
    "Ciò che non si indica si prende dalle variabili omonime del caso; il budget, dal conto del caso.",
)
def contratto(
    context: OperationContext,
    *,
    titolo: str = "Patto gener-attivo",
    ente: str = "",
    persona: str = "",
    parti: list[Any] | None = None,
    firmatari: list[Any] | None = None,
    obiettivi: list[Any] | None = None,
    sostegni: list[Any] | None = None,
    impegni_persona: list[Any] | str | None = None,
    impegno_generativo: dict[str, Any] | str | None = None,
    voci: list[Any] | None = None,
    data_inizio: date | None = None,
    data_fine: date | None = None,
    clausole: list[Any] | str | None = None,
) -> dict[str, Any]:
    """Issue the contract. `parti` and `firmatari` hold texts or contexts {nome, cognome, ruolo, ente}."""
    given = {
        "parti": parti, "firmatari": firmatari, "obiettivi": obiettivi, "sostegni": sostegni, "clausole": clausole,
        "impegni_persona": impegni_persona, "impegno_generativo": impegno_generativo, "voci": voci,
        "data_inizio": data_inizio, "data_fine": data_fine,
    }  # fmt: skip
    subject_fields = (
        "nome",
        "cognome",
        "nome_nucleo",
        "codice_fiscale",
        "case_manager",
        "tutor",
        "informativa_consegnata_il",
    )
    fields = {name: context.variables.get(name) for name in subject_fields} | {
        name: context.variables.get(name) if value is None and name != "voci" else value
        for name, value in given.items()
    }
    if persona:
        fields |= {"nome": persona, "cognome": ""}
    names = accounts.names(
        context.connection, [str(fields[role]) for role in ("case_manager", "tutor") if fields[role]]
    )
    fields |= {role: names.get(str(fields[role]), fields[role]) for role in ("case_manager", "tutor")}
    statement = budget.statement(context.connection, context.instance.id)
    if voci is None and (statement is None or not statement.voci):
        fields["voci"] = context.variables.get("voci_budget")

    def sheet(heading: Heading) -> Sheet:
        return sheets.contract(heading, fields, statement)

    return _issue(context, Kind.CONTRATTO, titolo, ente, sheet)


@operation(
    "documenti.lettera_esito",
    title="Emette la lettera di esito",
    description="Compone in PDF la lettera che comunica l'esito alla persona e la conserva con la sua impronta. "
    "Esiti noti: approva, chiede_modifiche, rinvia, preavviso, respinge, non_ammesso; per gli altri serve il testo. "
    "Un esito sfavorevole deve avere la motivazione.",
)
def lettera_esito(
    context: OperationContext,
    *,
    esito: str,
    oggetto: str = "Esito della proposta di patto",
    destinatario: str = "",
    testo: str = "",
    motivazione: str | None = None,
    data_seduta: date | None = None,
    termine: date | None = None,
    avvertenze: list[Any] | str | None = None,
    firma_ruolo: str = "Il coordinatore dei patti",
    firma_nome: str = "",
    ente: str = "",
) -> dict[str, Any]:
    """Issue the letter. A text of several lines (`testo`, `destinatario`) keeps its lines."""
    outcome = OUTCOMES.get(esito)
    if outcome is None and not testo:
        raise ExecutionFailed("LETTER_OUTCOME_UNKNOWN", outcome=esito[:40], known=list(OUTCOMES))
    reasons = _or_variable(context, motivazione, "motivazione")
    if outcome is not None and outcome.is_adverse and not str(reasons or "").strip():
        raise ExecutionFailed("LETTER_REASONS_MISSING", outcome=esito)
    sitting = f", nella seduta del {day_in_words(data_seduta)}," if data_seduta else ""
    fields = {
        "destinatario": destinatario.strip() or person_name(context.variables, context.instance),
        "oggetto": oggetto,
        "testo": testo or (outcome.letter.format(seduta=sitting) if outcome else ""),
        "motivazione": reasons,
        "nome_termine": outcome.deadline_name if outcome and outcome.deadline_name else "Entro il",
        "termine": termine,
        "avvertenze": avvertenze or "Per ogni chiarimento può rivolgersi a chi La segue nei servizi sociali.",
        "firma_ruolo": firma_ruolo,
        "firma_nome": firma_nome,
    }
    return _issue(context, Kind.LETTERA_ESITO, oggetto, ente, lambda heading: sheets.letter(heading, fields))


@operation(
    "documenti.verbale",
    title="Emette il verbale della commissione",
    description="Compone in PDF il verbale della seduta (presenti, astenuti per conflitto, decisione, motivazione) e "
    "lo conserva con la sua impronta. Ciò che non si indica si prende dalle variabili omonime del caso.",
)
def verbale(
    context: OperationContext,
    *,
    esito: str,
    data_seduta: date | None = None,
    presenti: list[Any] | None = None,
    astenuti: list[Any] | None = None,
    motivazione: str | None = None,
    termine_modifiche: date | None = None,
    decisione: str = "",
    ente: str = "",
) -> dict[str, Any]:
    """Issue the minutes; `decisione` replaces the sentence of `esito`."""
    outcome = OUTCOMES.get(esito)
    if outcome is None and not decisione:
        raise ExecutionFailed("MINUTES_OUTCOME_UNKNOWN", outcome=esito[:40], known=list(OUTCOMES))
    sitting = _or_variable(context, data_seduta, "data_seduta")
    fields = {
        "data_seduta": sitting,
        "presenti": _or_variable(context, presenti, "presenti"),
        "astenuti": _or_variable(context, astenuti, "astenuti_conflitto"),
        "decisione": decisione or (outcome.minutes if outcome else ""),
        "motivazione": _or_variable(context, motivazione, "motivazione"),
        "termine_modifiche": (
            _or_variable(context, termine_modifiche, "termine_modifiche")
            if esito == "chiede_modifiche"
            else None
        ),
        "rinviata_al": context.variables.get("rinviata_al") if esito == "rinvia" else None,
    }
    title = "Verbale della commissione distrettuale"
    return _issue(context, Kind.VERBALE, title, ente, lambda heading: sheets.minutes(heading, fields))


@operation(
    "documenti.rendiconto",
    title="Emette il rendiconto",
    description="Compone in PDF il rendiconto del budget del caso (riepilogo, voci, movimenti) come risulta dal conto "
    "in questo momento e lo conserva con la sua impronta.",
)
def rendiconto(
    context: OperationContext, *, titolo: str = "Rendiconto del budget", ente: str = ""
) -> dict[str, Any]:
    """Issue the statement of accounts; ExecutionFailed when the instance has no account."""
    statement = budget.statement(context.connection, context.instance.id)
    if statement is None:
        raise ExecutionFailed("STATEMENT_WITHOUT_ACCOUNT", code="CONTO_MANCANTE")
    name = person_name(context.variables, context.instance)
    return _issue(
        context, Kind.RENDICONTO, titolo, ente, lambda heading: sheets.accounts(heading, name, statement)
    )


def _issue(
    context: OperationContext, kind: Kind, title: str, body: str, sheet: Callable[[Heading], Sheet]
) -> dict[str, Any]:
    def typeset(reservation: Reservation) -> bytes:
        number = reservation.version
        subtitle = (
            f"Versione {number}, che sostituisce la versione {number - 1}" if number > 1 else "Versione 1"
        )
        heading = Heading(
            body or _issuing_body(context), title, subtitle, context.instance, context.today, reservation
        )
        return render(kind.value, sheet(heading), created_at=context.now)

    return _result(service.issue(context, kind, title, typeset))


def _result(document: Document) -> dict[str, Any]:
    return {
        "documento_id": document.id,
        "versione": document.version,
        "numero_protocollo": document.protocol,
        "impronta": document.sha256,
    }


def _or_variable(context: OperationContext, value: Any, name: str) -> Any:
    return context.variables.get(name) if value is None else value


def _issuing_body(context: OperationContext) -> str:
    """Who issues the document: the names of the ambito of the instance and of its sub-ambito, if any."""
    names = scopes.scope_names(context.connection)
    above = [scope for scope in reversed(scope_chain(context.instance.scope)) if scope]
    return " · ".join(names.get(scope) or _name_from_path(scope) for scope in above) or "Patti gener-attivi"


def _name_from_path(scope: str) -> str:
    return scope.rpartition("/")[2].replace("_", " ").replace("-", " ").title()
