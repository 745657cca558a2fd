"""Comparison of names of persons: accents, capitals, apostrophes and spaces do not matter."""

from __future__ import annotations

from difflib import SequenceMatcher

from engine.storage.text_search import words

_SIMILAR = 0.86
"""The ratio of matching letters from which two names are similar: Giovanna–Giovana is 0.93, Anna–Enna 0.75."""


def key(text: str) -> str:
    """The letters alone: «De Luca», «DeLuca» and «DE  LUCA» have the same key."""
    return words(text).replace(" ", "")


def person_key(cognome: str, nome: str) -> str:
    """The key under which a person is recognised by name."""
    return f"{key(cognome)}|{key(nome)}"


def similar(one: str, other: str) -> bool:
    """Whether two person keys are similar: a wrong letter, or surname and name swapped."""
    surname, _, name = other.partition("|")
    return any(
        SequenceMatcher(None, one, candidate, autojunk=False).ratio() >= _SIMILAR
        for candidate in (other, f"{name}|{surname}")
    )


def display_name(cognome: str, nome: str) -> str:
    """Surname and name as lists show them."""
    return f"{cognome} {nome}".strip()
