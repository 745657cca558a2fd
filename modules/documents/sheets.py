"""The data of the templates, made from the variables of an instance and from its account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from engine.service_tasks import InstanceRef
from modules.budget.model import Categoria, Statement, StatementLine, StatoVoce
from modules.documents.model import Reservation
from modules.documents.wording import (
    day_in_words,
    euros,
    facts,
    in_words,
    lines,
    people,
    rows,
    short_day,
    written,
)

Sheet = dict[str, Any]

OFFICE = "Servizi sociali · Patti gener-attivi"


@dataclass(frozen=True)
class Heading:
    """The header and footer of a document. `today` is the day in Europe/Rome."""

    body: str
    title: str
    subtitle: str
    instance: InstanceRef
    today: date
    reservation: Reservation

    def sheet(self) -> Sheet:
        """The header and footer as the templates read them."""
        patto = f"Patto n. {self.instance.number}"
        version = f"versione {self.reservation.version}"
        return {
            "ente": self.body,
            "ufficio": OFFICE,
            "protocollo": self.reservation.protocol,
            "data": day_in_words(self.today),
            "titolo": self.title,
            "sottotitolo": self.subtitle,
            "descrizione": f"{self.title}, {patto}, {version}",
            "piede": f"{patto} · {version} · prot. {self.reservation.protocol}",
        }


def person_name(variables: Mapping[str, Any], instance: InstanceRef) -> str:
    """The name of the person or family that the instance is about."""
    name = " ".join(written(variables.get(key)) for key in ("nome", "cognome") if written(variables.get(key)))
    return name or written(variables.get("nome_nucleo")) or instance.title


def contract(heading: Heading, fields: Mapping[str, Any], statement: Statement | None) -> Sheet:
    """The patto. `fields` are the fields of the form «progetto» and those of the person; see `documenti.contratto`."""
    instance = heading.instance
    name = person_name(fields, instance)
    begin, end = fields.get("data_inizio"), fields.get("data_fine")
    signatories = people(fields.get("firmatari"))
    body = {"nome": heading.body, "ruolo": ""}
    parties = people(fields.get("parti")) or [*(signatories or [{"nome": name, "ruolo": ""}]), body]
    budget, total = _budget(fields.get("voci"), statement)
    given = fields.get("impegno_generativo")
    given = given if isinstance(given, Mapping) else {"attivita": given}
    informed = fields.get("informativa_consegnata_il")
    clauses = lines(fields.get("clausole"))
    if informed:
        clauses.append(
            f"L’informativa sul trattamento dei dati personali è stata consegnata il {written(informed)}."
        )
    is_family = (instance.subject or "").startswith("nucleo")
    return heading.sheet() | {
        "scheda": facts(
            [
                ("Nucleo" if is_family else "Persona", name),
                ("Codice fiscale", fields.get("codice_fiscale")),
                ("Caso", f"n. {instance.number}"),
                ("Case manager", fields.get("case_manager")),
                ("Tutor", fields.get("tutor")),
            ]
        ),
        "parti": [_party(party) for party in parties],
        "obiettivi": rows(
            fields.get("obiettivi"), "testo", "indicatore", "valore_iniziale", "valore_atteso", "entro"
        ),
        "impegni_di": "Del nucleo" if is_family else "Della persona",
        "impegni_persona": lines(fields.get("impegni_persona")),
        "sostegni": rows(fields.get("sostegni"), "attore", "azione"),
        "impegno_generativo": facts(
            [
                ("Ente", given.get("ente")),
                ("Attività", given.get("attivita")),
                ("Ore", given.get("ore")),
                ("Assicurazione", in_words(given.get("assicurazione"))),
            ]
        ),
        "tetto": euros(statement.tetto) if statement else "",
        "budget": budget,
        "budget_totale": euros(total),
        "durata": _duration(begin, end),
        "clausole": clauses,
        "firmatari": signatories or parties,
    }


def letter(heading: Heading, fields: Mapping[str, Any]) -> Sheet:
    """The letter of outcome; `fields` are the parameters of the operation with defaults filled in."""
    return heading.sheet() | {
        "destinatario": fields["destinatario"],
        "oggetto": fields["oggetto"],
        "paragrafi": [f"Gentile {fields['destinatario'].splitlines()[0]},", *lines(fields["testo"])],
        "motivazione": written(fields["motivazione"]),
        "scheda": facts([(fields["nome_termine"], fields["termine"])]),
        "avvertenze": lines(fields["avvertenze"]),
        "firma_ruolo": written(fields["firma_ruolo"]),
        "firma_nome": written(fields["firma_nome"]),
    }


def minutes(heading: Heading, fields: Mapping[str, Any]) -> Sheet:
    """The minutes of the commissione."""
    present = people(fields["presenti"])
    return heading.sheet() | {
        "scheda": facts(
            [
                ("Caso", f"n. {heading.instance.number}"),
                ("Proposta", heading.instance.title),
                ("Seduta del", fields["data_seduta"]),
                ("Modifiche entro il", fields["termine_modifiche"]),
                ("Rinviata al", fields["rinviata_al"]),
            ]
        ),
        "presenti": [_party(person) for person in present],
        "astenuti": [_party(person) for person in people(fields["astenuti"])],
        "decisione": fields["decisione"],
        "motivazione": written(fields["motivazione"]),
        "firmatari": present,
    }


def accounts(heading: Heading, name: str, statement: Statement) -> Sheet:
    """The statement of accounts: totals, lines and movements of the account."""
    return heading.sheet() | {
        "scheda": facts(
            [
                ("Intestatario", name),
                ("Caso", f"n. {heading.instance.number}"),
                ("Conto", statement.stato.value),
                ("Aperto il", statement.opened_at),
                ("Chiuso il", statement.closed_at),
            ]
        ),
        "riepilogo": [
            ["Tetto", euros(statement.tetto)],
            ["Previsto", euros(statement.previsto)],
            ["Impegnato", euros(statement.impegnato)],
            ["Liquidato", euros(statement.liquidato)],
            ["Restituito al fondo", euros(statement.restituito)],
            ["Residuo", euros(statement.residuo)],
        ],
        "voci_colonne": ["Voce", "Stato", "Previsto", "Impegnato", "Liquidato"],
        "voci": [
            [
                _line_name(line),
                line.stato.value,
                euros(line.previsto),
                euros(line.impegnato),
                euros(line.liquidato),
            ]
            for line in statement.voci
        ],
        "voci_totale": [
            "Totale",
            "",
            euros(sum((line.previsto for line in statement.voci), Decimal(0))),
            euros(sum((line.impegnato for line in statement.voci), Decimal(0))),
            euros(sum((line.liquidato for line in statement.voci), Decimal(0))),
        ],
        "movimenti": [
            [
                short_day(movement.at),
                movement.tipo.value.capitalize(),
                movement.categoria,
                _joined(movement.fornitore, movement.giustificativo, movement.motivo),
                euros(movement.importo) if movement.importo else "",
            ]
            for movement in statement.movimenti
        ],
    }


def _budget(items: Any, statement: Statement | None) -> tuple[list[list[str]], Decimal]:
    if items is None and statement is not None:
        in_force = [line for line in statement.voci if line.stato is not StatoVoce.STORNATO]
        amounts = [line.previsto or line.impegnato for line in in_force]
        table = [
            [_line_name(line), line.fornitore, euros(amount)]
            for line, amount in zip(in_force, amounts, strict=True)
        ]
        return table, sum(amounts, Decimal(0))
    listed = (
        [item for item in items or () if isinstance(item, Mapping)] if isinstance(items, Sequence) else []
    )
    amounts = [Decimal(str(item.get("importo") or 0)) for item in listed]
    table = [
        [_category(item.get("categoria")), written(item.get("fornitore")), euros(amount)]
        for item, amount in zip(listed, amounts, strict=True)
    ]
    return table, sum(amounts, Decimal(0))


def _category(value: Any) -> str:
    text = written(value)
    return Categoria(text).label if text in set(Categoria) else text


def _line_name(line: StatementLine) -> str:
    return _joined(line.categoria.label, line.descrizione)


def _joined(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _party(person: Mapping[str, str]) -> str:
    return f"{person['nome']} ({person['ruolo']})" if person["ruolo"] else person["nome"]


def _duration(begin: Any, end: Any) -> str:
    if begin and end:
        return f"Il patto vale dal {written(begin)} al {written(end)}."
    if begin:
        return f"Il patto vale dal {written(begin)}."
    return f"Il patto vale fino al {written(end)}." if end else ""
