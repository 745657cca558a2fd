"""Parses values of attributes: expressions, flags, templates, numbers; collects the findings."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from engine.errors import Finding
from engine.languages.feel import FeelError
from engine.languages.forms.feel import Compiler, Flag, FormExpression, Template
from engine.languages.forms.source_lines import line_of
from engine.localization import Message, message

MAX_EXPRESSION = 10_000
YES_NO_WORDS = {"true": True, "false": False, "sì": True, "si": True, "no": False}
Word = TypeVar("Word", bound=StrEnum)


class AttributeParser:
    """Parses single attributes and collects a `Finding` for each fault."""

    def __init__(self, source: str, compiler: Compiler) -> None:
        self.source = source
        self.findings: list[Finding] = []
        self.text = ""
        """The text of the file, for line numbers."""
        self._compiler = compiler

    def add_finding(
        self, code: str, sentence: Message, element: str = "", name: str = "", line: int = 0
    ) -> None:
        """Add a finding; the default line is that of the component in the file."""
        line = line or line_of(self.text, element)
        self.findings.append(Finding(code, sentence, self.source, element, name, line))

    def feel(self, text: Any, element: str, attribute: str) -> FormExpression | None:
        """A compiled expression (the leading "=" is optional), or None with a finding."""
        if not isinstance(text, str) or len(text) > MAX_EXPRESSION:
            self.add_finding(
                "FORM_FEEL",
                message("FORM_EXPRESSION_TOO_LONG", attribute=attribute, limit=MAX_EXPRESSION),
                element,
            )
            return None
        body = text.strip().removeprefix("=").strip()
        location = f"{self.source} [{element}] {attribute}"
        line = line_of(self.text, element, text)
        try:
            compiled = self._compiler(body)
        except FeelError as error:
            self.add_finding(
                "FORM_FEEL",
                message("FORM_EXPRESSION_INVALID", attribute=attribute, problem=error.located_message),
                element,
                line=line,
            )
            return None
        unknown = compiled.unknown_call_error()
        if unknown is not None:
            self.add_finding(
                "FORM_FEEL",
                message(
                    "FORM_EXPRESSION_CALLS_UNKNOWN", attribute=attribute, problem=unknown.located_message
                ),
                element,
                line=line,
            )
        return FormExpression(body, location, compiled)

    def flag(self, raw: Any, element: str, attribute: str, *, bare: bool = False) -> Flag:
        """A boolean or "=expression" (`bare`: the "=" is optional)."""
        if raw is None or raw == "" or isinstance(raw, bool):
            return bool(raw)
        if isinstance(raw, str) and (bare or raw.lstrip().startswith("=")):
            return self.feel(raw, element, attribute) or False
        self.add_finding(
            "FORM_FLAG",
            message("FORM_FLAG_INVALID", attribute=attribute),
            element,
        )
        return False

    def template(self, raw: Any, element: str, attribute: str) -> Template:
        """A text: plain, "=expression", or with `{{ expression }}` parts."""
        if raw is None or raw == "":
            return Template()
        if not isinstance(raw, str):
            self.add_finding("FORM_TEXT", message("FORM_TEXT_EXPECTED", attribute=attribute), element)
            return Template()
        if raw.lstrip().startswith("="):
            whole = self.feel(raw, element, attribute)
            return Template((whole,) if whole else ())
        parts: list[str | FormExpression] = []
        for index, piece in enumerate(re.split(r"\{\{(.*?)\}\}", raw, flags=re.DOTALL)):
            if index % 2 == 0:
                parts.extend([piece] if piece else [])
            elif piece.strip().startswith(("#", "/")):
                self.add_finding(
                    "FORM_TEXT",
                    message("FORM_TEMPLATE_SYNTAX", attribute=attribute, piece=piece),
                    element,
                )
            elif gap := self.feel(piece, element, attribute):
                parts.append(gap)
        return Template(tuple(parts))

    def decimal(self, raw: Any, element: str, attribute: str) -> Decimal | None:
        """A finite number of at most 15 digits before the point."""
        try:
            value = (
                Decimal(str(raw))
                if isinstance(raw, int | float | str) and not isinstance(raw, bool)
                else Decimal("NaN")
            )
        except InvalidOperation:
            value = Decimal("NaN")
        if value.is_finite() and value.adjusted() < 15 and len(value.as_tuple().digits) < 30:
            return value
        self.add_finding(
            "FORM_NUMBER",
            message("FORM_NUMBER_EXPECTED", attribute=attribute, value=repr(raw)),
            element,
        )
        return None

    def whole(self, raw: Any, element: str, attribute: str, *, maximum: int) -> int:
        """A whole number from 0 to `maximum`."""
        if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 10:
            raw = int(raw)
        if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw <= maximum:
            return raw
        self.add_finding(
            "FORM_NUMBER",
            message("FORM_INTEGER_EXPECTED", attribute=attribute, maximum=maximum, value=repr(raw)),
            element,
        )
        return 0

    def yes_no(self, raw: str | None, element: str, name: str) -> bool:
        """A boolean property."""
        if raw is None:
            return False
        if raw.strip().lower() not in YES_NO_WORDS:
            self.add_finding(
                "FORM_PROPERTY", message("FORM_PROPERTY_NOT_BOOLEAN", name=name, value=raw), element
            )
        return YES_NO_WORDS.get(raw.strip().lower(), False)

    def choice(
        self, raw: Any, among: type[Word], element: str, name: str, default: Word | None
    ) -> Word | None:
        """One of the values of an enum."""
        if raw in (None, ""):
            return default
        if isinstance(raw, str) and raw in set(among):  # a plain text equals the member it spells
            return among(raw)
        self.add_finding(
            "FORM_VALUE",
            message("FORM_VALUE_NOT_ALLOWED", name=name, values=list(among), value=raw),
            element,
        )
        return default
