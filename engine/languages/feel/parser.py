"""The grammar of FEEL: operators by precedence, over the operands of `operand_parser.py`."""

from __future__ import annotations

from engine.languages.feel.errors import FeelSyntaxError
from engine.languages.feel.lexer import Kind, Token
from engine.languages.feel.operand_parser import OperandParser
from engine.languages.feel.syntax import (
    Arithmetic,
    Between,
    Comparison,
    InstanceOf,
    Logic,
    Membership,
    Negation,
    Node,
    OperatorTest,
    UnaryTests,
)
from engine.languages.feel.token_stream import KnownNames
from engine.localization import message

OR, AND, COMPARE, ADD, MULTIPLY, POWER, UNARY = range(1, 8)
BINARY = {"+": ADD, "-": ADD, "*": MULTIPLY, "/": MULTIPLY, "**": POWER}
COMPARISONS = ("=", "!=", "<=", ">=", "<", ">")


class Parser(OperandParser):
    """Reads one expression, or the unary tests of one cell."""

    def whole_expression(self) -> Node:
        """Reads the whole text as one expression."""
        node = self.expression()
        if self.token.kind is not Kind.END:
            raise self._unread_text()
        return node

    def _unread_text(self) -> FeelSyntaxError:
        """The error to raise when the text goes on after its expression."""
        before, found = self.tokens[self.index - 1], self.token
        if before.kind is Kind.WORD and found.kind is Kind.WORD:
            return FeelSyntaxError(
                "FEEL_UNKNOWN_NAME", name=f"{before.text} {found.text}", **self.location(found)
            )
        if found.text in ("&", "|", "!", "?") or (found.text == "=" and before.text == "="):
            return FeelSyntaxError("FEEL_NOT_AN_OPERATOR", operator=found.text, **self.location(found))
        return self.unexpected(message("FEEL_EXPECTED_OPERATOR"))

    def expression(self, level: int = OR) -> Node:
        """An expression whose operators bind at least as tightly as `level`."""
        self.enter_nesting()
        left = self.unary()
        while True:
            following = self._operator(left, level)
            if following is None:
                break
            left = following
        self.nesting -= 1
        return left

    def _operator(self, left: Node, level: int) -> Node | None:
        """`left` with the next operator applied, or None when the next token is no operator of this level."""
        token = self.token
        if token.kind is Kind.SYMBOL:
            binding = BINARY.get(token.text)
            if binding is not None and binding >= level:
                self.index += 1
                return Arithmetic(token.text, left, self.expression(binding + 1), at=token.start)
            if level <= COMPARE and token.text in COMPARISONS:
                self.index += 1
                self._refuse_double_equals(token)
                return Comparison(token.text, left, self.expression(ADD), at=token.start)
        elif token.kind is Kind.WORD:
            return self._word_operator(left, level)
        return None

    def _refuse_double_equals(self, operator: Token) -> None:
        """Refuses `==` and `!==`, which other languages have, with the FEEL to write instead."""
        if self.at_symbol("=") and operator.text in ("=", "!="):
            raise FeelSyntaxError("FEEL_DOUBLE_EQUALS", operator=operator.text, **self.location(operator))

    def _word_operator(self, left: Node, level: int) -> Node | None:
        at = self.token.start
        if level <= AND and self.take_word("and"):
            return Logic("and", left, self.expression(COMPARE), at=at)
        if level <= OR and self.take_word("or"):
            return Logic("or", left, self.expression(AND), at=at)
        if level <= COMPARE and self.take_word("between"):
            low = self.expression(ADD)
            self.need_word("and")
            return Between(left, low, self.expression(ADD), at=at)
        if level <= COMPARE and self.take_word("in"):
            return Membership(left, self._membership_tests(), at=at)
        return None

    def unary(self) -> Node:
        """An operand, with the minus before it and `instance of` after it."""
        token = self.token
        if token.text == "-" and token.kind is Kind.SYMBOL:
            self.index += 1
            self.enter_nesting()
            node: Node = Negation(self.unary(), at=token.start)
            self.nesting -= 1
            return node
        node = self.operand()
        if self.at_word("instance"):
            at = self.take().start
            self.need_word("of")
            node = InstanceOf(node, self.type_name(), at=at)
        return node

    def _membership_tests(self) -> tuple[Node, ...]:
        """What follows `in`: one test, or several in parentheses."""
        if not self.at_symbol("("):
            return (self.positive_test(ADD),)
        opening = self.take()
        tests = [self.positive_test()]
        if self.at_symbol(".."):
            return (self.range_after(tests[0], opening),)
        while self.take_symbol(","):
            tests.append(self.positive_test())
        self.need_symbol(")")
        return tuple(tests)

    def positive_test(self, level: int = OR) -> Node:
        """One unary test: an operator and its operand, or an expression."""
        token = self.token
        operator = self.take_symbol(*COMPARISONS)
        if operator is None:
            return self.expression(level)
        return OperatorTest(operator, self.expression(ADD), at=token.start)

    def whole_tests(self) -> UnaryTests:
        """Reads the whole text as unary tests: a dash, a list of tests, or not(…) around a list."""
        first = self.token
        if first.kind is Kind.END or (first.text == "-" and self.tokens[1].kind is Kind.END):
            return UnaryTests((), False, at=first.start)
        negated = first.text == "not" and self.tokens[1].text == "(" and self._closes_at_end(1)
        if negated:
            self.index += 2
        tests = [self.positive_test()]
        while self.take_symbol(","):
            tests.append(self.positive_test())
        if negated:
            self.need_symbol(")")
        if self.token.kind is not Kind.END:
            raise self._unread_text()
        return UnaryTests(tuple(tests), negated, at=first.start)

    def _closes_at_end(self, opening: int) -> bool:
        """Whether the parenthesis at `opening` is closed by the last token."""
        depth = 0
        for index in range(opening, len(self.tokens) - 1):
            token = self.tokens[index]
            if token.kind is Kind.SYMBOL and token.text in "()":
                depth += 1 if token.text == "(" else -1
                if depth == 0:
                    return index == len(self.tokens) - 2
        return False


def parse_expression(text: str, known: KnownNames) -> Node:
    """The tree of the expression `text`; raises FeelSyntaxError."""
    return Parser(text, known).whole_expression()


def parse_tests(text: str, known: KnownNames) -> UnaryTests:
    """The tree of the unary tests `text`; raises FeelSyntaxError."""
    return Parser(text, known).whole_tests()
