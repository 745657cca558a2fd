"""The people of the demonstration, with names that are visibly invented and valid codici fiscali."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from codicefiscale import codicefiscale


@dataclass(frozen=True)
class InventedPerson:
    """An invented person; `age` in years on the day the demonstration is loaded."""

    cognome: str
    nome: str
    sesso: Literal["F", "M"]
    age: int
    month: int
    day: int
    comune: str

    def birth(self, today: date) -> date:
        """The date of birth of somebody of this age on a day."""
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
        """An address at example.org."""
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


YOUNG: tuple[InventedPerson, ...] = (
    InventedPerson("Finti", "Tea", "F", 27, 5, 3, "Crema"),
    InventedPerson("Fittizi", "Ugo", "M", 34, 2, 10, "Crema"),
    InventedPerson("Esempi", "Zeno", "M", 38, 9, 21, "Crema"),
    InventedPerson("Provini", "Iris", "F", 22, 11, 2, "Pandino"),
    InventedPerson("Ipotesi", "Nello", "M", 29, 7, 17, "Castelleone"),
    InventedPerson("Fantasia", "Alba", "F", 31, 1, 25, "Soncino"),
    InventedPerson("Immaginari", "Otto", "M", 25, 4, 8, "Crema"),
    InventedPerson("Campioni", "Lia", "F", 36, 6, 30, "Bagnolo Cremasco"),
    InventedPerson("Modelli", "Ivo", "M", 20, 12, 12, "Crema"),
    InventedPerson("Abbozzi", "Noemi", "F", 33, 3, 19, "Offanengo"),
    InventedPerson("Schizzi", "Elio", "M", 28, 8, 5, "Crema"),
    InventedPerson("Simulati", "Gaia", "F", 24, 10, 14, "Rivolta d'Adda"),
    InventedPerson("Fingeri", "Bruto", "M", 42, 5, 27, "Crema"),
    InventedPerson("Bozzetti", "Milla", "F", 30, 2, 2, "Cremona"),
    InventedPerson("Tracciati", "Remo", "M", 26, 9, 9, "Casalmaggiore"),
)
"""Candidates of the patto per l'autonomia; one of them is too old for it."""

FAMILIES: tuple[tuple[str, tuple[tuple[InventedPerson, str], ...]], ...] = (
    (
        "Famiglia Inventati",
        (
            (InventedPerson("Inventati", "Ada", "F", 32, 6, 14, "Crema"), "madre"),
            (InventedPerson("Inventati", "Leo", "M", 4, 3, 2, "Crema"), "figlio"),
            (InventedPerson("Inventati", "Primo", "M", 81, 1, 9, "Crema"), "nonno"),
        ),
    ),
    (
        "Famiglia Presunti",
        (
            (InventedPerson("Presunti", "Elsa", "F", 45, 4, 4, "Crema"), "madre"),
            (InventedPerson("Presunti", "Tito", "M", 9, 7, 22, "Crema"), "figlio"),
        ),
    ),
    (
        "Coniugi Teorici",
        (
            (InventedPerson("Teorici", "Gino", "M", 78, 11, 30, "Crema"), "marito"),
            (InventedPerson("Ideali", "Pina", "F", 76, 2, 18, "Crema"), "moglie"),
        ),
    ),
    (
        "Famiglia Verosimili",
        (
            (InventedPerson("Verosimili", "Sami", "M", 39, 10, 1, "Crema"), "padre"),
            (InventedPerson("Verosimili", "Nora", "F", 12, 5, 16, "Crema"), "figlia"),
            (InventedPerson("Verosimili", "Dino", "M", 7, 8, 28, "Crema"), "figlio"),
        ),
    ),
)
"""Households of the patto per l'inclusione: who reports them, and their ties."""
