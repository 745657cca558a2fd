"""The page of the dialect: every element, event, attribute and property of a diagram that the engine reads."""

from __future__ import annotations

import ast
import re

from docs.pages.markdown import ROOT, code, explained, page, same_names, table
from docs.pages.source import called, calls, words
from engine.languages.bpmn.lint.events import ALLOWED_EVENTS, EVENT_SUBPROCESS_STARTS
from engine.languages.bpmn.lint.linter import UNSUPPORTED_ELEMENTS
from engine.languages.bpmn.lint.unsupported import FOREIGN, HARMLESS, INSTEAD
from engine.languages.bpmn.parser import FLOW_NODES
from engine.localization import message

PARSER = "engine/languages/bpmn/parser.py"
ELEMENTS = {
    "userTask": "Compito di una persona. Il suo modulo è `camunda:formRef`; completarlo scrive i campi del "
    "modulo nelle variabili. La documentazione è ciò che l'operatore legge in «Che cosa fare».",
    "manualTask": "Si passa oltre: ricorda qualcosa che si fa fuori dal sistema.",
    "task": "Attività senza tipo: si passa oltre.",
    "serviceTask": "Chiama un'[operazione](operazioni.md): tipo «External», il *topic* è il suo nome, gli "
    "*input* i suoi parametri. Gli *output* leggono il risultato come `=risultato.nome`.",
    "sendTask": "Come l'attività di servizio; senza *topic* manda il suo messaggio alle altre pratiche.",
    "receiveTask": "Attende un messaggio.",
    "businessRuleTask": "Applica una tabella DMN (`camunda:decisionRef`) e scrive l'esito nella variabile "
    "del risultato. Quali righe hanno deciso resta nel registro.",
    "scriptTask": "Un'espressione FEEL (formato `feel`). Con la variabile del risultato scrive quella; "
    "senza, deve dare un contesto e scrive ogni sua voce.",
    "callActivity": "Chiama un altro processo (`calledElement`), nella versione che era in vigore quando il "
    "chiamante è stato pubblicato. Ha variabili proprie.",
    "subProcess": "Sottoprocesso incorporato: divide le variabili con chi lo contiene. A evento "
    "(`triggeredByEvent`): attende accanto al flusso del suo processo o sottoprocesso finché questo dura; se "
    "interrompe, annulla tutto il resto; se no, parte ogni volta. Con l'inizio di compensazione, annulla "
    "quello in cui sta.",
    "transaction": "Sottoprocesso che si può annullare: una fine *cancel* ferma ciò che vi è aperto, annulla a "
    "ritroso ciò che vi è stato fatto ed esce dall'evento *cancel* al bordo. Un errore esce senza annullare.",
    "startEvent": "L'inizio. Senza evento, può portare il modulo di apertura (`camunda:formRef`); a "
    "messaggio o a segnale, la pratica nasce quando arriva; più inizi possono stare nello stesso processo.",
    "endEvent": "La fine di un ramo; a errore o *escalation* cerca, dall'interno verso l'esterno, l'evento che "
    "la raccoglie; a segnale o messaggio lo manda; *terminate* chiude tutto il processo (o sottoprocesso); a "
    "compensazione, annulla prima di chiudere.",
    "intermediateCatchEvent": "Attende un momento, un messaggio, un segnale, o che una condizione sia vera; a "
    "collegamento è dove si arriva.",
    "intermediateThrowEvent": "Senza evento segna un punto della strada, per esempio uno stato; altrimenti dà "
    "un'*escalation*, un segnale o un messaggio; a compensazione annulla un'attività, o tutto ciò che è stato "
    "fatto al suo livello; a collegamento porta all'evento di arrivo dello stesso nome.",
    "boundaryEvent": "Sul bordo di un'attività, che interrompa o no. A errore interrompe sempre. Ciò che non "
    "interrompe (messaggio, segnale, *escalation*, condizione, timer a ripetizione) scatta ogni volta. A "
    "compensazione porta, con un'associazione, all'attività che annulla quella su cui sta.",
    "exclusiveGateway": "Il primo flusso la cui condizione è vera; altrimenti quello predefinito.",
    "parallelGateway": "Apre tutti i rami; all'unione prende un token da ogni flusso, a ogni giro di un ciclo.",
    "inclusiveGateway": "Apre i rami la cui condizione è vera; all'unione attende i token che possono ancora "
    "arrivare.",
    "eventBasedGateway": "Attende il primo di più eventi (timer, messaggi, attività di ricezione).",
}
EVENTS = {
    "timer": "timer",
    "message": "messaggio",
    "signal": "segnale",
    "conditional": "condizione",
    "error": "errore",
    "escalation": "*escalation*",
    "terminate": "*terminate*",
    "compensate": "compensazione",
    "cancel": "*cancel*",
    "link": "collegamento",
}
CATCHING = (
    (
        "errore",
        "Il più vicino: prima il bordo dell'attività, poi il sottoprocesso a evento di chi la contiene, e così "
        "via verso l'esterno, anche fuori da ciò che è chiamato o ripetuto. Chi nomina il codice viene prima di "
        "chi li raccoglie tutti",
        "Incidente: il token resta dov'è e lo dice",
    ),
    (
        "guasto",
        "Uno script, una tabella, una condizione che non si calcola, o un'operazione dopo l'ultimo tentativo: "
        "lo raccoglie solo chi nomina il codice `ERRORE_TECNICO`, mai chi raccoglie ogni errore",
        "Incidente",
    ),
    ("*escalation*", "Come l'errore; se non interrompe, anche chi l'ha data va avanti", "Non succede niente"),
    (
        "segnale",
        "Tutti quelli che lo attendono in quel momento: nella stessa pratica subito, nelle altre dopo il "
        "salvataggio, ciascuna una volta. Un processo che comincia con il segnale nasce nell'ambito di chi lo dà",
        "Non succede niente",
    ),
    (
        "messaggio",
        "Le pratiche che lo attendono con la stessa `chiave`; se nessuna, il processo che comincia con quel "
        "messaggio. Gli *input* dell'evento sono i valori che porta (anche del segnale)",
        "Si ritenta; poi un incidente",
    ),
    (
        "condizione",
        "Si guarda dopo ogni passo che cambia variabili; scatta quando diventa vera (o lo è già all'arrivo), e "
        "di nuovo solo dopo essere stata falsa",
        "",
    ),
)
ATTRIBUTES = {
    "candidateStarterGroups": ("process", "Ruoli che possono avviarlo, separati da virgola"),
    "assignee": ("userTask", "Chi lo fa: nome utente, o `=` e un'espressione"),
    "candidateGroups": (
        "userTask",
        "Ruoli a cui è offerto, separati da virgola o come elenco FEEL; vincono sulla corsia",
    ),
    "candidateUsers": ("userTask", "Utenti a cui è offerto, come sopra"),
    "dueDate": (
        "userTask",
        "Scadenza: un giorno vale fino alle 23:59:59, una durata conta dalla nascita del compito",
    ),
    "followUpDate": ("userTask", "Data di promemoria, come sopra"),
    "priority": ("userTask", "Priorità, un numero intero (50 se manca): la scrivania si può ordinare così"),
    "formRef": ("userTask, startEvent", "L'identificativo del modulo, che sta nel pacchetto"),
    "formKey": ("userTask, startEvent", "Letto se manca `formRef`"),
    "topic": ("serviceTask, sendTask", "Il nome dell'operazione"),
    "decisionRef": ("businessRuleTask", "L'identificativo della tabella"),
    "mapDecisionResult": (
        "businessRuleTask",
        "`singleResult` (se manca): il risultato; `singleEntry`: il suo unico valore; `collectEntries`, "
        "`resultList`: l'elenco",
    ),
    "resultVariable": ("businessRuleTask, scriptTask", "La variabile che riceve il risultato"),
    "inputParameter": ("serviceTask, sendTask", "Un parametro dell'operazione"),
    "outputParameter": ("serviceTask, sendTask", "Una variabile da scrivere, di solito `=risultato.nome`"),
    "in": (
        "callActivity",
        "Che cosa riceve il processo chiamato: `source` o `sourceExpression` → `target`, oppure "
        '`variables="all"`. Senza, tutto',
    ),
    "out": ("callActivity", "Che cosa torna indietro, allo stesso modo. Senza, tutto"),
    "collection": ("ripetizione", "L'elenco su cui ripetere: una variabile o un'espressione"),
    "elementVariable": ("ripetizione", "La variabile con la voce di quel giro; `loopCounter` conta da 1"),
    "escalationCodeVariable": ("evento di *escalation*", "La variabile che riceve il codice"),
    "errorCodeVariable": ("evento di errore", "La variabile che riceve il codice dell'errore"),
    "errorMessageVariable": ("evento di errore", "La variabile che riceve la frase dell'errore"),
    "property": ("ogni elemento", "Le proprietà qui sotto"),
}
CHILDREN = {"inputParameter", "outputParameter", "in", "out", "property"}
PROPERTIES = {
    "stato": ("ogni elemento", "Lo stato della pratica quando vi si arriva, per esempio `in_commissione`"),
    "diverso_da": (
        "userTask",
        "Elementi, separati da virgola: chi ha completato uno di loro, anche in una versione precedente, non "
        "può completare questo compito. Di un altro processo: `processo:Elemento`",
    ),
    "riservato": (
        "userTask",
        "`true`: i campi del modulo e gli allegati del compito li legge solo chi ha il permesso "
        "`case.restricted`",
    ),
    "chiave": (
        "evento a messaggio, receiveTask",
        "`=` e un'espressione: a quale pratica arriva il messaggio. Se manca, la chiave della pratica",
    ),
    "raccogli": (
        "ripetizione",
        "La variabile in cui raccogliere, nell'ordine delle voci, ciò che ogni giro ha scritto",
    ),
}
TIMERS = (
    (
        "`timeDate`",
        "`2026-01-31T09:00:00+01:00`, `=fine giornata(data_fine)`",
        "Un momento fisso: resta dov'è anche se la pratica viene sospesa",
    ),
    (
        "`timeDuration`",
        '`P10D`, `PT1H`, `=duration("P" + string(parametro("giorni")) + "D")`',
        "Da quando si comincia ad attendere; durante una sospensione l'orologio è fermo",
    ),
    (
        "`timeCycle`",
        "`R3/P1D`, `R/P14D`",
        "Si ripete ogni periodo, dalla data nominale; `R3` tre volte, `R` senza fine",
    ),
)
PLACES = (
    (
        "assegnatario, gruppi, utenti, scadenza, promemoria, priorità, chiave, *input*, *output*",
        "il testo stesso",
        "FEEL",
    ),
    ("condizioni dei flussi, script, collezione, numero di volte, condizione di fine", "FEEL", "FEEL"),
    ("timer", "ISO 8601 se lo è, altrimenti FEEL", "FEEL"),
)
HARMLESS_REASONS = {
    "properties": "dove non si leggono sono solo appunti",
    "async": "ogni passo è già salvato da sé, e le operazioni si ritentano",
    "asyncBefore": "come sopra",
    "asyncAfter": "come sopra",
    "exclusive": "due passi della stessa pratica non corrono mai insieme",
    "jobPriority": "i lavori automatici si fanno in ordine di tempo",
    "taskPriority": "come sopra",
    "historyTimeToLive": "il registro non si cancella",
    "versionTag": "è un'etichetta: le versioni hanno un numero",
    "formRefBinding": "il modulo è quello pubblicato con il diagramma",
    "formRefVersion": "come sopra",
    "diagramRelationId": "lo usa il modellatore",
    "modelerTemplate": "come sopra",
    "modelerTemplateVersion": "come sopra",
    "modelerTemplateIcon": "come sopra",
}


