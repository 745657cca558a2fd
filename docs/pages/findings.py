"""The page of findings: every code that `patti lint` and the deployment may give, and what to do about it."""

from __future__ import annotations

import re

from docs.pages.markdown import code, page, same_names, table
from docs.pages.source import called, calls, texts

CODE = re.compile(r"[A-Z][A-Z_]{3,}")
MAKERS = {"Finding", "_finding", "_found", "found", "add_finding", "for_file"}
GROUPS: dict[str, dict[str, tuple[str, str]]] = {
    "I file": {
        "NO_FILE": ("Il diagramma indicato non c'è", "Controlla il percorso scritto nel comando"),
        "ONE_DIAGRAM": (
            "Il pacchetto non contiene esattamente un diagramma",
            "Metti un solo `.bpmn` per pacchetto",
        ),
        "UNKNOWN_FILE": (
            "Un file non fa parte di una definizione",
            "Lascia solo `.bpmn`, `.dmn`, `.form`, `parametri.yaml` e `README.md`",
        ),
        "FILE_TOO_LARGE": (
            "Un file supera 4 MB",
            "Dividi il diagramma in processi chiamati, o alleggerisci il file",
        ),
        "BAD_ARCHIVE": (
            "L'archivio non si apre, o contiene troppo",
            "Crea di nuovo lo zip con i soli file del processo",
        ),
        "BAD_BUNDLE": ("Il pacchetto non si legge", "La frase dice quale file e perché"),
        "BAD_XML": ("Il file non è XML valido", "Aprilo nel modellatore e salvalo di nuovo"),
        "DOCTYPE_REFUSED": ("Il file dichiara un DOCTYPE", "Togli la riga `<!DOCTYPE …>`"),
        "NOT_BPMN": (
            "Il file è XML ma non un diagramma BPMN 2.0",
            "Salvalo dal modellatore come BPMN (Camunda 7)",
        ),
        "BAD_PARAMETER": (
            "Un parametro di `parametri.yaml` non va",
            "Servono `valore` e `tipo`, il valore di quel tipo e dentro `minimo`, `massimo` e `scelte`",
        ),
        "PARAMETER_KEY": (
            "Avviso: un parametro ha una voce che non si conosce, e che quindi non vale",
            "Correggine il nome: la frase elenca quelli che ci sono",
        ),
        "PARAMETER_BOUNDS": (
            "Avviso: il valore di partenza di un parametro è fuori da ciò che unità e uso lasciano intendere",
            "Correggi `valore`, oppure scrivi `minimo` e `massimo`",
        ),
        "PARAMETER_IN_FORCE": (
            "Avviso: un valore messo in vigore da un amministratore non rispetta i limiti della nuova versione",
            "Vale finché non lo si cambia: pagina «Parametri», o `patti parameters set`",
        ),
        "OLD_PARAMETER": (
            "Avviso: `patrono`, `sabato_festivo` e `chiusure` non decidono più i giorni lavorativi",
            "Scrivili nel [calendario](../howto/calendario-e-chiusure.md) dell'ambito e togli il parametro",
        ),
        "BAD_DECISION": (
            "Una tabella di decisione non va",
            "La frase dice riga, cella e che cosa non si capisce",
        ),
        "BAD_FORM": ("Un modulo non si legge", "Aprilo nel modellatore e salvalo di nuovo"),
        "BAD_SCENARIO": ("Uno scenario è scritto male", "La frase dice file, riga e la parola che non va"),
    },
    "Il passaggio di versione": {
        "MIGRATION_OTHER_PROCESS": (
            "Partenza e arrivo sono processi diversi",
            "Scegli due versioni dello stesso",
        ),
        "MIGRATION_SAME_VERSION": ("Una versione è insieme partenza e arrivo", "Scegli un'altra versione"),
        "MIGRATION_UNKNOWN_ELEMENT": (
            "Il piano nomina un elemento che in quella versione non c'è",
            "Controlla l'identificativo; per un processo chiamato si scrive `processo/Elemento`",
        ),
        "MIGRATION_OTHER_LEVEL": (
            "Un elemento dovrebbe andare in un altro (sotto)processo",
            "Scegli un elemento dello stesso livello",
        ),
        "MIGRATION_NOT_A_PLACE": (
            "L'elemento scelto non può prendere quel posto",
            "Non si ricomincia da un'unione, da un evento di bordo o d'inizio: scegline un altro",
        ),
        "MIGRATION_EXPOSES": (
            "Ciò che era riservato non lo sarebbe più",
            "Rimetti la proprietà `riservato` nel compito o nel campo della nuova versione",
        ),
        "MIGRATION_UNMAPPED": (
            "Un elemento non ha corrispondente nella nuova versione",
            "Se vi è ferma una pratica, indica chi ne prende il posto; un evento di bordo tolto non si attende più",
        ),
        "MIGRATION_BEGINS_ANEW": (
            "L'elemento scelto è di genere diverso",
            "Dove era aperto, quel passo finisce e si comincia l'altro: controlla che sia voluto",
        ),
        "MIGRATION_TIMER_CHANGED": (
            "Una scadenza è scritta in altro modo",
            "Sarà ricontata da quando si è cominciato ad attenderla; le altre restano al loro momento",
        ),
    },
    "Il processo": {
        "ONE_PROCESS": (
            "Nessun processo è eseguibile, o più d'uno",
            "Spunta «Executable» in un solo processo; gli altri in file propri",
        ),
        "NO_ID": (
            "Il processo non ha identificativo",
            "Scrivilo nelle proprietà: è il nome con cui lo si avvia",
        ),
        "DUPLICATE_ID": ("Due elementi hanno lo stesso identificativo", "Cambiane uno"),
        "RESERVED_ID": (
            "Un identificativo è di quelli che il motore usa per sé",
            "Cambialo: la frase dice quale",
        ),
        "NO_START": (
            "Non si sa da dove cominciare",
            "Aggiungi un evento di inizio: ogni elemento ha già un flusso che gli arriva",
        ),
        "SEVERAL_STARTS": (
            "Ci sono più eventi di inizio semplici",
            "Cominciano tutti insieme; se non è ciò che vuoi, lasciane uno",
        ),
        "UNKNOWN_ROLE": (
            "Chi può avviare nomina un ruolo che non c'è",
            "Aggiungilo a `ruoli.yaml` o correggi `candidateStarterGroups`",
        ),
        "UNKNOWN_PROCESS": (
            "Chiama un processo che non c'è",
            "Pubblica prima il processo chiamato, o correggi il nome",
        ),
        "NOT_EXECUTABLE": (
            "Il diagramma non si può eseguire per come è collegato",
            "La frase dice quale elemento",
        ),
    },
    "Gli elementi": {
        "UNSUPPORTED_ELEMENT": ("L'elemento non è eseguito", "La frase dice che cosa disegnare al suo posto"),
        "NOT_RUN": (
            "Il diagramma chiede, con le estensioni di Camunda 7 o di un altro motore, ciò che qui nessuno esegue",
            "La frase dice che cosa e come disegnarlo; l'elenco è in [Diagrammi](diagrammi.md)",
        ),
        "NO_NAME": ("Un'attività non ha nome", "Dalle un nome: è quello che legge l'operatore"),
        "NOBODY": (
            "Nessuno può fare il compito",
            "Mettilo in una corsia, o indica gruppi, utenti o assegnatario",
        ),
        "UNKNOWN_FORM": (
            "Il modulo nominato non c'è",
            "Aggiungi il file `.form` alla cartella, o correggi il nome",
        ),
        "UNKNOWN_ELEMENT": (
            "`diverso_da` nomina un elemento che non c'è",
            "Scrivi l'identificativo; di un altro processo: `processo:Elemento`",
        ),
        "NO_OPERATION": ("L'attività di servizio non dice che cosa fare", "Tipo «External» e un *topic*"),
        "UNKNOWN_OPERATION": (
            "L'operazione non esiste",
            "Scegli fra le [operazioni](operazioni.md); la frase ne suggerisce una",
        ),
        "BAD_INPUT": (
            "Un parametro non è dell'operazione, o ne manca uno",
            "Guarda i parametri dell'[operazione](operazioni.md)",
        ),
        "NO_DECISION": (
            "Manca la tabella o la variabile del risultato",
            "Compila *Decision ref* e *Result variable*",
        ),
        "UNKNOWN_DECISION": (
            "La tabella nominata non c'è",
            "Aggiungi il file `.dmn`, o correggi l'identificativo",
        ),
        "SCRIPT_FORMAT": ("Lo script non è FEEL, o è vuoto", "Formato `feel` e un'espressione"),
        "NO_CALLED_PROCESS": ("Non si dice quale processo chiamare", "Compila *Called element*"),
        "NO_COLLECTION": ("Non si dice su che cosa ripetere", "Indica una collezione o un numero di volte"),
        "TWO_COLLECTIONS": ("Collezione e numero di volte insieme", "Lascia solo l'una o l'altro"),
    },
    "Gli eventi": {
        "UNSUPPORTED_EVENT": (
            "Un evento di questo tipo qui non è eseguito",
            "La frase elenca quelli ammessi",
        ),
        "MULTIPLE_EVENT": ("Un evento attende più cose", "Dividilo in due"),
        "EMPTY_EVENT": (
            "L'evento non dice che cosa attende",
            "Scegli timer, messaggio, segnale, condizione o errore",
        ),
        "NO_MESSAGE": ("Manca il messaggio", "Scegli il messaggio e dagli un nome"),
        "NO_SIGNAL": ("Manca il segnale", "Scegli il segnale e dagli un nome"),
        "START_NAME": (
            "Il messaggio o segnale d'inizio ha per nome un'espressione",
            "Scrivi un nome fisso",
        ),
        "START_TIMER": (
            "Quando nasce la pratica è scritto con un'espressione",
            "Scrivi per esteso una data, una durata dalla pubblicazione o una ripetizione",
        ),
        "START_SCOPE": (
            "Un inizio a tempo non dice in quale ambito nascono le pratiche",
            "Aggiungi all'evento di inizio la proprietà `ambito`, per esempio `cremona`",
        ),
        "START_CONDITION": (
            "Una pratica dovrebbe nascere da una condizione",
            "Prima della pratica non ci sono variabili da guardare: usa un messaggio, un segnale o un timer",
        ),
        "INSTANTIATE": (
            "Un'attività di ricezione o un gateway a eventi dice che fa nascere la pratica, ma non può",
            "La frase dice perché; il modo più chiaro è un evento di inizio",
        ),
        "EMPTY_CONDITION": ("L'evento a condizione non ha la condizione", "Scrivila in FEEL"),
        "TECHNICAL_ERROR": (
            "Un evento dà l'errore `ERRORE_TECNICO`, che è dei guasti",
            "Dai un codice tuo; `ERRORE_TECNICO` si può solo raccogliere",
        ),
        "EVENT_SUBPROCESS_START": (
            "Un sottoprocesso a evento non dice che cosa lo fa partire",
            "Un solo evento di inizio, con timer, messaggio, segnale, condizione, errore o escalation",
        ),
        "EVENT_SUBPROCESS_FLOW": (
            "Un sottoprocesso a evento ha flussi o eventi di bordo",
            "Toglili: lo fa partire il suo evento di inizio",
        ),
        "DETACHED_BOUNDARY": ("Un evento di bordo non è agganciato", "Trascinalo sul bordo di un'attività"),
        "ERROR_MUST_INTERRUPT": (
            "Un evento di errore non interrompe",
            "Usa l'evento di bordo che interrompe",
        ),
        "NO_COMPENSATION": (
            "Un evento di compensazione non dice che cosa annulla l'attività",
            "Collegalo con un'associazione all'attività che annulla, segnata «Compensation»",
        ),
        "COMPENSATION_UNUSED": (
            "A un'attività di compensazione non porta nessun evento",
            "Aggiungi l'evento di compensazione al bordo dell'attività da annullare, e l'associazione",
        ),
        "COMPENSATION_FLOW": (
            "Un flusso entra in una compensazione o ne esce",
            "Togli il flusso: evento e attività che annulla si collegano con un'associazione",
        ),
        "COMPENSATION_REF": (
            "L'attività da annullare non è di questo livello, o non ha compensazione",
            "Scegli un'attività dello stesso livello che ne ha una, o lascia vuoto per annullare tutto",
        ),
        "COMPENSATION_START": (
            "Un inizio di compensazione è fuori posto",
            "Va in un sottoprocesso a evento, dentro il sottoprocesso da annullare",
        ),
        "CANCEL_END": (
            "Una fine «Cancel» è fuori da una transazione, o la transazione non la raccoglie",
            "Mettila dentro una transazione che ha al bordo un evento «Cancel»",
        ),
        "CANCEL_BOUNDARY": (
            "Un evento «Cancel» non è al bordo di una transazione",
            "Spostalo sul bordo di una transazione, e rendilo interrompente",
        ),
        "EMPTY_TIMER": ("Il timer non dice quando scatta", "Scrivi una data, una durata o una ripetizione"),
        "BAD_TIMER": (
            "Il testo del timer non si capisce",
            "ISO 8601 (`P10D`, `R3/P1D`) oppure un'espressione FEEL",
        ),
    },
    "I flussi": {
        "CROSSING_FLOW": (
            "Un flusso attraversa il bordo di un sottoprocesso",
            "Ridisegnalo tutto dentro o tutto fuori",
        ),
        "NO_CONDITION": (
            "Un flusso che esce da una scelta non ha condizione",
            "Se è l'unico vale da predefinito, altrimenti si può sempre prendere: scrivila",
        ),
        "CONDITION_IGNORED": (
            "La condizione sta dove nessuno la legge",
            "Un gateway parallelo o a eventi non guarda le condizioni: toglila, o cambia gateway",
        ),
        "NO_LINK": (
            "Un collegamento non ha l'altro capo, o ha flussi dalla parte sbagliata",
            "Uno o più eventi che partono e uno che arriva, dello stesso nome e nello stesso processo",
        ),
        "NO_LOOP_END": (
            "Non si dice fino a quando un'attività si ripete",
            "Scrivi la condizione del ciclo o il numero massimo di volte",
        ),
        "UNREACHABLE": ("Nessun flusso arriva all'elemento", "Collegalo, o toglilo"),
        "FLOW_INTO_START": (
            "Un flusso entra in un inizio o in un evento di bordo",
            "Portalo all'attività che segue",
        ),
        "FLOW_OUT_OF_END": (
            "Un flusso esce da una fine",
            "Toglilo, o cambia la fine in un evento intermedio",
        ),
        "DANGLING_FLOW": ("Il flusso non collega due elementi", "Cancellalo e ridisegnalo"),
        "NO_DEFAULT": (
            "Il gateway non ha un flusso predefinito",
            "Segnane uno per i casi che nessuna condizione prevede",
        ),
        "EVENT_GATEWAY": (
            "Dopo il gateway a eventi non ci sono solo attese",
            "Collega eventi intermedi o attività di ricezione",
        ),
        "BAD_EXPRESSION": (
            "Un'espressione non si capisce",
            "La frase dice dove; le funzioni sono in [Funzioni](funzioni.md)",
        ),
    },
    "I moduli": {
        "FORM_JSON": ("Il file non è JSON", "Aprilo nel modellatore e salvalo di nuovo"),
        "FORM_ENCODING": ("Il file non è in UTF-8", "Salvalo in UTF-8"),
        "FORM_TOO_BIG": ("Il modulo è troppo grande", "Dividilo in due compiti"),
        "FORM_TYPE": ("Non è un modulo di Camunda Forms", 'Serve `"type": "default"`'),
        "FORM_VERSION": (
            "La versione dello schema è più nuova di quelle conosciute",
            "Salvalo con una versione precedente",
        ),
        "FORM_ID": ("Manca l'identificativo del modulo", "Scrivilo: è quello che il compito nomina"),
        "FORM_COMPONENTS": (
            "L'elenco dei componenti non va",
            "Apri il file nel modellatore e salvalo di nuovo",
        ),
        "FORM_COMPONENT": (
            "Un componente non è un oggetto",
            "Apri il file nel modellatore e salvalo di nuovo",
        ),
        "FORM_DEPTH": ("Troppi gruppi uno dentro l'altro", "Togli qualche livello"),
        "FORM_DUPLICATE_ID": ("Due componenti hanno lo stesso id", "Cambiane uno"),
        "FORM_DUPLICATE_KEY": ("Due campi scrivono la stessa variabile", "Cambia la chiave di uno dei due"),
        "FORM_KEY": ("La chiave manca o non è un nome", "Lettere, cifre e `_`, con un punto fra i livelli"),
        "FORM_LABEL": (
            "Un campo non ha etichetta",
            "Scrivila: chi usa un lettore di schermo non saprebbe che cosa chiede",
        ),
        "FORM_LAYOUT": ("La disposizione non va", "Riposiziona il componente nel modellatore"),
        "FORM_UNKNOWN_TYPE": ("Il tipo di componente non esiste", "Guarda [Moduli](moduli.md)"),
        "FORM_UNSUPPORTED": ("Il componente non si mostra", "La frase dice che cosa usare al suo posto"),
        "FORM_UNKNOWN_ATTRIBUTE": ("Un attributo non è di quel componente", "Toglilo"),
        "FORM_PROPERTIES": ("Le proprietà non sono un elenco di nomi e testi", "Riscrivile nel modellatore"),
        "FORM_PROPERTY": ("Una proprietà non esiste o non vale lì", "Guarda [Moduli](moduli.md)"),
        "FORM_VALIDATE": (
            "Una regola di controllo non vale per quel campo",
            "Toglila, o cambia tipo di campo",
        ),
        "FORM_PATTERN": (
            "Il modello di testo (pattern) non si può usare",
            "Niente `(?=`, `(?!` e rimandi: si legge in tempo lineare",
        ),
        "FORM_VALUES": ("Le scelte non vanno", "Ogni scelta ha etichetta e valore; un solo modo di darle"),
        "FORM_ROWS": (
            "Le righe di un elenco non vanno",
            "`minimo` non oltre `massimo`; ciò che non si ripete è un gruppo",
        ),
        "FORM_TABLE": ("La tabella non dice colonne o dati", "Indica colonne e origine dei dati"),
        "FORM_AFTER": ("`dopo` nomina un campo che non c'è", "Scrivi la chiave di un altro campo data"),
        "FORM_DEFAULT": (
            "Il valore iniziale non va per quel campo",
            "Scrivi un valore che il campo accetterebbe",
        ),
        "FORM_FEEL": ("Un'espressione non si capisce", "La frase dice quale; comincia con `=`"),
        "FORM_FLAG": ("Serve sì o no, o un'espressione", "Scrivi `true`, `false` o `=…`"),
        "FORM_NUMBER": ("Serve un numero", "Scrivi un numero fra i limiti detti dalla frase"),
        "FORM_TEXT": ("Serve un testo", "Scrivi un testo"),
        "FORM_VALUE": ("Il valore non è fra quelli ammessi", "La frase li elenca"),
    },
}


