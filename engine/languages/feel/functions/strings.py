"""Built-ins on text, without patterns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.languages.feel.functions.declaration import (
    MISSING,
    FunctionGroup,
    items,
    list_index,
    text,
    whole_number,
)
from engine.languages.feel.limits import Evaluation

FUNCTIONS = FunctionGroup()


@FUNCTIONS.add(
    "substring",
    ("string", "start position", "length"),
    ("string", "start position"),
    description="La parte di un testo da una posizione (la prima è 1), lunga al più tanto",
)
def substring(string: Any, start: Any, length: Any = MISSING) -> str | None:
    """Part of a text by characters; a negative start counts from the end."""
    written = text(string)
    first = list_index(start, len(written))
    if length is MISSING:
        return written[first:]
    if whole_number(length) < 1:
        return None
    return written[first : first + whole_number(length)]


@FUNCTIONS.add("string length", ("string",), description="Quanti caratteri ha un testo")
def string_length(string: Any) -> Decimal:
    """Length in characters."""
    return Decimal(len(text(string)))


@FUNCTIONS.add("upper case", ("string",), description="Il testo in maiuscolo")
def upper_case(string: Any) -> str:
    """Upper case."""
    return text(string).upper()


@FUNCTIONS.add("lower case", ("string",), description="Il testo in minuscolo")
def lower_case(string: Any) -> str:
    """Lower case."""
    return text(string).lower()


@FUNCTIONS.add("trim", ("string",), description="Il testo senza spazi all'inizio e alla fine")
def trim(string: Any) -> str:
    """Without white space at the ends."""
    return text(string).strip()


@FUNCTIONS.add("substring before", ("string", "match"), description="Ciò che nel testo precede quelle parole")
def substring_before(string: Any, match: Any) -> str:
    """The text before the first match; empty when there is none."""
    before, found, _ = text(string).partition(match) if text(match) else ("", "", "")
    return before if found else ""


@FUNCTIONS.add("substring after", ("string", "match"), description="Ciò che nel testo segue quelle parole")
def substring_after(string: Any, match: Any) -> str:
    """The text after the first match; empty when there is none."""
    if not text(match):
        return text(string)
    return text(string).partition(match)[2]


@FUNCTIONS.add("contains", ("string", "match"), description="Vero se il testo contiene quelle parole")
def contains(string: Any, match: Any) -> bool:
    """Whether the text contains the match."""
    return text(match) in text(string)


@FUNCTIONS.add("starts with", ("string", "match"), description="Vero se il testo comincia con quelle parole")
def starts_with(string: Any, match: Any) -> bool:
    """Whether the text starts with the match."""
    return text(string).startswith(text(match))


@FUNCTIONS.add("ends with", ("string", "match"), description="Vero se il testo finisce con quelle parole")
def ends_with(string: Any, match: Any) -> bool:
    """Whether the text ends with the match."""
    return text(string).endswith(text(match))


@FUNCTIONS.add(
    "string join",
    ("list",),
    ("list", "delimiter"),
    bounded=True,
    description="I testi di una lista uno dopo l'altro, con un separatore fra loro",
)
def string_join(evaluation: Evaluation, texts: Any, delimiter: Any = "") -> str:
    """Texts joined; nulls are left out, and a null delimiter is an empty one."""
    between = "" if delimiter is None else text(delimiter)
    pieces = [text(piece) for piece in items(texts) if piece is not None]
    evaluation.spend_text(sum(map(len, pieces)) + len(between) * len(pieces))
    return between.join(pieces)
