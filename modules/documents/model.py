"""Data types of documents: the kinds, a stored document, reserved numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of documents; the value is also the name of the template."""

    CONTRATTO = "contratto"
    LETTERA_ESITO = "lettera_esito"
    RENDICONTO = "rendiconto"
    VERBALE = "verbale"

    @property
    def label(self) -> str:
        """What people call it, in Italian."""
        return _LABELS[self]


_LABELS = {
    Kind.CONTRATTO: "Patto",
    Kind.LETTERA_ESITO: "Lettera di esito",
    Kind.RENDICONTO: "Rendiconto",
    Kind.VERBALE: "Verbale della commissione",
}


@dataclass(frozen=True)
class Document:
    """An issued document. `created_at` in UTC; `superseded_by` is the id of the next version, or None."""

    id: str
    instance_id: str
    kind: Kind
    version: int
    protocol: str
    title: str
    filename: str
    media_type: str
    size: int
    sha256: str
    created_at: datetime
    created_by: str
    element_id: str
    replaces: str | None
    superseded_by: str | None

    @property
    def is_in_force(self) -> bool:
        """Whether no later version replaces it."""
        return self.superseded_by is None


@dataclass(frozen=True)
class Reservation:
    """The version and protocol number of a document, reserved before it is typeset because they are printed on it."""

    version: int
    protocol_year: int
    protocol_number: int
    replaces: str | None

    @property
    def protocol(self) -> str:
        """As printed: at least seven digits and the year, ``0000045/2016``."""
        return protocol_text(self.protocol_number, self.protocol_year)


def protocol_text(number: int, year: int) -> str:
    """A protocol number as printed: at least seven digits (DPR 445/2000, art. 57) and the year."""
    return f"{number:07d}/{year}"