def _attributes_read() -> set[str]:
    """The camunda attributes that the reader names in full."""
    return set(re.findall(r"\{\{\{CAMUNDA\}\}\}(\w+)", (ROOT / PARSER).read_text(encoding="utf-8")))


def _properties_read() -> set[str]:
    """The camunda:properties that some line of the engine or of the pages asks an element for."""
    found = set()
    for _, call in calls("engine", "web"):
        owner = call.func.value if isinstance(call.func, ast.Attribute) else None
        asked = (isinstance(owner, ast.Attribute) and owner.attr == "properties") or (
            isinstance(owner, ast.Call) and called(owner) == "_properties"
        )
        if called(call) == "get" and asked and isinstance(call.args[0], ast.Constant):
            found.add(str(call.args[0].value))
    return found


def _attribute_name(name: str) -> str:
    return code(f"<camunda:{name}>" if name in CHILDREN else f"camunda:{name}")


def _events(element: str) -> str:
    plain = ["nessun evento"] if element not in ("intermediateCatchEvent", "boundaryEvent") else []
    return ", ".join(plain + _named(ALLOWED_EVENTS[element]))


def _named(events: frozenset[str]) -> list[str]:
    return [EVENTS[one] for one in sorted(events)]


def diagrams_page() -> str:
    """The whole dialect."""
    elements = explained(FLOW_NODES - set(UNSUPPORTED_ELEMENTS), ELEMENTS, "docs/pages/diagrams.py, elementi")
    same_names(
        {event for allowed in ALLOWED_EVENTS.values() for event in allowed},
        EVENTS,
        "docs/pages/diagrams.py, eventi",
    )
    same_names(HARMLESS, HARMLESS_REASONS, "docs/pages/diagrams.py, ciò che non conta")
    read = words(PARSER)
    same_names(_attributes_read() | (set(ATTRIBUTES) & read), ATTRIBUTES, "docs/pages/diagrams.py, attributi")
    same_names(_properties_read(), PROPERTIES, "docs/pages/diagrams.py, proprietà")
    events = [(code(name), _events(name)) for name in ALLOWED_EVENTS]
    events.append(
        ("inizio di un sottoprocesso a evento", ", ".join(_named(EVENT_SUBPROCESS_STARTS | {"compensate"})))
    )
    return page(
        "Diagrammi",
        "Il dialetto è quello che scrive il Camunda Modeler da tavolo per Camunda 7. Ciò che non è in "
        "questa pagina o non conta, o viene rifiutato alla pubblicazione con una delle "
        "[osservazioni](osservazioni.md).",
        "## Elementi\n\n"
        + table(("Elemento", "Che cosa fa"), [(code(name), text) for name, text in elements]),
        "## Eventi ammessi\n\n" + table(("Elemento", "Può attendere o dare"), events),
        "## Chi raccoglie che cosa\n\n"
        + table(("Ciò che viene dato", "Chi lo riceve", "Se nessuno lo raccoglie"), CATCHING),
        "## Non eseguiti\n\n"
        + table(
            ("Elemento", "Al suo posto"),
            [(code(name), message(text)) for name, text in UNSUPPORTED_ELEMENTS.items()],
        )
        + "\n\nLo stesso vale per gli script in altri linguaggi.",
        "## Attributi\n\n"
        + table(
            ("Attributo", "Su", "Che cosa dice"),
            [(_attribute_name(name), *about) for name, about in ATTRIBUTES.items()],
        )
        + "\n\nSi leggono anche, senza prefisso, quelli di BPMN: `isExecutable`, `calledElement`, "
        "`scriptFormat`, `default`, `cancelActivity`, `isSequential`, `loopCardinality`, "
        "`completionCondition`. Una **corsia** è un ruolo: «Assistente sociale» → `assistente_sociale` "
        "(minuscole, spazi e trattini in `_`, senza accenti); offre i compiti che non dicono di chi sono.",
        "## Ciò che altri motori eseguono e questo no\n\n"
        "Non ferma la pubblicazione: è un avviso (`NOT_RUN`) che dice dov'è.\n\n"
        + table(
            ("Che cosa", "Che cosa fare"),
            [
                *((code(f"camunda:{name}"), message(text)) for name, text in INSTEAD.items()),
                (
                    ", ".join(code(f"{prefix}:…") for prefix, _ in FOREIGN.values()),
                    "estensioni di "
                    + ", ".join(engine for _, engine in FOREIGN.values())
                    + ": riscrivile con "
                    "quelle di Camunda 7",
                ),
                ("ogni altro `camunda:…` che non è in questa pagina", "toglilo, o disegna ciò che fa"),
                (
                    "`potentialOwner`, `performer`, `correlationSubscription`, `assignment` di un'associazione dati, "
                    "`startQuantity`, `completionQuantity`, `behavior`",
                    "di' le stesse cose con gli attributi e le proprietà di questa pagina",
                ),
            ],
        )
        + "\n\nNon cambia ciò che accade a una pratica, e non dà avvisi:\n\n"
        + table(
            ("Che cosa", "Perché"),
            [(code(f"camunda:{name}"), text) for name, text in HARMLESS_REASONS.items()],
        ),
        "## Proprietà\n\nSi scrivono nel modellatore fra le *Extension properties* dell'elemento.\n\n"
        + table(
            ("Proprietà", "Su", "Che cosa dice"), [(code(name), *about) for name, about in PROPERTIES.items()]
        ),
        "## Testi ed espressioni\n\n"
        + table(("Dove", "Senza `=`", "Con `=`"), PLACES)
        + "\n\nLe espressioni semplici di Camunda 7, come `${importo > 1000}`, si capiscono e diventano "
        "FEEL; quelle che chiamano oggetti o metodi Java sono rifiutate. Le funzioni: "
        "[Funzioni](funzioni.md).",
        "## Timer\n\n" + table(("Tipo", "Esempi", "Come conta"), TIMERS),
        "## Messaggi che una persona comunica\n\nUn operatore con il permesso `case.message` trova fra le "
        "«Azioni sulla pratica» i messaggi che questa attende. Ciò che il messaggio porta si scrive nella "
        "documentazione dell'elemento che lo riceve, fra «»: per esempio «nuovo_tutor» e "
        "«motivo_sostituzione». Un nome `nuovo_` e un ruolo si sceglie fra i colleghi che hanno quel ruolo.",
    )
