"""The people of the demonstration. Names say by themselves that nobody is meant; each codice fiscale holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from codicefiscale import codicefiscale


@dataclass(frozen=True)
class Somebody:
    """An invented person; `age` in years on the day the demonstration is loaded."""

    cognome: str
    nome: str
    sesso: Literal["F", "M"]
    age: int
    month: int
    day: int
    comune: str

    def birth(self, today: date) -> date:
        """The date of birth that gives the age, whatever the year."""
        return date(
            today.year - self.age - ((today.month, today.day) < (self.month, self.day)), self.month, self.day
        )

    def fiscal_code(self, today: date) -> str:
        """The codice fiscale, as if born in Crema."""
        written = codicefiscale.encode(
            lastname=self.cognome,
            firstname=self.nome,
            gender=self.sesso,
            birthdate=self.birth(today).strftime("%d/%m/%Y"),
            birthplace="Crema",
        )
        return str(written)

    @property
    def name(self) -> str:
        """Name and surname."""
        return f"{self.nome} {self.cognome}"

    @property
    def email(self) -> str:
        """An address of the domain that is nobody's."""
        plain = f"{self.nome}.{self.cognome}".lower().replace(" ", "").replace("'", "")
        return f"{plain}@example.org"

    def candidate(self, today: date, candidacy: date) -> Mapping[str, Any]:
        """The form of the candidacy."""
        return {
            "codice_fiscale": self.fiscal_code(today),
            "cognome": self.cognome,
            "nome": self.nome,
            "data_nascita": self.birth(today),
            "comune_residenza": self.comune,
            "email": self.email,
            "ente_proponente": f"Comune di {self.comune} (dimostrazione)",
            "interventi_in_carico": ["contributi_economici"],
            "condizione_lavorativa": "disoccupato",
            "disoccupato_dal": candidacy.replace(year=candidacy.year - 2, day=1),
            "ammortizzatore": "nessuno",
            "svantaggio_l68": "no",
            "svantaggio_l381": "no",
            "informativa_consegnata_il": candidacy,
        }

    def member(self, today: date, tie: str) -> dict[str, Any]:
        """A member of a household, as the report lists them."""
        return {
            "cognome": self.cognome,
            "nome": self.nome,
            "data_nascita": self.birth(today),
            "codice_fiscale": self.fiscal_code(today),
            "legame": tie,
        }


YOUNG: tuple[Somebody, ...] = (
    Somebody("Finti", "Tea", "F", 27, 5, 3, "Crema"),
    Somebody("Fittizi", "Ugo", "M", 34, 2, 10, "Crema"),
    Somebody("Esempi", "Zeno", "M", 38, 9, 21, "Crema"),
    Somebody("Provini", "Iris", "F", 22, 11, 2, "Pandino"),
    Somebody("Ipotesi", "Nello", "M", 29, 7, 17, "Castelleone"),
    Somebody("Fantasia", "Alba", "F", 31, 1, 25, "Soncino"),
    Somebody("Immaginari", "Otto", "M", 25, 4, 8, "Crema"),
    Somebody("Campioni", "Lia", "F", 36, 6, 30, "Bagnolo Cremasco"),
    Somebody("Modelli", "Ivo", "M", 20, 12, 12, "Crema"),
    Somebody("Abbozzi", "Noemi", "F", 33, 3, 19, "Offanengo"),
    Somebody("Schizzi", "Elio", "M", 28, 8, 5, "Crema"),
    Somebody("Simulati", "Gaia", "F", 24, 10, 14, "Rivolta d'Adda"),
    Somebody("Fingeri", "Bruto", "M", 42, 5, 27, "Crema"),
    Somebody("Bozzetti", "Milla", "F", 30, 2, 2, "Cremona"),
    Somebody("Tracciati", "Remo", "M", 26, 9, 9, "Casalmaggiore"),
)
"""Candidates of the patto per l'autonomia; one of them is too old for it."""

FAMILIES: tuple[tuple[str, tuple[tuple[Somebody, str], ...]], ...] = (
    (
        "Famiglia Inventati",
        (
            (Somebody("Inventati", "Ada", "F", 32, 6, 14, "Crema"), "madre"),
            (Somebody("Inventati", "Leo", "M", 4, 3, 2, "Crema"), "figlio"),
            (Somebody("Inventati", "Primo", "M", 81, 1, 9, "Crema"), "nonno"),
        ),
    ),
    (
        "Famiglia Presunti",
        (
            (Somebody("Presunti", "Elsa", "F", 45, 4, 4, "Crema"), "madre"),
            (Somebody("Presunti", "Tito", "M", 9, 7, 22, "Crema"), "figlio"),
        ),
    ),
    (
        "Coniugi Teorici",
        (
            (Somebody("Teorici", "Gino", "M", 78, 11, 30, "Crema"), "marito"),
            (Somebody("Ideali", "Pina", "F", 76, 2, 18, "Crema"), "moglie"),
        ),
    ),
    (
        "Famiglia Verosimili",
        (
            (Somebody("Verosimili", "Sami", "M", 39, 10, 1, "Crema"), "padre"),
            (Somebody("Verosimili", "Nora", "F", 12, 5, 16, "Crema"), "figlia"),
            (Somebody("Verosimili", "Dino", "M", 7, 8, 28, "Crema"), "figlio"),
        ),
    ),
)
"""Households of the patto per l'inclusione: who reports them, and their ties."""
