"""The token stream that the parser reads, and the known names of several words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from engine.languages.feel.errors import FeelLimitExceeded, FeelSyntaxError
from engine.languages.feel.lexer import Kind, Token, tokenize
from engine.languages.feel.limits import MAX_NESTING
from engine.localization import message

KEYWORDS = frozenset(
    {
        "if",
        "then",
        "else",
        "for",
        "in",
        "return",
        "some",
        "every",
        "satisfies",
        "and",
        "or",
        "between",
        "instance",
        "of",
        "true",
        "false",
        "null",
        "function",
    }
)
_SPACES = re.compile(r"\s+")


class KnownNames:
    """Names of more than one token, matched longest first: the names added here and those of `parent`, which is not
    changed."""

    def __init__(self, names: Iterable[str] = (), parent: KnownNames | None = None) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        self._spelled: dict[tuple[str, ...], str] = {}
        self._parent = parent
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Adds a name: from here on its words are read as one name."""
        words = tuple(token.text for token in tokenize(name)[:-1])
        if len(words) < 2 or words in self._spelled:
            return
        self._spelled[words] = name
        candidates = self._by_first.setdefault(words[0], [])
        candidates.append(words)
        candidates.sort(key=len, reverse=True)

    def match(self, tokens: list[Token], index: int) -> tuple[str, int] | None:
        """The longest known name starting at `index` and the index after it."""
        inherited = None if self._parent is None else self._parent.match(tokens, index)
        for words in self._by_first.get(tokens[index].text, ()):
            end = index + len(words)
            if inherited is not None and inherited[1] >= end:
                break
            if end < len(tokens) and all(tokens[index + k].text == word for k, word in enumerate(words)):
                return self._spelled[words], end
        return inherited


class TokenStream:
    """The tokens of one expression and the position in them, with what a parser asks of it."""

    def __init__(self, text: str, known: KnownNames) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.index = 0
        self.known = known
        self.nesting = 0

    @property
    def token(self) -> Token:
        """The current token, not read yet."""
        return self.tokens[self.index]

    def location(self, token: Token) -> dict[str, Any]:
        """The location of `token`, as keyword arguments of a FeelError."""
        return {"text": self.text, "offset": token.start}

    def unexpected(self, expected: str) -> FeelSyntaxError:
        """The error to raise when the current token is not what the grammar expects there."""
        found = self.token
        if found.kind is Kind.END:
            return FeelSyntaxError("FEEL_UNEXPECTED_END", expected=expected, **self.location(found))
        return FeelSyntaxError(
            "FEEL_UNEXPECTED_TOKEN", found=found.text[:30], expected=expected, **self.location(found)
        )

    def enter_nesting(self) -> None:
        """Counts one more level of nesting. Raises FeelLimitExceeded when it is too deep."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise FeelLimitExceeded(
                "FEEL_NESTED_TOO_DEEPLY", maximum=MAX_NESTING, **self.location(self.token)
            )

    def at_symbol(self, *symbols: str) -> bool:
        """Whether the current token is one of these symbols."""
        token = self.tokens[self.index]
        return token.kind is Kind.SYMBOL and token.text in symbols

    def at_word(self, word: str) -> bool:
        """Whether the current token is this word."""
        token = self.tokens[self.index]
        return token.kind is Kind.WORD and token.text == word

    def take(self) -> Token:
        """Reads the current token."""
        token = self.tokens[self.index]
        self.index += 1
        return token

    def take_symbol(self, *symbols: str) -> str | None:
        """Reads the current token if it is one of these symbols and gives the symbol; else None."""
        return self.take().text if self.at_symbol(*symbols) else None

    def take_word(self, word: str) -> bool:
        """Reads the current token if it is this word. Whether it was."""
        if self.at_word(word):
            self.index += 1
            return True
        return False

    def need_symbol(self, symbol: str) -> None:
        """Reads `symbol`. Raises FeelSyntaxError when it is not there."""
        if not self.take_symbol(symbol):
            raise self.unexpected(message("FEEL_EXPECTED_SYMBOL", symbol=symbol))

    def need_word(self, word: str) -> None:
        """Reads the keyword. Raises FeelSyntaxError when it is not there."""
        if not self.take_word(word):
            raise self.unexpected(message("FEEL_EXPECTED_SYMBOL", symbol=word))

    def take_name(self, *, keywords: bool = False) -> str | None:
        """Reads a known name or one word (a keyword only with `keywords`); None when there is none."""
        found = self.known.match(self.tokens, self.index)
        if found:
            name, self.index = found
            return name
        token = self.token
        if token.kind is not Kind.WORD or (token.text in KEYWORDS and not keywords):
            return None
        self.index += 1
        return token.text

    def declared_name(self, stops: tuple[str, ...], word: str | None = None) -> str:
        """Reads a name that is being declared: everything up to one of the symbols `stops` or the keyword `word`."""
        first = self.index
        while not (
            self.at_symbol(*stops) or (word is not None and self.index > first and self.at_word(word))
        ):
            if self.token.kind in (Kind.END, Kind.STRING) or self.at_symbol(
                "(", ")", "[", "]", "{", "}", ",", ":"
            ):
                raise self.unexpected(message("FEEL_EXPECTED_NAME"))
            self.index += 1
        if self.index == first or self.tokens[first].kind is Kind.NUMBER:
            raise self.unexpected(message("FEEL_EXPECTED_NAME"))
        name = _SPACES.sub(" ", self.text[self.tokens[first].start : self.tokens[self.index - 1].end])
        self.known.add(name)
        return name


@lru_cache(maxsize=256)
def known_names(names: frozenset[str], parent: KnownNames) -> KnownNames:
    """These names and those of `parent`, cached: the expressions of one model share the same names."""
    return KnownNames(names, parent)
