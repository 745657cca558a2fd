"""Where the parser stands in the tokens, and which names of several words it knows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NoReturn

from engine.languages.feel.errors import FeelLimitExceeded, FeelSyntaxError
from engine.languages.feel.lexer import Kind, Token, tokenize
from engine.languages.feel.limits import MAX_NESTING

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
    """Names that are more than one token, found longest first: those added here, and those of the `parent`, which
    stays as it is."""

    def __init__(self, names: Iterable[str] = (), parent: KnownNames | None = None) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        self._spelled: dict[tuple[str, ...], str] = {}
        self._parent = parent
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """From here on `name` is read as one name."""
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


class Cursor:
    """A place in the tokens of one expression, with the questions a parser asks."""

    def __init__(self, text: str, known: KnownNames) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.index = 0
        self.known = known
        self.nesting = 0

    @property
    def token(self) -> Token:
        """The token not read yet."""
        return self.tokens[self.index]

    def fail(self, message: str, token: Token | None = None) -> NoReturn:
        """Stop with a syntax error at `token` (the current one by default)."""
        raise FeelSyntaxError(message, text=self.text, offset=(token or self.token).start)

    def unexpected(self, wanted: str) -> NoReturn:
        """Stop, saying what was found and what was wanted."""
        found = self.token
        if found.kind is Kind.END:
            self.fail(f"L'espressione finisce troppo presto: qui serve {wanted}")
        self.fail(f"Qui c'è «{found.text[:30]}» ma serve {wanted}")

    def deeper(self) -> None:
        """One level of nesting more."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise FeelLimitExceeded(
                f"L'espressione è troppo annidata: al massimo {MAX_NESTING} livelli",
                text=self.text,
                offset=self.token.start,
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
        """The current token, moving on."""
        token = self.tokens[self.index]
        self.index += 1
        return token

    def take_symbol(self, *symbols: str) -> str | None:
        """The symbol when it is one of these, moving on; else None."""
        return self.take().text if self.at_symbol(*symbols) else None

    def take_word(self, word: str) -> bool:
        """Whether the word was there; moves on when it was."""
        if self.at_word(word):
            self.index += 1
            return True
        return False

    def need_symbol(self, symbol: str) -> None:
        """Move past `symbol` or stop."""
        if not self.take_symbol(symbol):
            self.unexpected(f"«{symbol}»")

    def need_word(self, word: str) -> None:
        """Move past the keyword or stop."""
        if not self.take_word(word):
            self.unexpected(f"«{word}»")

    def take_name(self, *, keywords: bool = False) -> str | None:
        """A known name or one word (a keyword only when `keywords`), moving on; None when there is none."""
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
        """A name being declared: everything up to one of the symbols `stops` or the keyword `word`."""
        first = self.index
        while not (
            self.at_symbol(*stops) or (word is not None and self.index > first and self.at_word(word))
        ):
            if self.token.kind in (Kind.END, Kind.STRING) or self.at_symbol(
                "(", ")", "[", "]", "{", "}", ",", ":"
            ):
                self.unexpected("un nome")
            self.index += 1
        if self.index == first or self.tokens[first].kind is Kind.NUMBER:
            self.unexpected("un nome")
        name = _SPACES.sub(" ", self.text[self.tokens[first].start : self.tokens[self.index - 1].end])
        self.known.add(name)
        return name


@lru_cache(maxsize=256)
def known_names(names: frozenset[str], parent: KnownNames) -> KnownNames:
    """These names and those of `parent`; the same answer for the same names, so that a model reads them once."""
    return KnownNames(names, parent)
