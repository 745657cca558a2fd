"""What a person typed, cleaned of what no keyboard means to send."""

from __future__ import annotations

import unicodedata

from engine.languages.forms.messages import Sentence, sentence

MAX_LINE = 2_000
MAX_TEXT = 50_000
_DISGUISE = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029\ufeff")


def clean_text(text: str, *, several_lines: bool) -> tuple[str | None, Sentence | None]:
    """The text without blanks around it, composed (NFC), with plain line ends; None when nothing is left.

    Control characters and the invisible ones that turn the direction of writing are refused.
    """
    limit = MAX_TEXT if several_lines else MAX_LINE
    if len(text) > limit:
        return None, sentence(
            "Il testo è troppo lungo: può avere al massimo %(limit)s caratteri, accorcialo", limit=limit
        )
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not several_lines:
        text = text.replace("\t", " ")
        if "\n" in text:
            return None, sentence("Scrivi il testo su una riga sola")
    for character in "" if text.isprintable() else text:  # what is refused is never printable
        if _unwanted(character):
            return None, sentence(
                "Il testo contiene un carattere invisibile (codice %(code)s): cancellalo e scrivi di nuovo "
                "il testo",
                code=f"{ord(character):04X}",
            )
    return text or None, None


def _unwanted(character: str) -> bool:
    if character in "\n\t":
        return False
    return character in _DISGUISE or unicodedata.category(character) in ("Cc", "Cs")
