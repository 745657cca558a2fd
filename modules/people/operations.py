"""The operations on people that a service task may call: register a person or a household, give and end a part."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from engine.access import accounts
from engine.access.audit_register import By
from engine.access.models import Account
from engine.errors import BusinessError, ExecutionFailed, InvalidInput, NotFound
from engine.service_tasks import OperationContext, operation
from modules.people import assignments, households, persons
from modules.people.from_forms import member, yes_or_no
from modules.people.model import Person, PersonData
from modules.people.validation import check_person

_ERRORS = {
    "CODICE_FISCALE_NON_VALIDO": "Il codice fiscale non torna, da solo o con la data di nascita",
    "DATI_ANAGRAFICI_NON_VALIDI": "Un dato della persona manca o non è possibile; il messaggio dice quale",
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
    """Find or create the person and bind the case to them."""
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
    households.bind_case(context.connection, context.instance.id, person)
    doubts = _doubts(context, person)
    context.set_subject(person.id, person.name)
    return {
        "persona_id": person.id,
        "nuova": is_new,
        "nome_completo": person.name,
        "possibili_duplicati": doubts,
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
    """Find or create the household and bind the case to it."""
    if not componenti:
        raise BusinessError(
            "DATI_ANAGRAFICI_NON_VALIDI", "Il nucleo non ha componenti: scriverne almeno uno."
        )
    entries = [
        member(entry, number, comune_residenza, context.instance.scope)
        for number, entry in enumerate(componenti, start=1)
    ]
    found = [_find_or_create(context, data) for data, _, _ in entries]
    chief = next((index for index, (_, _, leads) in enumerate(entries) if leads), 0)
    referente = found[chief][0]
    label = " ".join(nome.split())[:160] or f"Nucleo {referente.data.cognome}"
    others = [
        (person, relation)
        for (person, _), (_, relation, _) in zip(found, entries, strict=True)
        if person.id != referente.id
    ]
    household = households.write_household(
        context.connection, label, referente, others, by=_by(context), today=context.today
    )
    households.bind_case(context.connection, context.instance.id, referente, household)
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
    """Give a part in the case."""
    found = _active(context, utente)
    part = _part(ruolo)
    current = assignments.holders(context.connection, context.instance.id, part)
    leaving = [name for name in current if sostituisce and name != found.username]
    for name in leaving:
        assignments.end(context.connection, context.instance.id, name, part, by=_by(context))
    is_new = assignments.assign(
        context.connection, context.instance.id, found.username, part, by=_by(context)
    )
    for name in leaving:
        context.end_participant(name, part)
    if is_new:
        context.add_participant(found.username, part)
        context.record("nomina", {"utente": found.username, "ruolo": part, "al_posto_di": leaving})
    return {
        "utente": found.username,
        "nome": found.nome,
        "precedente": leaving[-1] if leaving else None,
        "avviso": _same_hands(context, found, part),
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
    """End a part in the case."""
    name = accounts.normalise_username(utente)
    part = _part(ruolo)
    ended = assignments.end(context.connection, context.instance.id, name, part, by=_by(context))
    if ended:
        context.end_participant(name, part)
        context.record("revoca", {"utente": name, "ruolo": part, "motivo": motivo})
    return {"revocato": ended}


def _find_or_create(context: OperationContext, data: PersonData) -> tuple[Person, bool]:
    connection, by, today = context.connection, _by(context), context.today
    with _told_to_the_diagram():
        tidy = check_person(data, today)
        known = persons.duplicates(
            connection, tidy.codice_fiscale, tidy.cognome, tidy.nome, tidy.data_nascita
        )
        certain = [duplicate.person for duplicate in known if duplicate.certain]
        same_code = [person for person in certain if person.data.codice_fiscale == tidy.codice_fiscale != ""]
        if same_code:
            _refuse_other_name(same_code[0], tidy)
            return persons.complete(connection, same_code[0], tidy, by=by, today=today), False
        if len(certain) > 1:
            raise BusinessError(
                "PERSONA_AMBIGUA",
                f"{len(certain)} persone registrate hanno questo nome e questa data di nascita: "
                "indicare il codice fiscale.",
            )
        same = certain[0] if certain else _known_in_this_case(context, tidy)
        if same is not None:
            return persons.complete(connection, same, tidy, by=by, today=today), False
        return persons.create(connection, tidy, by=by, today=today), True


def _known_in_this_case(context: OperationContext, data: PersonData) -> Person | None:
    """Somebody of this case, or of the one it reopens, with this name: the only way without code and birth date."""
    if data.codice_fiscale or data.data_nascita is not None:
        return None
    for instance_id in (context.instance.id, context.instance.linked_from):
        about = households.of_instance(context.connection, instance_id) if instance_id else None
        if about is not None:
            members = (
                [member.person for member in about.household.membri] if about.household else [about.person]
            )
            for person in members:
                if persons.same_name(person.data, data):
                    return person
    return None


def _refuse_other_name(person: Person, data: PersonData) -> None:
    """The code is somebody else's: same code but neither a similar name nor the same birth date."""
    if not persons.may_be_same(person.data, data):
        raise BusinessError(
            "PERSONA_DISCORDANTE",
            f"Il codice fiscale {data.codice_fiscale} è già registrato con un altro nome: controllare i dati.",
        )


def _doubts(context: OperationContext, person: Person) -> list[str]:
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


def _active(context: OperationContext, username: str) -> Account:
    try:
        found = accounts.account(context.connection, username)
    except NotFound as problem:
        raise BusinessError("UTENTE_NON_TROVATO", f"{problem.message}: scegliere un altro nome.") from problem
    if not found.attivo:
        raise BusinessError(
            "UTENTE_NON_TROVATO", f"L'utente «{found.username}» non è più attivo: sceglierne un altro."
        )
    return found


def _part(ruolo: str) -> str:
    part = ruolo.strip().lower()
    if not part or len(part) > 80:
        raise ExecutionFailed("persone: manca il ruolo nel caso, per esempio tutor", code="RUOLO_MANCANTE")
    return part


def _same_hands(context: OperationContext, found: Account, part: str) -> str:
    other = {"tutor": "case_manager", "case_manager": "tutor"}.get(part)
    if other is None or found.username not in assignments.holders(
        context.connection, context.instance.id, other
    ):
        return ""
    return f"{found.nome} è sia case manager sia tutor: è permesso, ma è bene che sia una scelta."


@contextmanager
def _told_to_the_diagram() -> Iterator[None]:
    try:
        yield
    except InvalidInput as problem:
        known = problem.code if problem.code == "CODICE_FISCALE_NON_VALIDO" else "DATI_ANAGRAFICI_NON_VALIDI"
        raise BusinessError(known, f"{problem.message}.") from problem


def _by(context: OperationContext) -> By:
    return By(context.actor.id, context.now)
