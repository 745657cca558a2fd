"""Parses the operands of FEEL: literals, names, paths, calls, lists, contexts, ranges, loops and functions."""

from __future__ import annotations

import decimal

from engine.languages.feel.errors import FeelSyntaxError
from engine.languages.feel.lexer import Kind, Token, string_value
from engine.languages.feel.syntax import (
    Call,
    Conditional,
    ContextLiteral,
    Filter,
    For,
    FunctionLiteral,
    Iteration,
    ListLiteral,
    Literal,
    Name,
    Node,
    OperatorTest,
    Path,
    Quantified,
    RangeLiteral,
)
from engine.languages.feel.temporal import parse_temporal
from engine.languages.feel.token_stream import KEYWORDS
from engine.languages.feel.type_names import TypeParser
from engine.languages.feel.types import FeelType
from engine.languages.feel.values import DECIMAL128
from engine.localization import message

ADDITIVE = 4
CONSTANTS = {"true": True, "false": False, "null": None}
STARTERS = frozenset({"if", "for", "some", "every", "function", "true", "false", "null"})
"""Keywords an expression can begin with."""


class OperandParser(TypeParser):
    """Reads operands. The subclass reads the operators between them."""

    def expression(self, level: int = 1) -> Node:
        """An expression whose operators bind at least as tightly as `level`."""
        raise NotImplementedError

    def operand(self) -> Node:
        """A primary with the paths, filters and calls after it."""
        node = self.primary()
        while self.token.kind is Kind.SYMBOL:
            at = self.token.start
            if self.take_symbol("."):
                name = self.take_name(keywords=True)
                if name is None:
                    raise self.unexpected(message("FEEL_EXPECTED_PROPERTY"))
                node = Path(node, name, at=at)
            elif self.at_symbol("[") and self._starts_expression(self.tokens[self.index + 1]):
                self.index += 1
                condition = self.expression()
                self.need_symbol("]")
                node = Filter(node, condition, at=at)
            elif self.at_symbol("("):
                node = self.call(node)
            else:
                break
        return node

    def _starts_expression(self, token: Token) -> bool:
        """Whether `token` can begin an expression (else the bracket before it closes a range)."""
        if token.kind is Kind.WORD:
            return token.text not in KEYWORDS or token.text in STARTERS
        if token.kind is Kind.SYMBOL:
            return token.text in ("(", "[", "{", "-", "@", "?")
        return token.kind is not Kind.END

    def primary(self) -> Node:
        """A literal, a name, or something in brackets."""
        token = self.token
        if token.kind is Kind.STRING:
            self.index += 1
            return Literal(string_value(token.text), at=token.start)
        if token.kind is Kind.NUMBER:
            return self._number()
        if token.kind is Kind.SYMBOL:
            return self._bracketed(token)
        if token.kind is Kind.WORD:
            return self._keyword_or_name(token)
        raise self.unexpected(message("FEEL_EXPECTED_VALUE"))

    def _number(self) -> Node:
        token = self.take()
        try:
            return Literal(DECIMAL128.create_decimal(token.text), at=token.start)
        except decimal.DecimalException:
            raise FeelSyntaxError(
                "FEEL_NUMBER_TOO_LARGE", number=token.text[:20], **self.location(token)
            ) from None

    def _bracketed(self, token: Token) -> Node:
        match token.text:
            case "(" | "[" | "]":
                return self._group(token)
            case "{":
                return self._context()
            case "@":
                return self._at_literal()
            case "?":
                self.index += 1
                return Name("?", at=token.start)
        name = self.take_name()
        if name is not None:
            return Name(name, at=token.start)
        if token.text == "$":
            raise FeelSyntaxError("FEEL_JUEL_DELIMITERS", **self.location(token))
        if token.text == "'":
            raise FeelSyntaxError("FEEL_SINGLE_QUOTES", **self.location(token))
        if token.text == "!":
            raise FeelSyntaxError("FEEL_NOT_OPERATOR", **self.location(token))
        raise self.unexpected(message("FEEL_EXPECTED_VALUE"))

    def _group(self, opening: Token) -> Node:
        """( … ), a list, or a range."""
        self.index += 1
        if opening.text == "[" and self.take_symbol("]"):
            return ListLiteral((), at=opening.start)
        first = self._element()
        if self.at_symbol(".."):
            return self.range_after(first, opening)
        if opening.text == "(":
            self.need_symbol(")")
            return first
        if opening.text == "]":
            raise self.unexpected(message("FEEL_EXPECTED_SYMBOL", symbol=".."))
        items = [first]
        while self.take_symbol(","):
            items.append(self._element())
        self.need_symbol("]")
        return ListLiteral(tuple(items), at=opening.start)

    def _element(self) -> Node:
        """The content of brackets: an expression, or an operator and an end, as in (>= 18)."""
        token = self.token
        operator = self.take_symbol("<", "<=", ">", ">=", "=", "!=")
        if operator is None:
            return self.expression()
        return OperatorTest(operator, self.expression(ADDITIVE), at=token.start)

    def range_after(self, low: Node, opening: Token) -> Node:
        """The rest of a range whose low end has been read."""
        self.need_symbol("..")
        high = self.expression(ADDITIVE)
        closing = self.take_symbol("]", ")", "[")
        if closing is None:
            raise self.unexpected(message("FEEL_EXPECTED_RANGE_END"))
        return RangeLiteral(low, high, opening.text == "[", closing == "]", at=opening.start)

    def _context(self) -> Node:
        opening = self.take()
        entries: list[tuple[str, Node]] = []
        if not self.take_symbol("}"):
            while True:
                key = self._key()
                if any(key == other for other, _ in entries):
                    raise FeelSyntaxError("FEEL_DUPLICATE_KEY", key=key, **self.location(self.token))
                self.need_symbol(":")
                entries.append((key, self.expression()))
                if not self.take_symbol(","):
                    break
            self.need_symbol("}")
        return ContextLiteral(tuple(entries), at=opening.start)

    def _key(self) -> str:
        if self.token.kind is Kind.STRING:
            key = string_value(self.take().text)
            self.known.add(key)
            return key
        return self.declared_name((":",))

    def _at_literal(self) -> Node:
        at = self.take().start
        if self.token.kind is not Kind.STRING:
            raise self.unexpected(message("FEEL_EXPECTED_DATE"))
        token = self.take()
        value = parse_temporal(string_value(token.text))
        if value is None:
            raise FeelSyntaxError("FEEL_INVALID_TEMPORAL", written=token.text, **self.location(token))
        return Literal(value, at=at)

    def _keyword_or_name(self, token: Token) -> Node:
        known = self.known.match(self.tokens, self.index)
        if known is None and token.text in STARTERS:
            self.index += 1
            match token.text:
                case "if":
                    return self._conditional(token)
                case "for":
                    iterations = self._iterations("return")
                    return For(iterations, self.expression(), at=token.start)
                case "some" | "every":
                    iterations = self._iterations("satisfies")
                    return Quantified(token.text == "some", iterations, self.expression(), at=token.start)
                case "function":
                    return self._function(token)
            return Literal(CONSTANTS[token.text], at=token.start)
        name = self.take_name()
        if name is None:
            raise self.unexpected(message("FEEL_EXPECTED_VALUE"))
        return Name(name, at=token.start)

    def _conditional(self, token: Token) -> Node:
        condition = self.expression()
        self.need_word("then")
        yes = self.expression()
        self.need_word("else")
        return Conditional(condition, yes, self.expression(), at=token.start)

    def _iterations(self, following: str) -> tuple[Iteration, ...]:
        iterations = []
        while True:
            at = self.token.start
            name = self.declared_name((), "in")
            self.need_word("in")
            domain = self.expression()
            end = self.expression() if self.take_symbol("..") else None
            iterations.append(Iteration(name, domain, end, at=at))
            if not self.take_symbol(","):
                self.need_word(following)
                return tuple(iterations)

    def _function(self, token: Token) -> Node:
        self.need_symbol("(")
        parameters: list[tuple[str, FeelType | None]] = []
        if not self.take_symbol(")"):
            while True:
                name = self.declared_name((":", ",", ")"))
                parameters.append((name, self.type_name() if self.take_symbol(":") else None))
                if not self.take_symbol(","):
                    break
            self.need_symbol(")")
        if self.at_word("external"):
            raise FeelSyntaxError("FEEL_EXTERNAL_FUNCTION", **self.location(self.token))
        return FunctionLiteral(tuple(parameters), self.expression(), at=token.start)

    def call(self, function: Node) -> Node:
        """function( … ), the parenthesis not read yet."""
        at = self.take().start
        positional: list[Node] = []
        named: list[tuple[str, Node]] | None = None
        if not self.take_symbol(")"):
            if self._named_argument():
                named = []
                while True:
                    name = self.declared_name((":",))
                    self.need_symbol(":")
                    named.append((name, self.expression()))
                    if not self.take_symbol(","):
                        break
            else:
                positional.append(self.expression())
                while self.take_symbol(","):
                    positional.append(self.expression())
            self.need_symbol(")")
        return Call(function, tuple(positional), None if named is None else tuple(named), at=at)

    def _named_argument(self) -> bool:
        """Whether what follows is `name: value`."""
        index = self.index
        while self.tokens[index].kind is Kind.WORD or self.tokens[index].text in (
            "-",
            "+",
            "'",
            ".",
            "/",
            "*",
        ):
            index += 1
        token = self.tokens[index]
        return index > self.index and token.kind is Kind.SYMBOL and token.text == ":"
