"""The small things every attribute is made of: expressions, flags, texts, numbers; and the list of what is wrong."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

from engine.errors import Finding
from engine.languages.feel import FeelError
from engine.languages.forms.feel import Compiler, Feel, Flag, Template
from engine.languages.forms.schema import PROPERTIES
from engine.languages.forms.source_lines import line_of

MAX_EXPRESSION = 10_000
YES = {"true": True, "false": False, "sì": True, "si": True, "no": False}
Word = TypeVar("Word", bound=StrEnum)


class AttributeReader:
    """Reads single attributes, collecting every fault as a `Finding`."""

    def __init__(self, source: str, compiler: Compiler) -> None:
        self.source = source
        self.findings: list[Finding] = []
        self.written = ""
        """The text of the file, to tell lines."""
        self._compiler = compiler

    def fault(self, code: str, sentence: str, element: str = "", name: str = "", line: int = 0) -> None:
        """Note one thing wrong; without a line, that of the component in the file."""
        line = line or line_of(self.written, element)
        self.findings.append(Finding(code, sentence, self.source, element, name, line))

    def feel(self, text: Any, element: str, attribute: str) -> Feel | None:
        """A compiled expression (a leading "=" is optional here), or None with a fault noted."""
        if not isinstance(text, str) or len(text) > MAX_EXPRESSION:
            self.fault(
                "FORM_FEEL",
                f"«{attribute}» deve essere un'espressione FEEL di al più {MAX_EXPRESSION} caratteri.",
                element,
            )
            return None
        body = text.strip().removeprefix("=").strip()
        place = f"{self.source} [{element}] {attribute}"
        line = line_of(self.written, element, text)
        try:
            compiled = self._compiler(body)
        except FeelError as error:
            self.fault("FORM_FEEL", f"«{attribute}»: non è un'espressione FEEL. {error}", element, line=line)
            return None
        unknown = compiled.unknown_call()
        if unknown is not None:
            self.fault("FORM_FEEL", f"«{attribute}»: {unknown}", element, line=line)
        return Feel(body, place, compiled)

    def flag(self, raw: Any, element: str, attribute: str, *, bare: bool = False) -> Flag:
        """A yes or no: written as such, or as "=expression" (`bare`: the "=" may be missing)."""
        if raw is None or raw == "" or isinstance(raw, bool):
            return bool(raw)
        if isinstance(raw, str) and (bare or raw.lstrip().startswith("=")):
            return self.feel(raw, element, attribute) or False
        self.fault(
            "FORM_FLAG",
            f"«{attribute}» deve essere true, false o un'espressione che comincia con «=».",
            element,
        )
        return False

    def template(self, raw: Any, element: str, attribute: str) -> Template:
        """A text: plain, "=expression", or with `{{ expression }}` gaps."""
        if raw is None or raw == "":
            return Template()
        if not isinstance(raw, str):
            self.fault("FORM_TEXT", f"«{attribute}» deve essere un testo.", element)
            return Template()
        if raw.lstrip().startswith("="):
            whole = self.feel(raw, element, attribute)
            return Template((whole,) if whole else ())
        parts: list[str | Feel] = []
        for place, piece in enumerate(re.split(r"\{\{(.*?)\}\}", raw, flags=re.DOTALL)):
            if place % 2 == 0:
                parts.extend([piece] if piece else [])
            elif piece.strip().startswith(("#", "/")):
                self.fault(
                    "FORM_TEXT",
                    f"«{attribute}» usa {{{{{piece}}}}}: scrivi la scelta in FEEL, "
                    f"{{{{if … then … else …}}}}.",
                    element,
                )
            elif gap := self.feel(piece, element, attribute):
                parts.append(gap)
        return Template(tuple(parts))

    def decimal(self, raw: Any, element: str, attribute: str) -> Decimal | None:
        """A finite number of reasonable length."""
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
        self.fault(
            "FORM_NUMBER",
            f"«{attribute}» deve essere un numero, per esempio 0.25: {raw!r} non lo è.",
            element,
        )
        return None

    def whole(self, raw: Any, element: str, attribute: str, *, most: int) -> int:
        """A whole number from 0 to `most`."""
        if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 10:
            raw = int(raw)
        if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw <= most:
            return raw
        self.fault(
            "FORM_NUMBER",
            f"«{attribute}» deve essere un numero intero da 0 a {most}: {raw!r} non lo è.",
            element,
        )
        return 0

    def yes(self, raw: str | None, element: str, name: str) -> bool:
        """A property that says yes or no."""
        if raw is None:
            return False
        if raw.strip().lower() not in YES:
            self.fault(
                "FORM_PROPERTY", f"la proprietà «{name}» vale {PROPERTIES[name][1]}, non «{raw}».", element
            )
        return YES.get(raw.strip().lower(), False)

    def choice(
        self, raw: Any, among: type[Word], element: str, name: str, default: Word | None
    ) -> Word | None:
        """One of an enum's values."""
        if raw in (None, ""):
            return default
        if raw in set(among):  # a plain text equals the member it spells
            return among(raw)
        self.fault(
            "FORM_VALUE", f"«{name}» vale uno di: {', '.join(among)}. «{raw}» non è fra questi.", element
        )
        return default
