"""Reads the XML of a DMN file as untrusted input: no entities, no DTD, no network, limited in size."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from lxml import etree

from engine.languages.dmn.errors import DecisionError
from engine.languages.feel import (
    Expression,
    FeelError,
    FunctionRegistry,
    UnaryTestColumn,
    compile_expression,
    compile_unary_tests,
)
from engine.languages.feel.types import FeelType

MAX_BYTES = 4 << 20
MATCHES_NOTHING = "? = null and ? != null"
"""A unary test that no value passes, in place of a cell that cannot be compiled when `strict` is off."""
NAMESPACES = (
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20151101/DMN/",
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
    "https://www.omg.org/spec/DMN/20240513/MODEL/",
)
"""DMN 1.1 to 1.6."""


def parse_xml(xml: bytes, source: str) -> etree._Element:
    """The root `definitions` element. Raises DecisionError when the file is not a DMN model."""
    if len(xml) > MAX_BYTES:
        raise DecisionError("DMN_FILE_TOO_LARGE", megabytes=MAX_BYTES >> 20, source=source)
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", 0) or 0
        raise DecisionError("DMN_NOT_XML", problem=str(error), source=source, line=line) from None
    if _has_doctype(root):
        raise DecisionError("DMN_DOCTYPE", source=source)
    name = etree.QName(root)
    if name.localname != "definitions" or name.namespace not in NAMESPACES:
        raise DecisionError(
            "DMN_NOT_A_MODEL",
            name=name.localname,
            namespace=name.namespace,
            source=source,
            line=line_of(root),
        )
    return root


class DmnReader:
    """A DMN file being read: its elements, declared names and types, and the functions that it may call."""

    def __init__(
        self, root: etree._Element, source: str, functions: FunctionRegistry, *, strict: bool
    ) -> None:
        self.root = root
        self.source = source
        self.functions = functions
        self.strict = strict
        """Whether the file is refused when an expression cannot be compiled; else that expression is null."""
        self.namespace = etree.QName(root).namespace or ""
        self.nesting = 0
        self.declared = frozenset(element.get("name") or "" for element in root.iter())
        """Every name that the file gives to an element."""
        self.names: frozenset[str] = frozenset()
        """The names that the FEEL parser has to know."""
        self.variables_read: set[str] = set()
        """The variables read by the expressions compiled so far; the parser resets it for every decision."""
        self.types: dict[str, FeelType] = {}

    def tag(self, element: etree._Element) -> str:
        """The local name of an element of DMN; empty for elements of other vocabularies."""
        tag: Any = element.tag
        if not isinstance(tag, str):  # a comment or instruction has a function there
            return ""
        name = etree.QName(element)
        return name.localname if name.namespace == self.namespace else ""

    def children(self, element: etree._Element, *tags: str) -> Iterator[etree._Element]:
        """The DMN children of those local names."""
        return (child for child in element if self.tag(child) in tags)

    def child(self, element: etree._Element, *tags: str) -> etree._Element | None:
        """The first DMN child of those local names."""
        return next(self.children(element, *tags), None)

    def text(self, element: etree._Element | None) -> str:
        """The text inside `element`'s child `text`, trimmed; empty when there is none."""
        inner = None if element is None else self.child(element, "text")
        return "" if inner is None else (inner.text or "").strip()

    def error(
        self,
        message_code: str,
        /,
        element: etree._Element | None,
        *,
        code: str = "decision.invalid",
        **parameters: Any,
    ) -> DecisionError:
        """The error about `element`, to be raised."""
        return DecisionError(
            message_code,
            source=self.source,
            element=element_label(element),
            line=0 if element is None else line_of(element),
            code=code,
            **parameters,
        )

    def expression(self, text: str, element: etree._Element, names: Collection[str] = ()) -> Expression:
        """Compiles a FEEL expression of the file; `names` are declared besides those of the model."""
        return self._compile(text, element, names, compile_expression)

    def tests(self, text: str, element: etree._Element, names: Collection[str] = ()) -> Expression:
        """Compiles the unary tests of a cell."""
        return self._compile(text, element, names, compile_unary_tests)

    def _compile(
        self, text: str, element: etree._Element, names: Collection[str], compile_: Callable[..., Expression]
    ) -> Expression:
        self._check_language(element)
        known = self.names | frozenset(names) if names else self.names
        try:
            expression = compile_(text, functions=self.functions, names=known, types=self.types)
            unknown = expression.unknown_call_error() if expression.unknown_calls - self.declared else None
            if unknown is not None and self.strict:
                raise unknown
        except FeelError as error:
            if self.strict:
                raise self.expression_error(error, element) from None
            expression = compile_expression("null")
        self.variables_read |= expression.names
        return expression

    def column(
        self, cells: list[tuple[str, int]], elements: dict[str, etree._Element], names: Collection[str]
    ) -> UnaryTestColumn:
        """Compiles the cells of a column; `elements` has the element of each text."""
        known = self.names | frozenset(names)
        for element in elements.values():
            self._check_language(element)
        try:
            column = UnaryTestColumn(cells, functions=self.functions, names=known, types=self.types)
            if column.unknown_call_error is not None and self.strict and column.unknown_calls - self.declared:
                raise column.unknown_call_error
            self.variables_read |= column.names
            return column
        except FeelError as error:
            if self.strict:
                raise self.expression_error(error, elements[error.text]) from None
            rest = [(MATCHES_NOTHING if text == error.text else text, rules) for text, rules in cells]
            return self.column(rest, {**elements, MATCHES_NOTHING: elements[error.text]}, names)

    def expression_error(self, error: FeelError, element: etree._Element) -> DecisionError:
        """The error of an expression as an error of the file."""
        inner = self.child(element, "text")
        written = "" if inner is None else inner.text or ""
        above = written[: len(written) - len(written.lstrip())].count("\n")  # the text was trimmed
        line = line_of(element if inner is None else inner) + above + error.line - 1
        return DecisionError(
            "DMN_EXPRESSION_ERROR",
            problem=error.located_message,
            source=self.source,
            element=element_label(element),
            line=line,
            code=error.code,
        )

    def _check_language(self, element: etree._Element) -> None:
        language = element.get("expressionLanguage") or ""
        if language and "feel" not in language.lower():
            raise self.error("DMN_EXPRESSION_LANGUAGE", element, language=language)


def line_of(element: etree._Element) -> int:
    """The line of the file an element begins on; 0 when not known."""
    line: Any = element.sourceline
    return line or 0


def _has_doctype(root: etree._Element) -> bool:
    information: Any = root.getroottree().docinfo
    return bool(information.doctype)


def element_label(element: etree._Element | None) -> str:
    """The id (or name) of an element, or of the nearest ancestor that has one; empty without any."""
    while element is not None:
        found = element.get("id") or element.get("name")
        if found:
            return found
        element = element.getparent()
    return ""
