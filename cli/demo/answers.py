"""Answers to the forms of the demonstration; their dates depend on the day of the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

Values = Mapping[str, Any]
Line = tuple[str, str, int]

COMMITTEE = [{"nome": "Gina Scenario"}, {"nome": "Hugo Campione"}, {"nome": "Ines Saggio"}]
NEEDS = [{"area": "lavoro", "gravita": 3}]


def report(name: str, members: Sequence[Mapping[str, Any]], town: str) -> Values:
    """The report of a family by somebody of the network."""
    return {
        "segnalante": "Mara Traccia",
        "ente_segnalante": "Parrocchia di San Prototipo",
        "nome_nucleo": name,
        "comune_residenza": town,
        "componenti": list(members),
        "situazioni": ["isolamento", "reddito"],
        "descrizione_segnalazione": "Escono poco e hanno perso l'aiuto dei vicini.",
        "nucleo_informato": "si",
    }


def first_contact(day: date, outcome: str = "prosegue") -> Values:
    """The first contact with a candidate."""
    return {"contatto_il": day, "contatto_modo": "telefono", "esito_contatto": outcome}


def listening(day: date) -> Values:
    """The first listening of a family."""
    return {
        "ascolto_il": day,
        "racconto": "Vorrebbero più tempo per lavorare e qualcuno con cui parlare.",
        "informativa_consegnata_il": day,
        "consenso_rete": "si",
        "esito_ascolto": "prosegue",
    }


def social_sheet() -> Values:
    """The social part of the Scheda di Analisi."""
    return {
        "reti": "Una sorella in città, il gruppo dell'oratorio.",
        "abitazione": "affitto",
        "risorse_personali": "Sa cucinare, è puntuale, impara in fretta.",
        "bisogni": [{"area": "lavoro", "gravita": 3, "descrizione": "Senza lavoro da due anni"}],
    }


def family_sheet(members: Sequence[Mapping[str, Any]]) -> Values:
    """The Scheda di Analisi of a family."""
    kept = [{key: one[key] for key in ("cognome", "nome", "data_nascita", "legame")} for one in members]
    return {
        "componenti": kept,
        "reti": "La vicina di casa.",
        "abitazione": "affitto",
        "risorse_personali": "Il nonno racconta storie, la madre sa cucire.",
        "bisogni": [{"area": "reti", "gravita": 3}],
    }


def work_sheet() -> Values:
    """The work part of the Scheda di Analisi."""
    return {
        "titolo_studio": "diploma",
        "esperienze": [{"mansione": "Aiuto cuoca", "dove": "Mensa di prova", "quando": "due anni"}],
        "disponibilita_oraria": "Mattina",
        "patente": "si",
        "politiche_attive": ["nessuna"],
    }


def network(names: Sequence[str]) -> Values:
    """Who in the network may help."""
    return {
        "attori_rete": [
            {"nome": name, "ruolo": "associazione", "possibile_impegno": "Un pomeriggio la settimana"}
            for name in names
        ]
    }


def network_commitment(name: str) -> Values:
    """The commitment of one actor of the network."""
    return {
        "attore_nome": name,
        "accetta_impegno": "si",
        "impegno_preso": "Il martedì li accompagniamo al mercato.",
    }


def microequipe() -> Values:
    """The reading of needs and resources."""
    return {
        "componenti_microequipe": [{"nome": "Dario Inventato"}, {"nome": "Anna Prova"}],
        "bisogni": NEEDS,
        "risorse": [{"area": "reti", "descrizione": "La cucina dell'oratorio cerca aiuto"}],
        "opportunita": "Un laboratorio di cucina con l'oratorio e la mensa.",
    }


def plan(signer: str, start: date, lines: Sequence[Line], *, every: int = 14, unit: str = "giorni") -> Values:
    """Project and budget; the meetings begin after one period."""
    first = start + timedelta(days=every if unit == "giorni" else 30)
    return {
        "obiettivi": [
            {
                "testo": "Trovare un lavoro in cucina",
                "indicatore": "Contratto",
                "valore_iniziale": 2,
                "valore_atteso": 7,
                "entro": start + timedelta(days=360),
            }
        ],
        "sostegni": [{"attore": "Parrocchia di San Prototipo", "azione": "Apre la cucina due mattine"}],
        "impegni_persona": [{"impegno": "Frequenta il laboratorio"}],
        "impegno_generativo": {
            "ente": "Parrocchia di San Prototipo",
            "attivita": "Cena del quartiere",
            "ore": 20,
            "assicurazione": "si",
        },
        "voci_budget": budget(lines),
        "data_inizio": start,
        "data_fine": start + timedelta(days=365),
        "monitoraggio_ancora": first,
        "monitoraggio_ogni": every,
        "monitoraggio_unita": unit,
        "monitoraggio_ora": "09:00",
        "firmatari": [
            {"nome": signer, "ruolo": "persona"},
            {"nome": "Associazione Vicini di Prova", "ruolo": "comunita"},
        ],
    }


def budget(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """The lines of a budget: category, supplier, euros."""
    return [{"categoria": what, "fornitore": who, "importo": Decimal(euros)} for what, who, euros in lines]


def nominations(case_manager: str = "elena", tutor: str = "fabio") -> Values:
    """Who follows the instance."""
    return {"case_manager": case_manager, "tutor": tutor}


def proposal(day: date, outcome: str = "accetta") -> Values:
    """The person's answer to the proposal."""
    return {"proposta_il": day, "esito_proposta": outcome}


def sitting(day: date, outcome: str = "approva", why: str = "") -> Values:
    """A sitting of the commissione."""
    reason = {"motivazione": why} if why else {}
    return {"data_seduta": day, "presenti": COMMITTEE, "esito_commissione": outcome, **reason}


def signature(name: str, day: date) -> Values:
    """A signature."""
    return {"firmatario_nome": name, "esito_firma": "firma", "firmato_il": day}


def meeting(day: date, *, present: bool = True, then: str = "continua") -> Values:
    """A meeting of monitoring, or a missed one."""
    if present:
        return {
            "data_incontro": day,
            "presente": "si",
            "seguito": then,
            "note_incontro": "Va avanti volentieri.",
        }
    return {"data_incontro": day, "presente": "no", "assenza_giustificata": "no"}


def hours(days: Sequence[date], each: Decimal) -> Values:
    """Attendance at the empowerment hours."""
    return {
        "nuove_presenze": [{"data": day, "ore": each, "tipo": "competenze", "firma": True} for day in days]
    }


def payment(line: Line, euros: int, proof: str, *, settles: bool = False) -> Values:
    """A payment on a line of the budget."""
    return {
        "tipo_spesa": "pagamento",
        "categoria": line[0],
        "fornitore": line[1],
        "importo": Decimal(euros),
        "giustificativo": proof,
        "a_saldo": settles,
    }


def closing() -> Values:
    """The final evaluation."""
    return {
        "esito_finale": "raggiunto",
        "valutazione_finale": "Ha imparato un mestiere e ha trovato amici.",
        "condizione_lavorativa_finale": "occupato",
    }
