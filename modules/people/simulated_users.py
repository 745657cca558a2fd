"""The invented users of simulations, one for each role of the patti."""

from __future__ import annotations

from engine.simulation.default_users import register_default_users

register_default_users(
    users={
        "anna": ("assistente_sociale",),
        "bruno": ("operatore_sil",),
        "carla": ("coordinatore_patti",),
        "dario": ("microequipe",),
        "elena": ("case_manager",),
        "fabio": ("tutor",),
        "gina": ("commissione",),
        "hugo": ("commissione",),
        "ines": ("commissione",),
        "luca": ("formatore",),
        "mara": ("segnalante",),
        "rita": ("amministratore",),
    },
    names={
        "anna": "Anna Prova",
        "bruno": "Bruno Esempio",
        "carla": "Carla Finta",
        "dario": "Dario Inventato",
        "elena": "Elena Ipotesi",
        "fabio": "Fabio Modello",
        "gina": "Gina Scenario",
        "hugo": "Hugo Campione",
        "ines": "Ines Saggio",
        "luca": "Luca Bozza",
        "mara": "Mara Traccia",
        "rita": "Rita Schema",
    },
    unscoped_roles=("amministratore", "analista"),
)