def in_code() -> dict[str, bool]:
    """Every code given somewhere in the engine or the command line → whether it only warns."""
    found: dict[str, bool] = {}
    for _, call in calls("engine", "cli"):
        if called(call) in MAKERS:
            given = texts(call)
            for one in given:
                if CODE.fullmatch(one):
                    found[one] = "warning" in given
    return found


def findings_page() -> str:
    """Every finding, in the order in which an analyst meets them."""
    found = in_code()
    same_names(found, [name for group in GROUPS.values() for name in group], "docs/pages/findings.py")
    sections = []
    for title, group in GROUPS.items():
        rows = [
            (code(name), "avviso" if found[name] else "errore", meaning, remedy)
            for name, (meaning, remedy) in group.items()
        ]
        sections.append(
            f"## {title}\n\n" + table(("Codice", "Peso", "Che cosa non va", "Che cosa fare"), rows)
        )
    return page(
        "Osservazioni",
        "Ciò che dicono `patti lint`, `patti deploy` e la pagina «Processi» quando qualcosa non va. Ogni "
        "osservazione porta file, riga, identificativo e nome dell'elemento, e una frase in italiano. Un "
        "errore ferma la pubblicazione, e niente di quel pacchetto viene pubblicato; un avviso no.",
        *sections,
    )
