"""The page of forms: every component, what it gives, the properties of this engine."""

from __future__ import annotations

from docs.pages.markdown import code, explained, page, same_names, table
from engine.languages.forms.model import Format, Kind
from engine.languages.forms.schema import ATTRIBUTES, NEWEST_SCHEMA, PROPERTIES, REFUSED, VALIDATE
from engine.localization import message
from web.filling import USERS

COMPONENTS = {
    "textfield": "un testo su una riga",
    "textarea": "un testo su più righe",
    "number": "un numero esatto; sulla pagina si scrive `1.234,56`",
    "datetime": "una data, un'ora, o una data con l'ora in Italia (`subtype`)",
    "checkbox": "sì o no",
    "radio": "una delle scelte, tutte in vista",
    "select": "una delle scelte, in un elenco",
    "checklist": "più scelte, tutte in vista",
    "taglist": "più scelte, da cercare",
    "filepicker": "uno o più allegati della pratica",
    "dynamiclist": "righe che si aggiungono e si tolgono: un elenco di contesti",
    "group": "un riquadro; con `path` un contesto",
    "expression": "un valore calcolato, che non si chiede",
    "text": "un testo da leggere, in Markdown semplice",
    "html": "un testo da leggere, in HTML ripulito",
    "table": "una tabella da leggere",
    "separator": "una linea",
    "spacer": "uno spazio",
}
OWN = {
    "formato": "`euro` (due decimali), `ore` (a quarti d'ora; anche `1:30`), `codice_fiscale` (con il "
    "carattere di controllo)",
    "non_futuro": "`true`: non oltre oggi",
    "dopo": "la chiave di un altro campo data: deve venire dopo quello",
    "errore": "la frase da mostrare quando la risposta non va (non quando manca)",
    "minimo": "quante righe almeno",
    "massimo": "quante righe al più",
    "sempre_vuoto": "`true`: non comincia dal valore che la variabile ha già",
    "autocomplete": "il valore HTML; se manca, `off`: si scrive dei dati di altri",
    "utenti": "un ruolo: il campo diventa una scelta fra i colleghi che lo hanno nell'ambito della pratica",
}


def forms_page() -> str:
    """Components, rules, properties, expressions."""
    same_names(
        {str(one) for one in Format}, {"euro", "ore", "codice_fiscale"}, "docs/pages/forms.py, formati"
    )
    components = explained({str(one) for one in Kind}, COMPONENTS, "docs/pages/forms.py, componenti")
    own = explained({*PROPERTIES, USERS}, OWN, "docs/pages/forms.py, proprietà")
    rows = [
        (
            code(name),
            text,
            ", ".join(map(code, sorted(VALIDATE.get(Kind(name), frozenset()) | _always(Kind(name))))) or "–",
        )
        for name, text in components
    ]
    on = {
        name: "ogni campo" if kinds >= frozenset(Kind) else _kinds(kinds)
        for name, kinds in PROPERTIES.items()
    }
    return page(
        "Moduli",
        f"Un modulo è un file `.form` di Camunda Forms (schema fino alla versione {NEWEST_SCHEMA}), "
        f"disegnato nel modellatore. Le pagine lo "
        "mostrano come HTML accessibile, con e senza JavaScript, e ogni risposta è ricontrollata dal "
        "server. Completare il compito scrive ogni campo nella variabile che ha per nome la sua chiave.",
        "## Componenti\n\n" + table(("Tipo", "Che cosa dà", "Regole (`validate`)"), rows),
        "## Non si mostrano\n\n"
        + table(("Tipo", "Perché"), [(code(name), message(reason)) for name, reason in REFUSED.items()]),
        "## Proprietà\n\nSi scrivono nel modellatore fra le *Custom properties* del componente.\n\n"
        + table(
            ("Proprietà", "Su", "Che cosa fa"), [(code(n), on.get(n, "`textfield`"), text) for n, text in own]
        ),
        "## Espressioni\n\n`conditional.hide` (nasconde quando è vera), `readonly`, `required`, `min`, "
        "`max`, lunghezze, `defaultValue` e le etichette sono FEEL quando cominciano con `=`; nei testi, "
        "fra `{{ }}`. Si vedono le variabili della pratica, sopra di esse le risposte, sopra di esse quelle "
        "della propria riga; `this`, `parent` e `i` come in Camunda Forms.\n\n- Ciò che è nascosto non si "
        "invia, e per le altre condizioni conta come non risposto.\n- Un campo di sola lettura tiene il "
        "valore che aveva, qualunque cosa mandi la pagina.\n- Una risposta che manca è il valore della "
        "variabile, poi quello iniziale.",
    )


def _always(kind: Kind) -> frozenset[str]:
    return frozenset({"required"}) if "validate" in ATTRIBUTES[kind] else frozenset()


def _kinds(kinds: frozenset[Kind]) -> str:
    return ", ".join(code(kind) for kind in Kind if kind in kinds)
