"""The ambiti with some of their comuni, the organisations of the network, and the colleagues of the demonstration."""

from __future__ import annotations

from engine.access.models import Ambito

AMBITI: tuple[Ambito, ...] = (
    Ambito("cremona", "Comune di Cremona", "Sant'Omobono", "11-13", ("Cremona",)),
    Ambito("cremasco", "Ambito Cremasco", "San Pantaleone", "06-10"),
    Ambito("cremasco/crema", "Sub-ambito di Crema", "San Pantaleone", "06-10", ("Crema",)),
    Ambito("cremasco/bagnolo_cremasco", "Sub-ambito di Bagnolo Cremasco", comuni=("Bagnolo Cremasco", "Chieve")),
    Ambito("cremasco/castelleone", "Sub-ambito di Castelleone", comuni=("Castelleone", "Gombito", "Fiesco")),
    Ambito("cremasco/montodine", "Sub-ambito di Montodine", comuni=("Montodine", "Ripalta Cremasca", "Moscazzano")),
    Ambito("cremasco/pandino", "Sub-ambito di Pandino", comuni=("Pandino", "Rivolta d'Adda", "Spino d'Adda")),
    Ambito("cremasco/sergnano", "Sub-ambito di Sergnano", comuni=("Sergnano", "Pianengo", "Offanengo")),
    Ambito("cremasco/soncino", "Sub-ambito di Soncino", comuni=("Soncino", "Romanengo", "Ticengo")),
    Ambito("casalasco", "Consorzio Casalasco", comuni=("Casalmaggiore", "Viadana", "Piadena Drizzona")),
    Ambito("cremonese", "Azienda Sociale Cremonese", comuni=("Soresina", "Pizzighettone", "Ostiano")),
)  # fmt: skip

ORGANISATIONS: tuple[tuple[str, str, str], ...] = (
    ("Comune di Cremona (dimostrazione)", "comune", "cremona"),
    ("Comune di Crema (dimostrazione)", "comune", "cremasco/crema"),
    ("Servizio Inserimento Lavorativo di prova", "SIL", "cremasco"),
    ("Centro per l'impiego di prova", "CPI", "cremasco"),
    ("Cooperativa Esempio", "cooperativa", "cremasco"),
    ("Consorzio Immaginario", "consorzio", ""),
    ("Parrocchia di San Prototipo", "parrocchia", "cremasco/crema"),
    ("Associazione Vicini di Prova", "associazione", "cremasco/crema"),
    ("Scuola dell'infanzia Bozza", "scuola", "cremasco/crema"),
    ("Ente Formazione Esempio", "ente di formazione", ""),
    ("Bottega Campione", "negozio", "cremona"),
    ("Officina Modello", "azienda", "casalasco"),
)

COLLEAGUES: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("anna", "Anna Prova", (("assistente_sociale", "cremasco"),)),
    ("bruno", "Bruno Esempio", (("operatore_sil", "cremasco"),)),
    ("carla", "Carla Finta", (("coordinatore_patti", "cremasco"),)),
    ("dario", "Dario Inventato", (("microequipe", "cremasco"),)),
    ("elena", "Elena Ipotesi", (("case_manager", "cremasco"),)),
    ("fabio", "Fabio Modello", (("tutor", "cremasco"),)),
    ("gina", "Gina Scenario", (("commissione", "cremasco"),)),
    ("hugo", "Hugo Campione", (("commissione", "cremasco"),)),
    ("ines", "Ines Saggio", (("commissione", "cremasco"),)),
    ("luca", "Luca Bozza", (("formatore", "cremasco"),)),
    ("mara", "Mara Traccia", (("segnalante", "cremasco"),)),
    ("silvia", "Silvia Abbozzo", (("coordinatore_sub_ambito", "cremasco/pandino"),)),
    ("nadia", "Nadia Variante", (("tutor", "cremasco"), ("case_manager", "cremasco"))),
    ("olga", "Olga Altrove", (("assistente_sociale", "cremona"),)),
    ("piero", "Piero Altrove", (("operatore_sil", "cremona"), ("coordinatore_patti", "cremona"))),
    ("vito", "Vito Altrove", (("microequipe", "cremona"), ("case_manager", "cremona"), ("tutor", "cremona"))),
    ("teresa", "Teresa Lontano", (("assistente_sociale", "casalasco"), ("coordinatore_patti", "casalasco"))),
    ("ugo", "Ugo Disegno", (("analista", ""),)),
    ("rita", "Rita Schema", (("amministratore", ""),)),
)
"""User name, name, roles with their ambito (empty: everywhere)."""
