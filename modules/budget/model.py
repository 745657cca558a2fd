"""Types of the budget: categories, states, balances, statements of accounts; reading and writing of amounts."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from engine.errors import ExecutionFailed
from engine.localization import message

MAX_EUROS = Decimal(1_000_000_000_000)
"""A larger amount is a typing error; the limit also keeps the cents within 64 bits."""

MAX_TEXT = 200
INVALID_AMOUNT = "IMPORTO_NON_VALIDO"


class Categoria(StrEnum):
    """The catalogue of supports that a budget may pay for."""

    FORMAZIONE = "formazione"
    INTRAPRESA = "intrapresa"
    SOSTEGNO_PSICOLOGICO = "sostegno_psicologico"
    SOSTEGNO_REDDITO = "sostegno_reddito"
    CONCILIAZIONE = "conciliazione"
    MOBILITA = "mobilita"
    VOLONTARIATO = "volontariato"
    ALTRO = "altro"

    @property
    def label(self) -> str:
        """The name people read, in Italian."""
        return _LABELS[self]


_LABELS = {
    Categoria.FORMAZIONE: "Formazione e riqualificazione",
    Categoria.INTRAPRESA: "Intrapresa",
    Categoria.SOSTEGNO_PSICOLOGICO: "Sostegno psicologico e relazionale",
    Categoria.SOSTEGNO_REDDITO: "Sostegno al reddito",
    Categoria.CONCILIAZIONE: "Conciliazione",
    Categoria.MOBILITA: "Mobilità",
    Categoria.VOLONTARIATO: "Volontariato",
    Categoria.ALTRO: "Altro",
}

_KEY_PREFIXES = {
    "formazione": Categoria.FORMAZIONE,
    "riqualificazione": Categoria.FORMAZIONE,
    "intrapresa": Categoria.INTRAPRESA,
    "sostegno_psicologico": Categoria.SOSTEGNO_PSICOLOGICO,
    "sostegno_al_reddito": Categoria.SOSTEGNO_REDDITO,
    "sostegno_reddito": Categoria.SOSTEGNO_REDDITO,
    "conciliazione": Categoria.CONCILIAZIONE,
    "mobilita": Categoria.MOBILITA,
    "volontariato": Categoria.VOLONTARIATO,
    "altro": Categoria.ALTRO,
}


def read_categoria(text: str, field: str = "") -> Categoria:
    """The category that a form or a diagram names, by key or by label; accents and capitals do not matter.

    Raises ExecutionFailed CATEGORIA_NON_VALIDA with the list of the known ones; `field` says where the text was.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    key = "_".join("".join(c if c.isalnum() else " " for c in plain).split())
    for start, categoria in _KEY_PREFIXES.items():
        if key == start or key.startswith(start + "_"):
            return categoria
    raise ExecutionFailed(
        "CATEGORY_UNKNOWN",
        code="CATEGORIA_NON_VALIDA",
        field=field or message("BUDGET_FIELD_CATEGORY"),
        value=text[:80],
        known=list(Categoria),
    )


class StatoConto(StrEnum):
    """Life of an account."""

    APERTO = "aperto"
    SOSPESO = "sospeso"
    CHIUSO = "chiuso"


class StatoVoce(StrEnum):
    """Life of a budget line."""

    PREVISTO = "previsto"
    IMPEGNATO = "impegnato"
    LIQUIDATO = "liquidato"
    STORNATO = "stornato"


class Mastro(StrEnum):
    """The accounts of the ledger. Each row of the journal moves money from one of them to another."""

    FONDO = "fondo"  # the fund that gives, and takes back what is not used
    DISPONIBILE = "disponibile"  # may still be committed
    IMPEGNATO = "impegnato"  # committed, not yet paid
    LIQUIDATO = "liquidato"  # paid
    PROGRAMMA = "programma"  # counterpart of the plan
    PREVISTO = "previsto"  # planned by the lines of the plan in force


class TipoMovimento(StrEnum):
    """Why an entry of the journal was written."""

    APERTURA = "apertura"
    PREVISIONE = "previsione"
    IMPEGNO = "impegno"
    LIQUIDAZIONE = "liquidazione"
    STORNO = "storno"
    RESTITUZIONE = "restituzione"
    SOSPENSIONE = "sospensione"
    RIPRESA = "ripresa"
    CHIUSURA = "chiusura"


@dataclass(frozen=True)
class Cause:
    """Who caused a movement, when (UTC), and from which element of the diagram."""

    actor_id: str
    at: datetime
    element_id: str = ""


