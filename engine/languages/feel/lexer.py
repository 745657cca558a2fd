"""Splits an expression into tokens. Names of several words are joined later, by the parser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from engine.languages.feel.errors import FeelLimitExceeded, FeelSyntaxError
from engine.languages.feel.limits import MAX_TEXT


class Kind(Enum):
    """The kind of a token."""

    WORD = auto()
    NUMBER = auto()
    STRING = auto()
    SYMBOL = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number, text or symbol: `text` as written, from `start` to `end`."""

    kind: Kind
    text: str
    start: int
    end: int


_START = (
    "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_WORD = f"[{_START}][{_START}0-9\u00b7\u0300-\u036f\u203f-\u2040]*"
_TOKEN = re.compile(
    rf"(?P<space>[\s\ufeff\u180e]+)|(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)|(?P<word>{_WORD})"
    r'|(?P<string>"(?:[^"\\]|\\.)*")|(?P<symbol>\*\*|\.\.|->|<=|>=|!=|.)',
    re.DOTALL,
)
_KINDS = {"number": Kind.NUMBER, "word": Kind.WORD, "string": Kind.STRING, "symbol": Kind.SYMBOL}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`, ending with one of kind END; white space and comments are left out."""
    if len(text) > MAX_TEXT:
        raise FeelLimitExceeded("FEEL_TEXT_TOO_LONG", length=len(text), maximum=MAX_TEXT)
    tokens: list[Token] = []
    position, length = 0, len(text)
    while position < length:
        if text[position] == "/" and text[position : position + 2] in ("//", "/*"):
            position = _skip_comment(text, position)
            continue
        found = _TOKEN.match(text, position)
        assert found is not None  # `symbol` takes any character
        assert found.lastgroup is not None
        if found.lastgroup != "space":
            if found[0] == '"':
                raise FeelSyntaxError("FEEL_STRING_NOT_CLOSED", text=text, offset=position)
            tokens.append(Token(_KINDS[found.lastgroup], found[0], position, found.end()))
        position = found.end()
    tokens.append(Token(Kind.END, "", length, length))
    return tokens


def _skip_comment(text: str, position: int) -> int:
    if text[position + 1] == "/":
        end = text.find("\n", position)
        return len(text) if end < 0 else end + 1
    end = text.find("*/", position + 2)
    if end < 0:
        raise FeelSyntaxError("FEEL_COMMENT_NOT_CLOSED", text=text, offset=position)
    return end + 2


def string_value(written: str) -> str:
    """The value of a string token, with its escapes resolved."""
    body = written[1:-1]
    if "\\" not in body:
        return body
    value = _ESCAPE.sub(_unescape, body)
    if _SURROGATE.search(value):
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def _unescape(found: re.Match[str]) -> str:
    code = found[1]
    if len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number <= 0x10FFFF else "\ufffd"
    return _ESCAPES.get(code, "\\" + code)
