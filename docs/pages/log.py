"""The page of the event log: every kind of entry, when it is written, and its data."""

from __future__ import annotations

import ast
import re

from docs.pages.markdown import code, explained, page, table
from docs.pages.source import called, calls

KIND = re.compile(r"[a-z]+(\.[a-z_]+)?")
DOTTED = re.compile(r"[a-z]+\.[a-z_]+")
BRANCHES = {"incident.": ("retried", "resolved"), "instance.": ("cancelled", "completed")}
KINDS = {
    "instance.started": "Una pratica è nata; `linked_from` se ne riapre un'altra",
    "phase.changed": "Lo stato della pratica è cambiato: `from`, `to`",
    "instance.suspended": "Sospesa da una persona: `reason`",
    "instance.resumed": "Ripresa; `stood_seconds` è quanto è stata ferma",
    "instance.cancel_reason": "Annullata da una persona: `reason`",
    "instance.cancelled": "La pratica annullata si è fermata",
    "instance.completed": "Il percorso è arrivato alla fine",
    "instance.modified": "Modificata a mano da un amministratore: `reason`, `instructions` (delle variabili solo "
    "i nomi), gli elementi attivi prima e dopo (`before`, `after`)",
    "instance.reopened": "Ne è nata una nuova, collegata: `new`, `reason`",
    "instance.migrated": "Passata a un'altra versione del processo: `from`, `to`, `elements` (i rinominati), `reason`",
    "task.created": "È nato un compito",
    "task.claimed": "Preso in carico: `from`, `to`",
    "task.released": "Rilasciato al gruppo",
    "task.handed_over": "Affidato a un collega, o passato con l'incarico: `from`, `to`, `note`",
    "task.completed": "Completato; `fields` nomina i campi scritti, non i valori",
    "task.cancelled": "Non serve più: la pratica ha preso un'altra strada",
    "element.passed": "Un passo automatico è stato percorso",
    "activity.compensated": "Un'attività già fatta viene annullata, come dice il diagramma",
    "timer.fired": "È scattata una scadenza; `due` è il momento previsto",
    "message.received": "È arrivata una comunicazione: `message`, i nomi dei valori",
    "message.sent": "La pratica ha mandato un messaggio ad altre: `message`, `key`",
    "signal.thrown": "La pratica ha dato un segnale: `signal`, `reached` quanti altri lo ricevono",
    "signal.received": "È arrivato un segnale: `signal`, i nomi dei valori",
    "signal.broadcast": "Una persona ha dato un segnale a tutte le pratiche: `signal`, `reached`",
    "decision.made": "Una tabella ha deciso: `evidence` dice quali righe e perché",
    "operation.called": "Un'operazione è riuscita: `topic`",
    "operation.refused": "Un'operazione ha risposto con un errore previsto dal diagramma: `code`, `sentence`",
    "operation.failed": "Un'operazione non è riuscita e sarà ritentata: `sentence`, `attempts`",
    "incident.opened": "Qualcosa si è fermato e attende un amministratore: `sentence`",
    "incident.retried": "Un amministratore ha fatto ritentare",
    "incident.resolved": "Un amministratore ha chiuso l'incidente: `reason`",
    "attachment.added": "Un allegato: nome e impronta SHA-256",
    "participant.added": "Una persona ha un incarico nella pratica: `actor`, `role`",
    "participant.ended": "L'incarico è finito",
    "nomina": "Un'operazione ha nominato qualcuno: `utente`, `ruolo`, `al_posto_di`",
    "revoca": "Un'operazione ha tolto un incarico: `utente`, `ruolo`, `motivo`",
    "document.issued": "Un documento è stato emesso: genere, versione, protocollo, impronta",
    "notice.queued": "Un avviso è stato preparato: l'evento e quanti destinatari",
    "case.read": "Qualcuno ha letto: `what` è case, task, document, statement, attachment, submission, submissions "
    "o person",
    "definition.deployed": "È stata pubblicata una versione: `hash`",
    "definition.retired": "Un processo è stato ritirato: `key`",
    "batch.created": "Ordinata un'operazione su molte pratiche: `batch`, `number`, `kind`, `total`, `reason`",
    "batch.ended": "L'operazione è finita: quante pratiche per esito",
    "batch.cancelled": "Fermata da una persona: `reason`, e quante pratiche sono rimaste com'erano (`left`)",
    "definition.suspended": "Un processo (`key`, `version` se una sola) è stato sospeso: `reason`, `batch`",
    "definition.resumed": "Il processo è ripreso: `batch` è l'operazione che riprende le sue pratiche",
    "calendar.changed": "I giorni lavorativi di un ambito sono cambiati: `scope`, `what` (rule, closed, opened, "
    "imported), i giorni o i valori prima e dopo (`old`, `new`), quante chiusure da un file (`closings`), `reason`",
    "deadline.changed": "Una scadenza è cambiata per tutti: `key`, `label`, `scope`, `old`, `new` in parole, `reason`, "
    "`moved`. La riga è una sola, senza pratica: la mostra la storia di ogni pratica che ne è stata spostata",
    "deadline.moved_by_hand": "Una scadenza della sola pratica è stata spostata a mano: `what`, `old`, `new`, `reason`",
    "parameter.changed": "Un parametro è cambiato: `scope`, `old`, `new`, `reason`",
}


def kinds_in_code() -> set[str]:
    """Every kind that some line of the engine writes to the log."""
    found: set[str] = set()
    for _, call in [*calls("engine"), *calls("modules")]:
        name = called(call)
        if name in ("record", "_assign", "_log", "_note", "log_batch_event", "log_task"):
            found.update(_kinds(call.args[:5], DOTTED if name != "record" else KIND))
        elif name == "LogEntry":
            kinds = [*call.args[:1], *(k.value for k in call.keywords if k.arg == "kind")]
            found.update(_kinds(kinds, DOTTED))
    return found


def _kinds(arguments: list[ast.expr], shape: re.Pattern[str]) -> set[str]:
    found: set[str] = set()
    for argument in arguments:
        for one in [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]:
            if isinstance(one, ast.Constant) and isinstance(one.value, str) and shape.fullmatch(one.value):
                found.add(one.value)
            if isinstance(one, ast.JoinedStr) and isinstance(one.values[0], ast.Constant):
                head = str(one.values[0].value)
                found.update(head + ending for ending in BRANCHES.get(head, ()))
    return found


def log_page() -> str:
    """Every kind of line."""
    rows = [(code(name), text) for name, text in explained(kinds_in_code(), KINDS, "docs/pages/log.py")]
    return page(
        "Registro",
        "Ogni cambiamento lascia una riga nella tabella `event`: momento (UTC), chi (il nome utente, "
        "`sistema` per il motore), genere, elemento del diagramma, versione del processo, e i dati qui "
        "sotto. La riga nasce nella stessa transazione del cambiamento; la base di dati rifiuta di "
        "modificarla o cancellarla. I valori scritti nei moduli non entrano nel registro.",
        table(("Genere", "Quando, e che cosa porta"), rows),
        "La pagina della pratica ne mostra una parte, in parole, sotto «Storia». Le letture (`case.read`) "
        "non vi compaiono: il motore le dà (`engine.history.readers`) solo a chi ha il permesso `audit.read`.",
    )
