"""The operations on people that a service task can call: register a person or a household, assign and end a role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from engine.access import ChangedBy, accounts
from engine.access.models import Account
from engine.errors import BusinessError, ExecutionFailed, InvalidInput, NotFound
from engine.localization import message
from engine.service_tasks import OperationContext, operation
from modules.people import assignments, households, persons
from modules.people.from_forms import member, yes_or_no
from modules.people.model import Person, PersonData
from modules.people.validation import check_person

INVALID_DATA = "DATI_ANAGRAFICI_NON_VALIDI"
_ERRORS = {
    "CODICE_FISCALE_NON_VALIDO": "Il codice fiscale non torna, da solo o con la data di nascita",
    INVALID_DATA: "Un dato della persona manca o non è possibile; il messaggio dice quale",
    "PERSONA_DISCORDANTE": "Il codice fiscale appartiene a una persona con un altro nome",
    "PERSONA_AMBIGUA": "Più persone registrate hanno questo nome e questa data di nascita",
}


@operation(
    "persone.registra",
    title="Registra la persona",
    description=(
        "Cerca la persona fra quelle già registrate (stesso codice fiscale; oppure stesso nome e stessa data di "
        "nascita, senza badare ad accenti, maiuscole e spazi) e, se non c'è, la registra. Controlla il codice fiscale, "
        "anche in caso di omocodia, e che concordi con la data di nascita. Lega il caso alla persona. Senza codice "
        "fiscale serve il motivo: il parametro, o la variabile, motivo_senza_codice. Degli svantaggi si conserva solo "
        "sì o no. Risultato: persona_id, nuova, nome_completo, possibili_duplicati."
    ),
    errors=_ERRORS,
)
def registra(
    context: OperationContext,
    *,
    cognome: str,
    nome: str,
    data_nascita: date | None = None,
    codice_fiscale: str = "",
    motivo_senza_codice: str = "",
    comune_residenza: str = "",
    telefono: str = "",
    email: str = "",
    condizione_lavorativa: str = "",
    ammortizzatore: str = "",
    svantaggio_l68: bool | str | None = None,
    svantaggio_l381: bool | str | None = None,
    informativa_consegnata_il: date | None = None,
) -> dict[str, Any]:
    """Find or create the person and make them the subject of the instance."""
    reason = motivo_senza_codice or str(context.variables.get("motivo_senza_codice") or "")
    data = PersonData(
        cognome=cognome,
        nome=nome,
        data_nascita=data_nascita,
        codice_fiscale=codice_fiscale,
        motivo_senza_cf=reason,
        comune_residenza=comune_residenza,
        telefono=telefono,
        email=email,
        condizione_lavorativa=condizione_lavorativa,
        ammortizzatore=ammortizzatore,
        svantaggio_l68=yes_or_no(svantaggio_l68, "svantaggio_l68"),
        svantaggio_l381=yes_or_no(svantaggio_l381, "svantaggio_l381"),
        informativa_consegnata_il=informativa_consegnata_il,
        ambito=context.instance.scope,
    )
    person, is_new = _find_or_create(context, data)
    households.set_instance_subject(context.connection, context.instance.id, person)
    duplicates = _possible_duplicates(context, person)
    context.set_subject(person.id, person.name)
    return {
        "persona_id": person.id,
        "nuova": is_new,
        "nome_completo": person.name,
        "possibili_duplicati": duplicates,
    }


@operation(
    "persone.registra_nucleo",
    title="Registra il nucleo",
    description=(
        "Trova o registra il nucleo e i suoi componenti: un elenco di contesti con cognome, nome, data_nascita, "
        "codice_fiscale, legame. Referente è il componente con «referente» vero, altrimenti il primo: a lui è "
        "intestato il budget. Lega il caso al nucleo. Chiamata di nuovo aggiunge solo i componenti che mancano. "
        "Risultato: nucleo_id, persona_id (il referente), componenti (gli identificativi), nuovi, nome_completo."
    ),
    errors=_ERRORS,
)
def registra_nucleo(
    context: OperationContext, *, componenti: list[Any], nome: str = "", comune_residenza: str = ""
) -> dict[str, Any]:
    """Find or create the household and make it the subject of the instance."""
    if not componenti:
        raise BusinessError(INVALID_DATA, message("HOUSEHOLD_EMPTY"))
    entries = [
        member(entry, number, comune_residenza, context.instance.scope)
        for number, entry in enumerate(componenti, start=1)
    ]
    found = [_find_or_create(context, data) for data, _, _ in entries]
    first = next((index for index, (_, _, is_referente) in enumerate(entries) if is_referente), 0)
    referente = found[first][0]
    label = " ".join(nome.split())[:160] or f"Nucleo {referente.data.cognome}"
    others = [
        (person, relation)
        for (person, _), (_, relation, _) in zip(found, entries, strict=True)
        if person.id != referente.id
    ]
    household = households.write_household(
        context.connection, label, referente, others, by=_author(context), today=context.today
    )
    households.set_instance_subject(context.connection, context.instance.id, referente, household)
    context.set_subject(referente.id, label)
    return {
        "nucleo_id": household.id,
        "persona_id": referente.id,
        "componenti": [member.person.id for member in household.membri],
        "nuovi": sum(is_new for _, is_new in found),
        "nome_completo": label,
    }


@operation(
    "persone.nomina",
    title="Nomina nel caso",
    description=(
        "Affida a un utente una parte nel caso (case_manager, tutor, …): diventa partecipante e lo vede. Con "
        "«sostituisce» (vero se non si dice altro) chi aveva la stessa parte la lascia; con falso si aggiunge. "
        "Se il tutor è anche il case manager lo permette e avverte. "
        "Risultato: utente, nome, precedente, avviso (vuoto se non c'è nulla da dire)."
    ),
    errors={"UTENTE_NON_TROVATO": "Nessun utente attivo ha quel nome"},
)
def nomina(context: OperationContext, *, utente: str, ruolo: str, sostituisce: bool = True) -> dict[str, Any]:
    """Assign a role in the instance."""
    found = _active_account(context, utente)
    role = _role(ruolo)
    current = assignments.holders(context.connection, context.instance.id, role)
    leaving = [name for name in current if sostituisce and name != found.username]
    for name in leaving:
        assignments.end(context.connection, context.instance.id, name, role, by=_author(context))
    is_new = assignments.assign(
        context.connection, context.instance.id, found.username, role, by=_author(context)
    )
    for name in leaving:
        context.end_participant(name, role)
    if is_new:
        context.add_participant(found.username, role)
        context.record("nomina", {"utente": found.username, "ruolo": role, "al_posto_di": leaving})
    return {
        "utente": found.username,
        "nome": found.nome,
        "precedente": leaving[-1] if leaving else None,
        "avviso": _warning_of_both_roles(context, found, role),
    }


@operation(
    "persone.revoca",
    title="Termina un incarico nel caso",
    description=(
        "L'utente lascia la parte che aveva nel caso: non lo vede più per quella parte; ciò che ha fatto resta suo. "
        "Se non l'aveva non fa nulla. Risultato: revocato (vero o falso)."
    ),
)
def revoca(context: OperationContext, *, utente: str, ruolo: str, motivo: str = "") -> dict[str, Any]:
    """End a role in the instance."""
    name = accounts.normalise_username(utente)
    role = _role(ruolo)
    ended = assignments.end(context.connection, context.instance.id, name, role, by=_author(context))
    if ended:
        context.end_participant(name, role)
        context.record("revoca", {"utente": name, "ruolo": role, "motivo": motivo})
    return {"revocato": ended}


def _find_or_create(context: OperationContext, data: PersonData) -> tuple[Person, bool]:
    connection, by, today = context.connection, _author(context), context.today
    with _invalid_input_as_business_error():
        valid = check_person(data, today)
        found_duplicates = persons.duplicates(
            connection, valid.codice_fiscale, valid.cognome, valid.nome, valid.data_nascita
        )
        certain = [duplicate.person for duplicate in found_duplicates if duplicate.certain]
        same_code = [person for person in certain if person.data.codice_fiscale == valid.codice_fiscale != ""]
        if same_code:
            _refuse_other_name(same_code[0], valid)
            return persons.complete(connection, same_code[0], valid, by=by, today=today), False
        if len(certain) > 1:
            raise BusinessError("PERSONA_AMBIGUA", message("PERSON_SEVERAL_FOUND", number=len(certain)))
        same = certain[0] if certain else _same_name_in_instance(context, valid)
        if same is not None:
            return persons.complete(connection, same, valid, by=by, today=today), False
        return persons.create(connection, valid, by=by, today=today), True


def _same_name_in_instance(context: OperationContext, data: PersonData) -> Person | None:
    """A person of this instance, or of the one it reopens, with this name; only without code and birth date."""
    if data.codice_fiscale or data.data_nascita is not None:
        return None
    for instance_id in (context.instance.id, context.instance.linked_from):
        about = households.subject_of_instance(context.connection, instance_id) if instance_id else None
        if about is not None:
            members = (
                [member.person for member in about.household.membri] if about.household else [about.person]
            )
            for person in members:
                if persons.same_name(person.data, data):
                    return person
    return None


def _refuse_other_name(person: Person, data: PersonData) -> None:
    """Raise PERSONA_DISCORDANTE when the person registered with this code has a different name."""
    if not persons.may_be_same_person(person.data, data):
        raise BusinessError(
            "PERSONA_DISCORDANTE", message("FISCAL_CODE_OF_ANOTHER_NAME", value=data.codice_fiscale)
        )


def _possible_duplicates(context: OperationContext, person: Person) -> list[str]:
    data = person.data
    found = persons.duplicates(
        context.connection,
        data.codice_fiscale,
        data.cognome,
        data.nome,
        data.data_nascita,
        except_id=person.id,
    )
    return [duplicate.person.id for duplicate in found]


def _active_account(context: OperationContext, username: str) -> Account:
    try:
        found = accounts.account(context.connection, username)
    except NotFound as problem:
        raise BusinessError(
            "UTENTE_NON_TROVATO", message("ASSIGNEE_NOT_FOUND", problem=problem.message)
        ) from problem
    if not found.attivo:
        raise BusinessError("UTENTE_NON_TROVATO", message("ASSIGNEE_NOT_ACTIVE", username=found.username))
    return found


def _role(ruolo: str) -> str:
    role = ruolo.strip().lower()
    if not role or len(role) > 80:
        raise ExecutionFailed("ASSIGNMENT_ROLE_MISSING", code="RUOLO_MANCANTE")
    return role


def _warning_of_both_roles(context: OperationContext, found: Account, role: str) -> str:
    other = {"tutor": "case_manager", "case_manager": "tutor"}.get(role)
    if other is None or found.username not in assignments.holders(
        context.connection, context.instance.id, other
    ):
        return ""
    return f"{found.nome} è sia case manager sia tutor: è permesso, ma è bene che sia una scelta."


@contextmanager
def _invalid_input_as_business_error() -> Iterator[None]:
    try:
        yield
    except InvalidInput as problem:
        code = problem.code if problem.code == "CODICE_FISCALE_NON_VALIDO" else INVALID_DATA
        raise BusinessError(code, message("PERSON_DATA_REFUSED", problem=problem.message)) from problem


def _author(context: OperationContext) -> ChangedBy:
    return ChangedBy(context.actor.id, context.now)
