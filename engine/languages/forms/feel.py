"""FEEL in forms: expressions, flags, and templates with `{{ expression }}` parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.errors import ExecutionFailed
from engine.languages.feel import Expression, FeelError

ROME = ZoneInfo("Europe/Rome")


Bindings = Mapping[str, Callable[..., Any]]
Compiler = Callable[[str], Expression]


@dataclass(frozen=True)
class Scope:
    """What an expression of a form sees: variables, and the values that registered FEEL functions need."""

    variables: Mapping[str, Any]
    bindings: Bindings | None = None


@dataclass(frozen=True)
class FormExpression:
    """A compiled FEEL expression of a form; `location` names it in messages."""

    text: str
    location: str
    compiled: Expression = field(compare=False, repr=False)

    def value(self, scope: Scope) -> Any:
        """Evaluate the expression. Raises ExecutionFailed naming the component when that fails."""
        try:
            return self.compiled.evaluate(scope.variables, bindings=scope.bindings)
        except FeelError as error:
            raise ExecutionFailed(
                "FORM_EXPRESSION_FAILED",
                location=self.location,
                expression=self.text,
                problem=error.located_message,
            ) from error


Flag = bool | FormExpression


def evaluate_flag(flag: Flag, scope: Scope) -> bool:
    """The value of a flag: a boolean, or an expression, of which only `true` counts as true."""
    return flag.value(scope) is True if isinstance(flag, FormExpression) else flag


@dataclass(frozen=True)
class Piece:
    """A part of a text: written in the form, or (`computed`) the value of an expression, which is never mark-up."""

    text: str
    computed: bool = False


@dataclass(frozen=True)
class Template:
    """A text with embedded FEEL expressions."""

    parts: tuple[str | FormExpression, ...] = ()

    def pieces(self, scope: Scope) -> tuple[Piece, ...]:
        """The evaluated text as pieces, computed ones marked."""
        return tuple(
            Piece(part) if isinstance(part, str) else Piece(display(part.value(scope)), computed=True)
            for part in self.parts
        )

    def plain(self, scope: Scope) -> str:
        """The evaluated text."""
        return "".join(piece.text for piece in self.pieces(scope))

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else "…" for part in self.parts)

    def __bool__(self) -> bool:
        return bool(self.parts)


def display(value: object) -> str:
    """A value in Italian notation: 1.250,5 · 31/01/2016 · sì · lists joined by commas. None is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "sì" if value else "no"
    if isinstance(value, datetime):
        moment = value.astimezone(ROME) if value.tzinfo else value
        return moment.strftime("%d/%m/%Y %H:%M")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, int | float | Decimal):
        return number_text(Decimal(str(value)))
    if isinstance(value, list | tuple):
        return ", ".join(display(item) for item in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {display(item)}" for key, item in value.items())
    return str(value)


def number_text(value: Decimal, digits: int | None = None, group: bool = True) -> str:
    """A number with decimal comma; `digits` fixes the number of decimals, `group` separates thousands by dots."""
    if not value.is_finite() or value.adjusted() > 40:
        return str(value)
    if digits is None:
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = f"{value:.{digits}f}"
    sign, text = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, decimals = text.partition(".")
    if group:
        whole = f"{int(whole):,}".replace(",", ".")
    return f"{sign}{whole}{',' + decimals if decimals else ''}"
