"""The page of scenarios: headings, steps and checks that a scenario file may hold."""

from __future__ import annotations

from docs.pages.markdown import code, explained, page, table
from engine.simulation.checks import CHECKS
from engine.simulation.default_users import DEFAULT_SCOPE, DEFAULT_USERS, USER_NAMES
from engine.simulation.scenario_parser import HEADINGS, STEPS

ABOUT_HEADINGS = {
    "scenario": "Il nome. Obbligatorio",
    "inizio": "Da quando comincia l'orologio, con il fuso: `2016-01-28T10:00:00+01:00`. Obbligatorio",
    "passi": "L'elenco dei passi. Obbligatorio",
    "descrizione": "Che cosa mostra",
    "processo": "Quale processo si avvia; se manca, quello che ha il nome della cartella",
    "ambito": f"Dove; se manca `{DEFAULT_SCOPE}`",
    "utenti": "Altri colleghi, o altri ruoli: `{anna: [assistente_sociale, tutor]}`; un altro ambito dopo `@`",
    "parametri": "Valori da mettere in vigore ovunque prima di cominciare: `{firma_giorni: 5}`",
}
ABOUT_STEPS = {
    "avvia": "`{come, valori}` apre una pratica; `processo`, `ambito`; `nome` per ritrovarla; `errore`: "
    "l'apertura deve essere rifiutata con quelle parole",
    "completa": "`{compito, come, valori}`; `quale` fra più uguali (da 1). `!allegato ricevuta.pdf` fra i "
    "valori allega un file",
    "rifiuta": "`{compito, come, valori, errore}`: completare deve essere rifiutato, con quelle parole",
    "attendi": "`{compito, come, entro}`: il compito è aperto, quella persona può farlo, e scade allora",
    "avanza": "quanto tempo passa: `P5D`, `PT2H`",
    "fino_a": "fino a quale momento, con il fuso",
    "messaggio": "`{nome, come, valori, chiave}` comunica qualcosa alla pratica; con `errore` deve essere "
    "rifiutato",
    "segnale": "`{nome, come, valori, ambito}` dà un segnale a tutte le pratiche che lo attendono, e ai processi "
    "che cominciano con esso",
    "sospendi": "`{come, motivo}`",
    "riprendi": "`{come}`",
    "annulla": "`{come, motivo}`",
    "riapri": "`{come, motivo, nome}` apre una pratica collegata",
    "parametro": "`{nome, valore, ambito, processo, motivo, come}` mette in vigore un valore",
    "prendi": "`{compito, come}` prende in carico",
    "rilascia": "`{compito, come}`",
    "passa": "`{compito, come, a, nota}` affida a un collega",
    "verifica": "una o più verifiche, qui sotto",
    "nota": "un commento per chi legge",
}
ABOUT_CHECKS = {
    "stato": "lo stato della pratica",
    "compiti": "i nomi di tutti i compiti aperti, e nessun altro",
    "variabili": "valori di alcune variabili; di un contesto solo le voci scritte",
    "posta": "`{evento, a}` una e-mail è partita; `quante` le conta",
    "bilancio": "`previsto`, `impegnato`, `liquidato`, `residuo`, `tetto`, `restituito`, `stato`",
    "documenti": "documenti emessi, come `contratto v1`",
    "timer": "`{nome, scade}` un timer attende; `fermo: true`, `assente: true`",
    "concluso": "se il percorso è arrivato alla fine",
    "sospesa": "se è sospesa da una persona",
    "annullata": "se è stata annullata",
    "partecipanti": "chi ha un incarico: `{tutor: fabio}`",
    "perche": "parole di una delle frasi di «Perché è fermo?»",
    "incidenti": "quanti sono aperti; uno di cui nessuna verifica parla fa fallire lo scenario",
    "eventi": "generi che devono esserci nel [registro](registro.md)",
    "titolo": "come si chiama la pratica",
}


def scenarios_page() -> str:
    """Headings, steps, checks, colleagues."""
    headings = explained(HEADINGS, ABOUT_HEADINGS, "docs/pages/scenarios.py, voci")
    steps = explained(STEPS, ABOUT_STEPS, "docs/pages/scenarios.py, passi")
    checks = explained(CHECKS, ABOUT_CHECKS, "docs/pages/scenarios.py, verifiche")
    people = [
        (code(name), USER_NAMES[name], ", ".join(map(code, roles))) for name, roles in DEFAULT_USERS.items()
    ]
    head = ("Parola", "Che cosa dice")
    return page(
        "Scenari",
        "Un file `*.scenarios.yaml` accanto a un processo racconta una pratica dall'inizio alla fine, su un "
        "orologio virtuale e una base di dati che svanisce. Lo giocano `patti simulate` e le prove. Come si "
        "scrive: [Scrivere uno scenario](../howto/scrivere-uno-scenario.md).",
        "## Voci\n\n" + table(head, [(code(name), text) for name, text in headings]),
        "## Passi\n\nOgni passo è una parola con il suo contenuto. Con più pratiche, `pratica: nome` dice "
        "di quale si parla.\n\n" + table(head, [(code(name), text) for name, text in steps]),
        "## Verifiche\n\n" + table(head, [(code(name), text) for name, text in checks]),
        "## Colleghi\n\nCi sono sempre, con il loro ruolo nell'ambito dello scenario.\n\n"
        + table(("Utente", "Nome", "Ruolo"), people),
    )