@dataclass(frozen=True)
class Balance:
    """The totals of an account, in cents. Always liquidato ≤ impegnato ≤ tetto and previsto ≤ tetto."""

    tetto: int
    previsto: int
    impegnato: int
    liquidato: int
    restituito: int = 0

    @property
    def residuo(self) -> int:
        """Cents not committed: still to be spent or, once the account is closed, given back to the fund."""
        return self.tetto - self.impegnato

    def plus(self, other: Balance) -> Balance:
        """The sum of two balances, for a patto with an account for each person."""
        return Balance(
            self.tetto + other.tetto,
            self.previsto + other.previsto,
            self.impegnato + other.impegnato,
            self.liquidato + other.liquidato,
            self.restituito + other.restituito,
        )

    def as_result(self) -> dict[str, Any]:
        """The balance as diagrams see it: Decimals in euros with two places."""
        return {
            "tetto": to_euros(self.tetto),
            "previsto": to_euros(self.previsto),
            "impegnato": to_euros(self.impegnato),
            "liquidato": to_euros(self.liquidato),
            "residuo": to_euros(self.residuo),
            "restituito": to_euros(self.restituito),
        }


@dataclass(frozen=True)
class PlanItem:
    """A line as a plan or a commitment asks for it; the amount is in cents. `categoria` None means any."""

    categoria: Categoria | None
    fornitore: str
    descrizione: str
    cents: int


@dataclass(frozen=True)
class StatementLine:
    """A line of a statement of accounts; amounts in euros."""

    categoria: Categoria
    fornitore: str
    descrizione: str
    stato: StatoVoce
    previsto: Decimal
    impegnato: Decimal
    liquidato: Decimal


@dataclass(frozen=True)
class StatementMovement:
    """An entry of the journal as the statement shows it; `at` in UTC, amount in euros."""

    number: int
    at: datetime
    tipo: TipoMovimento
    importo: Decimal
    categoria: str
    fornitore: str
    motivo: str
    giustificativo: str
    actor_id: str


@dataclass(frozen=True)
class Statement:
    """The statement of accounts of one person in one patto. Amounts in euros."""

    instance_id: str
    titolare: str
    stato: StatoConto
    tetto: Decimal
    previsto: Decimal
    impegnato: Decimal
    liquidato: Decimal
    residuo: Decimal
    restituito: Decimal
    opened_at: datetime
    closed_at: datetime | None
    voci: tuple[StatementLine, ...]
    movimenti: tuple[StatementMovement, ...]


def to_cents(value: Any, field: str) -> int:
    """A positive amount of euros as cents. `field` says where the value was; the sentence of an error begins with it.

    Raises ExecutionFailed IMPORTO_NON_VALIDO for text that is not a number, NaN, infinities, booleans, zero, negative
    amounts, more than two decimals, and amounts over `MAX_EUROS`.
    """
    try:
        amount = value if isinstance(value, Decimal) else Decimal(str(value).strip())
        if isinstance(value, bool) or not amount.is_finite():
            raise ValueError
    except (InvalidOperation, ValueError) as problem:
        raise ExecutionFailed(
            "AMOUNT_NOT_A_NUMBER", code=INVALID_AMOUNT, field=field, value=str(value)[:40]
        ) from problem
    if amount <= 0:
        raise ExecutionFailed(
            "AMOUNT_NOT_POSITIVE", code=INVALID_AMOUNT, field=field, amount=format(amount, "f")
        )
    if amount > MAX_EUROS:
        raise ExecutionFailed(
            "AMOUNT_IMPLAUSIBLE", code=INVALID_AMOUNT, field=field, amount=format(amount, ".6g")
        )
    cents = amount * 100
    if cents != cents.to_integral_value():
        raise ExecutionFailed(
            "AMOUNT_TOO_PRECISE", code=INVALID_AMOUNT, field=field, amount=format(amount, "f")
        )
    return int(cents)


def to_euros(cents: int) -> Decimal:
    """Cents as euros with two places."""
    return Decimal(cents).scaleb(-2)


def euro(amount: int | Decimal) -> str:
    """An amount as Italians write it: ``2.000,00 €``. An int is cents, a Decimal is euros."""
    value = to_euros(amount) if isinstance(amount, int) else amount
    return f"{plain_euro(value, grouped=True)} €"


def plain_euro(value: Decimal, *, grouped: bool = False) -> str:
    """An amount with the decimal comma and two places, thousands with a point when `grouped`; no symbol."""
    text = f"{value:,.2f}" if grouped else f"{value:.2f}"
    return text.translate(str.maketrans(",.", ".,"))
