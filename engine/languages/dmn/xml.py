"""Reads the XML of a DMN file, which nobody vouches for: no entities, no DTD, no network, bounded in size."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from lxml import etree

from engine.languages.dmn.errors import DecisionError
from engine.languages.feel import (
    Expression,
    FeelError,
    FunctionRegistry,
    TestColumn,
    compile_expression,
    compile_unary_tests,
)
from engine.languages.feel.types import FeelType

MAX_BYTES = 4 << 20
NEVER = "? = null and ? != null"
"""A cell nothing passes, in the place of one that cannot be read, where that is tolerated."""
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
    """The root `definitions` element; raises DecisionError when the file is not a DMN model."""
    if len(xml) > MAX_BYTES:
        raise DecisionError(f"Il file è troppo grande: al massimo {MAX_BYTES >> 20} MB", source=source)
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
        raise DecisionError(f"Il file non è XML ben formato: {error}", source=source, line=line) from None
    if _has_doctype(root):
        raise DecisionError(
            "Il file contiene una dichiarazione DOCTYPE, che non è ammessa: toglila", source=source
        )
    name = etree.QName(root)
    if name.localname != "definitions" or name.namespace not in NAMESPACES:
        raise DecisionError(
            f"Il file non è un modello DMN (da 1.1 a 1.5): comincia con «{name.localname}» "
            f"dello spazio di nomi «{name.namespace}»",
            source=source,
            line=line_of(root),
        )
    return root


class Reader:
    """What every part of the reading needs: the file, the names and types known in it, and what calls it may make."""

    def __init__(
        self, root: etree._Element, source: str, functions: FunctionRegistry, *, strict: bool
    ) -> None:
        self.root = root
        self.source = source
        self.functions = functions
        self.strict = strict
        """Whether an expression that cannot be read refuses the file; else it is worth null."""
        self.namespace = etree.QName(root).namespace or ""
        self.nesting = 0
        self.declared = frozenset(element.get("name") or "" for element in root.iter())
        """Every name the file gives to something: what is called by another name is not there."""
        self.names: frozenset[str] = frozenset()
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

    def fail(
        self, message: str, element: etree._Element | None, code: str = "decision.invalid"
    ) -> DecisionError:
        """The error about `element`, to be raised."""
        line = 0 if element is None else line_of(element)
        return DecisionError(message, source=self.source, element=label(element), line=line, code=code)

    def expression(self, text: str, element: etree._Element, names: Collection[str] = ()) -> Expression:
        """A FEEL expression of the file; names are those known beside the model's own."""
        return self._compile(text, element, names, compile_expression)

    def tests(self, text: str, element: etree._Element, names: Collection[str] = ()) -> Expression:
        """The unary tests of a cell."""
        return self._compile(text, element, names, compile_unary_tests)

    def _compile(
        self, text: str, element: etree._Element, names: Collection[str], compile_: object
    ) -> Expression:
        self._check_language(element)
        known = self.names | frozenset(names) if names else self.names
        try:
            expression: Expression = compile_(text, functions=self.functions, names=known, types=self.types)  # type: ignore[operator]
            unknown = expression.unknown_call() if expression.unknown_calls - self.declared else None
            if unknown is not None and self.strict:
                raise unknown
            return expression
        except FeelError as error:
            if not self.strict:
                return compile_expression("null")
            raise self.misread(error, element) from None

    def column(
        self, cells: list[tuple[str, int]], elements: dict[str, etree._Element], names: Collection[str]
    ) -> TestColumn:
        """The cells of a column, by text; `elements` tells where each text stands."""
        known = self.names | frozenset(names)
        for element in elements.values():
            self._check_language(element)
        try:
            column = TestColumn(cells, functions=self.functions, names=known, types=self.types)
            if column.unknown_call is not None and self.strict and column.unknown_calls - self.declared:
                raise column.unknown_call
            return column
        except FeelError as error:
            if self.strict:
                raise self.misread(error, elements[error.text]) from None
            rest = [(NEVER if text == error.text else text, rules) for text, rules in cells]
            return self.column(rest, {**elements, NEVER: elements[error.text]}, names)

    def misread(self, error: FeelError, element: etree._Element) -> DecisionError:
        """The error of an expression as one of the file."""
        inner = self.child(element, "text")
        written = "" if inner is None else inner.text or ""
        above = written[: len(written) - len(written.lstrip())].count("\n")  # the text was trimmed
        line = line_of(element if inner is None else inner) + above + error.line - 1
        place = f"riga {error.line}, colonna {error.column}"
        return DecisionError(
            f"{error.message} ({place} di «{shorten(error.text)}»)",
            source=self.source,
            element=label(element),
            line=line,
            code=error.code,
        )

    def _check_language(self, element: etree._Element) -> None:
        language = element.get("expressionLanguage") or ""
        if language and "feel" not in language.lower():
            raise self.fail(
                f"Il linguaggio «{language}» non è ammesso: le espressioni si scrivono in FEEL", element
            )


def line_of(element: etree._Element) -> int:
    """The line of the file an element begins on; 0 when not known."""
    line: Any = element.sourceline
    return line or 0


def _has_doctype(root: etree._Element) -> bool:
    information: Any = root.getroottree().docinfo
    return bool(information.doctype)


def shorten(text: str) -> str:
    """A text short enough for a message."""
    return text if len(text) <= 80 else text[:77] + "…"


def label(element: etree._Element | None) -> str:
    """How to name an element to an analyst: the id of it or of the nearest element around that has one."""
    while element is not None:
        found = element.get("id") or element.get("name")
        if found:
            return found
        element = element.getparent()
    return ""
