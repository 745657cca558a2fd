"""Camunda 7's `${…}` expressions as FEEL: the simple ones are translated, the others refused with a sentence.

What is understood: names and paths, numbers, 'texts', true, false, null, `== != < <= > >=` (and eq ne lt le gt
ge), `&& || !` (and and, or, not), `empty`, `+ - * /`, `condition ? yes : no`, parentheses, and a name or path
alone. Calls of beans and methods are refused: what they do belongs in an operation.
"""

from __future__ import annotations

import re
from typing import NoReturn

from .errors import FeelSyntaxError
from .limits import MAX_NESTING, MAX_TEXT

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<word>[^\W\d][\w.]*)|(?P<symbol>==|!=|<=|>=|&&|\|\||.))",
    re.DOTALL,
)
_WORDS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "and": "&&", "or": "||",
          "not": "!", "div": "/", "mod": "%"}  # fmt: skip
_LEVELS: tuple[dict[str, str], ...] = (
    {"||": "or"},
    {"&&": "and"},
    {"==": "=", "!=": "!="},
    {"<": "<", "<=": "<=", ">": ">", ">=": ">="},
    {"+": "+", "-": "-"},
    {"*": "*", "/": "/", "%": "%"},
)


def is_camunda(text: str) -> bool:
    """Whether the text is written as Camunda 7 writes expressions: ${…} or #{…}."""
    return text.strip()[:2] in ("${", "#{")


def from_camunda(text: str) -> str:
    """The FEEL that means the same; raises FeelSyntaxError, with what to write instead, when it is not simple."""
    written = text.strip()
    if len(written) > MAX_TEXT or not is_camunda(written) or not written.endswith("}"):
        raise FeelSyntaxError("L'espressione comincia con «${» e non finisce con «}»", text=text[:MAX_TEXT])
    return _Translation(text, written[2:-1]).whole()


class _Translation:
    """Reads the inside of ${…} and writes FEEL."""

    def __init__(self, text: str, inside: str) -> None:
        self.text = text
        self.depth = 0
        self.tokens: list[tuple[str, str]] = []
        for found in _TOKEN.finditer(inside.rstrip()):
            kind = found.lastgroup or "symbol"
            word = found[kind]
            if kind == "word" and word in _WORDS:
                kind, word = "symbol", _WORDS[word]
            self.tokens.append((kind, word))
        self.tokens.append(("end", ""))
        self.index = 0

    def refuse(self, why: str) -> NoReturn:
        raise FeelSyntaxError(
            f"L'espressione di Camunda {self.text.strip()[:120]} non si può tradurre: {why}. Scrivila in FEEL, "
            'per esempio: importo > 1000 and stato = "attivo"',
            text=self.text,
        )

    def take(self, symbol: str) -> bool:
        if self.tokens[self.index] == ("symbol", symbol):
            self.index += 1
            return True
        return False

    def whole(self) -> str:
        made = self.choice()
        if self.tokens[self.index][0] != "end":
            self.refuse(f"«{self.tokens[self.index][1]}» non è previsto lì")
        return made

    def choice(self) -> str:
        self.depth += 1
        if self.depth > MAX_NESTING:
            self.refuse("è troppo annidata")
        condition = self.binary(0)
        if self.take("?"):
            yes = self.choice()
            if not self.take(":"):
                self.refuse("manca «:» dopo «?»")
            condition = f"if {condition} then {yes} else {self.choice()}"
        self.depth -= 1
        return condition

    def binary(self, level: int) -> str:
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while (token := self.tokens[self.index])[0] == "symbol" and token[1] in _LEVELS[level]:
            self.index += 1
            operator = _LEVELS[level][token[1]]
            right = self.binary(level + 1)
            left = f"modulo({left}, {right})" if operator == "%" else f"{left} {operator} {right}"
        return left

    def unary(self) -> str:
        self.depth += 1
        if self.depth > MAX_NESTING:
            self.refuse("è troppo annidata")
        made = self._unary()
        self.depth -= 1
        return made

    def _unary(self) -> str:
        if self.take("!"):
            if self.tokens[self.index] == ("word", "empty"):
                self.index += 1
                return f"not({_emptiness(self.unary())})"
            return f"not({self.unary()})"
        if self.take("-"):
            return f"-{self.unary()}"
        if self.take("("):
            inside = self.choice()
            if not self.take(")"):
                self.refuse("manca una parentesi «)»")
            return f"({inside})"
        kind, word = self.tokens[self.index]
        self.index += 1
        if (kind, word) == ("word", "empty"):
            return f"({_emptiness(self.unary())})"
        if kind == "text":
            return '"' + re.sub(r"\\(.)", r"\1", word[1:-1]).replace("\\", "\\\\").replace('"', '\\"') + '"'
        if kind not in ("word", "number"):
            self.refuse(f"«{word}» non è previsto lì" if word else "finisce troppo presto")
        if self.tokens[self.index][1] in ("(", "["):
            self.refuse(f"chiama «{word}», e nelle espressioni non si chiamano metodi né oggetti Java")
        return word


def _emptiness(value: str) -> str:
    return f'{value} = null or {value} = "" or {value} = []'
