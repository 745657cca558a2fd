"""Translates Camunda 7's `${…}` expressions (JUEL) to FEEL; those that are not simple are refused.

Supported: names and paths, numbers, 'texts', true, false, null, `== != < <= > >=` (and eq ne lt le gt
ge), `&& || !` (and and, or, not), `empty`, `+ - * /`, `condition ? yes : no`, parentheses, a name or path alone, and
texts with embedded expressions ("Patto di ${nome}"). Calls of beans and methods, and positions in lists, are refused
with the FEEL to write instead; the work of beans belongs in an operation (service task).
"""

from __future__ import annotations

import re

from engine.languages.feel.errors import FeelSyntaxError
from engine.languages.feel.limits import MAX_NESTING
from engine.localization import message

MAX_LENGTH = 4_000
"""Longest text that is translated, in characters."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<word>[^\W\d]\w*)|(?P<symbol>==|!=|<=|>=|&&|\|\||.))",
    re.DOTALL,
)
_EMBEDDED = re.compile(r"[$#]\{((?:[^'\"{}]|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")*)\}")
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
_EQUALITY, _ORDER = 2, 3
_FUNCTIONS = {"now": "adesso()", "dateTime": "adesso()", "fn:length": "string length({})"}
_METHODS = {
    ("size", 0): "count({})",
    ("length", 0): "string length({})",
    ("isEmpty", 0): "(count({}) = 0)",
    ("contains", 1): "list contains({}, {})",
    ("equals", 1): "{} = {}",
    ("equalsIgnoreCase", 1): "lower case({}) = lower case({})",
    ("startsWith", 1): "starts with({}, {})",
    ("endsWith", 1): "ends with({}, {})",
    ("toLowerCase", 0): "lower case({})",
    ("toUpperCase", 0): "upper case({})",
    ("toString", 0): "string({})",
    ("intValue", 0): "{}",
    ("booleanValue", 0): "{}",
    ("get", 1): "get value({}, {})",
    ("compareTo", 1): "{} - {}",
}
"""The FEEL of known methods, by name and number of arguments; the object is the first argument."""
_VARIABLES = {"getVariable": "{}", "getVariableLocal": "{}", "hasVariable": "{} != null"}
_RESULT_VARIABLE = "esito"


def is_juel(text: str) -> bool:
    """Whether the whole text is a JUEL expression: ${…} or #{…}."""
    return text.strip()[:2] in ("${", "#{")


def contains_juel(text: str) -> bool:
    """Whether the text is or embeds a JUEL expression. A FEEL text (beginning with «=») does not."""
    return ("${" in text or "#{" in text) and not text.lstrip().startswith("=")


def juel_to_feel(text: str) -> str:
    """The equivalent FEEL. Raises FeelSyntaxError, with the FEEL to write, when the text is not simple."""
    written = text.strip()
    if len(written) > MAX_LENGTH:
        raise FeelSyntaxError("JUEL_TOO_LONG", maximum=MAX_LENGTH, text=text[:MAX_LENGTH])
    embedded = list(_EMBEDDED.finditer(written))
    if is_juel(written):
        if not written.endswith("}") and not embedded:
            raise FeelSyntaxError("JUEL_NOT_CLOSED", text=text)
        if not embedded or embedded[0].span() == (0, len(written)):
            return _Translation(text, written[2:-1]).whole()
    return _translate_template(text, written, embedded)


def _translate_template(text: str, written: str, embedded: list[re.Match[str]]) -> str:
    """A text with embedded expressions; one without a value leaves no text, as in Camunda."""
    parts: list[str] = []
    after = 0
    for found in embedded:
        if found.start() > after:
            parts.append(_quoted(written[after : found.start()]))
        parts.append(f"string({_Translation(text, found[1]).whole()})")
        after = found.end()
    rest = written[after:]
    if not embedded or "${" in rest or any("${" in part and part[0] == '"' for part in parts):
        raise FeelSyntaxError("JUEL_EMBEDDED_NOT_CLOSED", text=text)
    if rest:
        parts.append(_quoted(rest))
    return f"string join([{', '.join(parts)}])"


