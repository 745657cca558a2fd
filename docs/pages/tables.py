"""The page of data: variables and their scopes, and the tables of the database."""

from __future__ import annotations

from sqlalchemy import Column, Table

import modules
from docs.pages.markdown import code, explained, page, table
from engine.storage import metadata

TABLES = {
    "definition": "Una versione pubblicata di un processo; non cambia più",
    "definition_resource": "I file di una versione, con la loro impronta",
    "instance": "Una pratica: numero, stato, ambito, e lo stato di esecuzione in una colonna con la sua "
    "revisione",
    "participant": "Chi ha un incarico in una pratica, e da quando a quando",
    "task": "Un compito, aperto o chiuso",
    "task_candidate": "A quali ruoli o utenti è offerto un compito",
    "listing": "Gli elenchi di compiti aperti che qualcuno legge: di un ruolo o di una persona, in un ambito, per "
    "processo e priorità",
    "listed": "Quali compiti aperti stanno in quali elenchi. La base di dati lo tiene aggiornato da sé, perché la "
    "prima pagina costi uguale con cento compiti e con un milione",
    "timer": "Che cosa scatta e quando: è la verità sui tempi",
    "scheduled_start": "Quando, e in quale ambito, un processo comincia da sé",
    "subscription": "Quali messaggi sono attesi, e con quale chiave",
    "incident": "Che cosa si è fermato, in una frase",
    "event": "Il [registro](registro.md): solo aggiunte",
    "outbox": "Ciò che deve uscire dalla base di dati, con la chiave che evita le ripetizioni",
    "submission": "Ogni modulo inviato, com'era: chi, quando, quale versione, le risposte e i dati "
    "che il modulo mostrava",
    "draft": "Le bozze, una per compito e persona",
    "comment": "Le note",
    "attachment": "Gli allegati, con il contenuto e l'impronta",
    "parameter": "I valori cambiati dagli amministratori, con motivo e autore",
    "deadline_change": "Ogni modifica di una scadenza da parte di un amministratore, con il motivo: solo aggiunte; "
    "vale l'ultima di una scadenza in un ambito",
    "clock_ledger": "Quanto un timer aveva usato e quanto gli restava a ogni sospensione e ripresa: solo aggiunte",
    "batch": "Un'operazione su molte pratiche: che cosa, chi, perché",
    "batch_item": "Le pratiche di un'operazione, ognuna con il suo esito",
    "counter": "I numeri progressivi",
    "persona": "Una persona seguita dai servizi",
    "nucleo": "Un nucleo familiare",
    "nucleo_membro": "Chi fa parte di un nucleo, e con quale legame",
    "caso_soggetto": "Di quale persona o nucleo parla una pratica",
    "incarico": "Chi ha quale incarico in quale pratica, e perché è finito",
    "registro_anagrafe": "Chi ha cambiato che cosa di persone, utenti, ruoli e ambiti",
    "utente": "Chi può entrare, con l'impronta Argon2 della password",
    "calendario_privato": "Chi ha un calendario delle proprie scadenze, con l'impronta SHA-256 del segreto nel suo "
    "indirizzo",
    "appartenenza": "Quale ruolo ha un utente, in quale ambito, da quando a quando",
    "ambito": "Gli ambiti e i sub-ambiti, come percorsi: `cremasco/crema`",
    "regola_calendario": "Sabato e patrono di un ambito: l'ultima riga è in vigore, le altre sono la storia",
    "chiusura": "I giorni in cui gli uffici di un ambito sono chiusi, e chi li ha tolti",
    "comune": "I comuni di un ambito",
    "organizzazione": "Gli enti della rete",
    "plafond": "Quanto è impegnato in tutto per una persona: qui la base di dati tiene il tetto",
    "conto": "Il conto di una persona in una pratica",
    "voce": "Una voce del piano di spesa",
    "movimento": "Un movimento del conto: non si cambia, si storna",
    "movimento_riga": "Le righe in partita doppia di un movimento, in centesimi",
    "documento": "Un documento emesso, con versione, protocollo, contenuto e impronta",
    "notifica": "Gli avvisi della campanella",
}


def _load_tables() -> None:
    modules.load()


def _notes(column: Column) -> str:
    notes = ["chiave"] if column.primary_key else []
    notes += [
        f"→ `{key.target_fullname}`" for key in sorted(column.foreign_keys, key=lambda k: k.target_fullname)
    ]
    return ", ".join(notes + (["può mancare"] if column.nullable else []))


def _section(one: Table, text: str) -> str:
    only = (
        " Solo aggiunte: la base di dati rifiuta modifiche e cancellazioni."
        if one.info.get("append_only")
        else ""
    )
    rows = [(code(column.name), column.type.__class__.__name__, _notes(column)) for column in one.columns]
    return f"### `{one.name}`\n\n{text}.{only}\n\n" + table(("Colonna", "Tipo", ""), rows)


SCOPES = """## Variabili

I dati di una pratica sono variabili con un nome: le scrivono i moduli, le tabelle, gli script, gli *output* delle
operazioni e i messaggi. Stanno in insiemi:

- **del processo**: nasce con la pratica. Lo vedono tutti i rami paralleli e i sottoprocessi incorporati: ciò che uno
  scrive gli altri lo vedono subito.
- **di un processo chiamato**: nasce quando lo si chiama, con ciò che gli si passa, e lo vede solo lui. Alla fine torna
  indietro ciò che dicono i `camunda:out`.
- **di un giro di una ripetizione**: nasce a ogni giro, con la voce e `loopCounter`. Quel giro vede anche ciò che sta
  fuori; alla fine `raccogli` mette insieme i risultati.

Si legge dall'insieme più interno verso quello del processo in corso, mai oltre; si scrive nel più interno. Una
scrittura sostituisce il valore. Perciò ciò che più rami sommano insieme, come il denaro, sta in un conto e non in
una variabile.

I valori sono quelli di FEEL: testi, numeri decimali esatti, sì/no, date, ore, durate, elenchi, contesti, nullo.

## Tempi e denaro

Ogni momento è scritto in UTC; i giorni e le ore si calcolano in Italia (Europe/Rome). Il denaro è in centesimi interi
nelle tabelle e in euro con due decimali nelle variabili."""


def data_page() -> str:
    """Variables, then every table with its columns."""
    _load_tables()
    explained(metadata.tables, TABLES, "docs/pages/tables.py")
    sections = [_section(metadata.tables[name], text) for name, text in TABLES.items()]
    return page("Dati", "Che cosa si conserva, e dove.", SCOPES, "## Tabelle", *sections)
