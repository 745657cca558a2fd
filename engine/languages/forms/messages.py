"""Sentences about a value that does not hold: Italian text that a page can still show in another language."""

from __future__ import annotations

from typing import Any


class Sentence(str):
    """An Italian sentence that remembers the text with its gaps and what fills them.

    It is an ordinary `str` wherever a sentence is wanted; a page that speaks another language translates
    `msgid` and fills it again with `params`.
    """

    msgid: str
    params: dict[str, Any]

    def __new__(cls, msgid: str, params: dict[str, Any] | None = None) -> Sentence:
        """The sentence with its gaps filled."""
        filled = msgid % params if params else msgid
        made = super().__new__(cls, filled)
        made.msgid = msgid
        made.params = dict(params or {})
        return made

    def __reduce__(self) -> tuple[type[Sentence], tuple[str, dict[str, Any]]]:
        return (Sentence, (self.msgid, self.params))


def sentence(msgid: str, **params: Any) -> Sentence:
    """The sentence `msgid` with its `%(name)s` gaps filled; the marker by which texts are found for translation."""
    return Sentence(msgid, params)