class _Translation:
    """Parses the inside of ${…} and writes FEEL; a translation that may mean something else is refused at the end."""

    def __init__(self, text: str, inside: str) -> None:
        self.text = text
        self.depth = 0
        self.reason = ""
        """Why the translation is refused, although it could be written; empty when it is not refused."""
        self.tokens: list[tuple[str, str]] = []
        for found in _TOKEN.finditer(inside.rstrip()):
            kind = found.lastgroup or "symbol"
            word = found[kind]
            if kind == "word" and word in _WORDS:
                kind, word = "symbol", _WORDS[word]
            self.tokens.append((kind, word))
        self.tokens.append(("end", ""))
        self.index = 0

    def refusal(self, reason: str, feel: str = "") -> FeelSyntaxError:
        """The error to raise, with the reason and the FEEL to write."""
        return FeelSyntaxError(
            "JUEL_REFUSED",
            expression=self.text.strip()[:120],
            reason=reason,
            example=message("FEEL_TRANSLATION", feel=feel) if feel else message("FEEL_EXAMPLE"),
            text=self.text,
        )

    def unexpected(self, word: str) -> FeelSyntaxError:
        """The error to raise for a token in the wrong position."""
        return self.refusal(message("JUEL_UNEXPECTED_TOKEN", token=word))

    def take(self, symbol: str) -> bool:
        if self.tokens[self.index] == ("symbol", symbol):
            self.index += 1
            return True
        return False

    def whole(self) -> str:
        made = self.choice()
        if self.tokens[self.index][0] != "end":
            raise self.unexpected(self.tokens[self.index][1])
        if self.reason:
            raise self.refusal(self.reason, made)
        return made

    def enter_nesting(self) -> None:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise self.refusal(message("JUEL_NESTED_TOO_DEEPLY"))

    def choice(self) -> str:
        self.enter_nesting()
        condition = self.binary(0)
        if self.take("?"):
            yes = self.choice()
            if not self.take(":"):
                raise self.refusal(message("JUEL_MISSING_COLON"))
            condition = f"if {condition} then {yes} else {self.choice()}"
        self.depth -= 1
        return condition

    def binary(self, level: int) -> str:
        if level == len(_LEVELS):
            return self.unary()
        start = self.index
        left = self.binary(level + 1)
        while (token := self.tokens[self.index])[0] == "symbol" and token[1] in _LEVELS[level]:
            if level == _EQUALITY:  # in FEEL all comparisons have the same precedence
                left = self._parenthesized(left, start, self.index)
            self.index += 1
            begun = self.index
            right = self.binary(level + 1)
            if level == _EQUALITY:
                right = self._parenthesized(right, begun, self.index)
            operator = _LEVELS[level][token[1]]
            left = f"modulo({left}, {right})" if operator == "%" else f"{left} {operator} {right}"
        return left

    def _parenthesized(self, made: str, start: int, end: int) -> str:
        """A side of an equality, in parentheses when it is a comparison itself."""
        nested = 0
        for kind, word in self.tokens[start:end]:
            if kind == "symbol":
                nested += (word in "([") - (word in ")]")
                if not nested and (word in _LEVELS[_ORDER] or word in _LEVELS[_EQUALITY]):
                    return f"({made})"
        return made

    def unary(self) -> str:
        self.enter_nesting()
        made = self._unary()
        self.depth -= 1
        return made

    def _unary(self) -> str:
        if self.take("!"):
            if self.tokens[self.index] == ("word", "empty"):
                self.index += 1
                return f"not({_empty_test(self.unary())})"
            return f"({self.unary()} != true)"  # a missing variable is not true either
        if self.take("-"):
            return f"-{self.unary()}"
        if self.take("("):
            inside = self.choice()
            if not self.take(")"):
                raise self.refusal(message("JUEL_MISSING_BRACKET", bracket=")"))
            return self.continued(f"({inside})")
        kind, word = self.tokens[self.index]
        self.index += 1
        if (kind, word) == ("word", "empty"):
            return _empty_test(self.unary())
        if kind == "text":
            return self.continued(_quoted(re.sub(r"\\(.)", r"\1", word[1:-1])))
        if kind not in ("word", "number"):
            raise self.unexpected(word) if word else self.refusal(message("JUEL_UNEXPECTED_END"))
        if kind == "word" and self.take("("):
            word = self.called(word, self.arguments())
        return word if kind == "number" else self.continued(word)

    def continued(self, made: str) -> str:
        """What follows a value: .name, .method(…) or [position]."""
        while True:
            if self.take("."):
                kind, name = self.tokens[self.index]
                if kind != "word":
                    raise self.refusal(message("JUEL_EXPECTED_NAME"))
                self.index += 1
                made = self.method(made, name, self.arguments()) if self.take("(") else f"{made}.{name}"
            elif self.take("["):
                made = self.item(made)
            else:
                return made

    def item(self, made: str) -> str:
        kind, word = self.tokens[self.index]
        at = self.choice()
        if not self.take("]"):
            raise self.refusal(message("JUEL_MISSING_BRACKET", bracket="]"))
        self.reason = self.reason or message("JUEL_LIST_POSITION")
        if kind == "text":
            self.reason = message("JUEL_CONTEXT_ENTRY")
            return f"{made}.{word[1:-1]}" if word[1:-1].isidentifier() else f"get value({made}, {at})"
        return f"{made}[{int(word) + 1}]" if kind == "number" and word.isdigit() else f"{made}[{at} + 1]"

    def arguments(self) -> list[str]:
        """The arguments of a call whose opening parenthesis has been read."""
        found: list[str] = []
        if self.take(")"):
            return found
        while True:
            found.append(self.choice())
            if self.take(")"):
                return found
            if not self.take(","):
                raise self.refusal(message("JUEL_MISSING_BRACKET", bracket=")"))

    def called(self, name: str, given: list[str]) -> str:
        self.reason = message("JUEL_CALL", name=name)
        known = _FUNCTIONS.get(name)
        return self.bean() if known is None else known.format(*given)

    def method(self, made: str, name: str, given: list[str]) -> str:
        self.reason = message("JUEL_CALL", name=name)
        if name in _VARIABLES and len(given) == 1 and given[0][1:-1].isidentifier():
            return _VARIABLES[name].format(given[0][1:-1])
        known = _METHODS.get((name, len(given)))
        return self.bean() if known is None else known.format(made, *given)

    def bean(self) -> str:
        """A call without an equivalent in FEEL: the variable that would hold the result of an operation."""
        self.reason = message("JUEL_BEAN", problem=self.reason, variable=_RESULT_VARIABLE)
        return _RESULT_VARIABLE


def _quoted(value: str) -> str:
    written = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{written}"'


def _empty_test(value: str) -> str:
    return f'list contains([null, "", [], {{}}], {value})'
