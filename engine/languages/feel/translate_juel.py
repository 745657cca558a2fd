"""Camunda 7's `${…}` expressions as FEEL: the simple ones are translated, the others refused with a sentence.

What is understood: names and paths, numbers, 'texts', true, false, null, `== != < <= > >=` (and eq ne lt le gt
ge), `&& || !` (and and, or, not), `empty`, `+ - * /`, `condition ? yes : no`, parentheses, a name or path alone, and
texts with such gaps ("Patto di ${nome}"). Calls of beans and methods, and positions in lists, are refused with the
FEEL to write instead: what beans do belongs in an operation.
"""

from __future__ import annotations

import re
from typing import NoReturn

from engine.languages.feel.errors import FeelSyntaxError
from engine.languages.feel.limits import MAX_NESTING

LONGEST = 4_000
"""Longest text looked into, in characters."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<word>[^\W\d]\w*)|(?P<symbol>==|!=|<=|>=|&&|\|\||.))",
    re.DOTALL,
)
_GAP = re.compile(r"[$#]\{((?:[^'\"{}]|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")*)\}")
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
"""Methods with a FEEL to tell, by name and number of arguments; the object comes first."""
_VARIABLES = {"getVariable": "{}", "getVariableLocal": "{}", "hasVariable": "{} != null"}
_STAND_IN = "esito"


def is_camunda(text: str) -> bool:
    """Whether the text is one expression as Camunda 7 writes them: ${…} or #{…}."""
    return text.strip()[:2] in ("${", "#{")


def has_camunda(text: str) -> bool:
    """Whether there is such an expression in the text, whole or as a gap; FEEL (after «=») has none."""
    return ("${" in text or "#{" in text) and not text.lstrip().startswith("=")


def from_camunda(text: str) -> str:
    """The FEEL that means the same; raises FeelSyntaxError, with what to write instead, when it is not simple."""
    written = text.strip()
    if len(written) > LONGEST:
        raise FeelSyntaxError(
            f"L'espressione è troppo lunga: al massimo {LONGEST} caratteri", text=text[:LONGEST]
        )
    gaps = list(_GAP.finditer(written))
    if is_camunda(written):
        if not written.endswith("}") and not gaps:
            raise FeelSyntaxError("L'espressione comincia con «${» e non finisce con «}»", text=text)
        if not gaps or gaps[0].span() == (0, len(written)):
            return _Translation(text, written[2:-1]).whole()
    return _joined(text, written, gaps)


def _joined(text: str, written: str, gaps: list[re.Match[str]]) -> str:
    """A text with gaps; an empty gap leaves nothing, as Camunda has it."""
    parts: list[str] = []
    after = 0
    for gap in gaps:
        if gap.start() > after:
            parts.append(_quoted(written[after : gap.start()]))
        parts.append(f"string({_Translation(text, gap[1]).whole()})")
        after = gap.end()
    rest = written[after:]
    if not gaps or "${" in rest or any("${" in part and part[0] == '"' for part in parts):
        raise FeelSyntaxError("In questo testo un «${» non ha il suo «}»", text=text)
    if rest:
        parts.append(_quoted(rest))
    return f"string join([{', '.join(parts)}])"


class _Translation:
    """Reads the inside of ${…} and writes FEEL; what it cannot promise to mean the same is refused at the end."""

    def __init__(self, text: str, inside: str) -> None:
        self.text = text
        self.depth = 0
        self.why = ""
        self.tokens: list[tuple[str, str]] = []
        for found in _TOKEN.finditer(inside.rstrip()):
            kind = found.lastgroup or "symbol"
            word = found[kind]
            if kind == "word" and word in _WORDS:
                kind, word = "symbol", _WORDS[word]
            self.tokens.append((kind, word))
        self.tokens.append(("end", ""))
        self.index = 0

    def refuse(self, why: str, feel: str = "") -> NoReturn:
        example = f": {feel}" if feel else ', per esempio: importo > 1000 and stato = "attivo"'
        raise FeelSyntaxError(
            f"L'espressione di Camunda {self.text.strip()[:120]} non si può tradurre: {why}. "
            f"Scrivila in FEEL{example}",
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
        if self.why:
            self.refuse(self.why, made)
        return made

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_NESTING:
            self.refuse("è troppo annidata")

    def choice(self) -> str:
        self.deeper()
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
        start = self.index
        left = self.binary(level + 1)
        while (token := self.tokens[self.index])[0] == "symbol" and token[1] in _LEVELS[level]:
            if level == _EQUALITY:  # FEEL's comparisons are all of one level
                left = self._apart(left, start, self.index)
            self.index += 1
            begun = self.index
            right = self.binary(level + 1)
            if level == _EQUALITY:
                right = self._apart(right, begun, self.index)
            operator = _LEVELS[level][token[1]]
            left = f"modulo({left}, {right})" if operator == "%" else f"{left} {operator} {right}"
        return left

    def _apart(self, made: str, start: int, end: int) -> str:
        """A side of an equality in parentheses when it is a comparison itself."""
        nested = 0
        for kind, word in self.tokens[start:end]:
            if kind == "symbol":
                nested += (word in "([") - (word in ")]")
                if not nested and (word in _LEVELS[_ORDER] or word in _LEVELS[_EQUALITY]):
                    return f"({made})"
        return made

    def unary(self) -> str:
        self.deeper()
        made = self._unary()
        self.depth -= 1
        return made

    def _unary(self) -> str:
        if self.take("!"):
            if self.tokens[self.index] == ("word", "empty"):
                self.index += 1
                return f"not({_emptiness(self.unary())})"
            return f"({self.unary()} != true)"  # what is not there is not true either
        if self.take("-"):
            return f"-{self.unary()}"
        if self.take("("):
            inside = self.choice()
            if not self.take(")"):
                self.refuse("manca una parentesi «)»")
            return self.continued(f"({inside})")
        kind, word = self.tokens[self.index]
        self.index += 1
        if (kind, word) == ("word", "empty"):
            return _emptiness(self.unary())
        if kind == "text":
            return self.continued(_quoted(re.sub(r"\\(.)", r"\1", word[1:-1])))
        if kind not in ("word", "number"):
            self.refuse(f"«{word}» non è previsto lì" if word else "finisce troppo presto")
        if kind == "word" and self.take("("):
            word = self.called(word, self.arguments())
        return word if kind == "number" else self.continued(word)

    def continued(self, made: str) -> str:
        """What follows a value: .name, .method(…), [position]."""
        while True:
            if self.take("."):
                kind, name = self.tokens[self.index]
                if kind != "word":
                    self.refuse("dopo «.» serve un nome")
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
            self.refuse("manca una parentesi «]»")
        self.why = self.why or "gli elementi degli elenchi in FEEL si contano da 1"
        if kind == "text":
            self.why = "le voci di un contesto in FEEL si leggono con il punto"
            return f"{made}.{word[1:-1]}" if word[1:-1].isidentifier() else f"get value({made}, {at})"
        return f"{made}[{int(word) + 1}]" if kind == "number" and word.isdigit() else f"{made}[{at} + 1]"

    def arguments(self) -> list[str]:
        """The arguments of a call, its parenthesis already open."""
        found: list[str] = []
        if self.take(")"):
            return found
        while True:
            found.append(self.choice())
            if self.take(")"):
                return found
            if not self.take(","):
                self.refuse("manca una parentesi «)»")

    def called(self, name: str, given: list[str]) -> str:
        self.why = f"chiama «{name}», e nelle espressioni non si chiamano metodi né oggetti Java"
        known = _FUNCTIONS.get(name)
        return self.bean() if known is None else known.format(*given)

    def method(self, made: str, name: str, given: list[str]) -> str:
        self.why = f"chiama «{name}», e nelle espressioni non si chiamano metodi né oggetti Java"
        if name in _VARIABLES and len(given) == 1 and given[0][1:-1].isidentifier():
            return _VARIABLES[name].format(given[0][1:-1])
        known = _METHODS.get((name, len(given)))
        return self.bean() if known is None else known.format(made, *given)

    def bean(self) -> str:
        """A call that FEEL has no word for: the variable an operation's result would be in."""
        self.why = (
            f"{self.why}; fai fare la chiamata a un'operazione (service task) che metta il risultato "
            f"in una variabile, per esempio «{_STAND_IN}»"
        )
        return _STAND_IN


def _quoted(value: str) -> str:
    written = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{written}"'


def _emptiness(value: str) -> str:
    return f'list contains([null, "", [], {{}}], {value})'
