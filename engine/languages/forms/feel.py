"""FEEL inside forms: conditions, computed flags and texts with `{{ expression }}` gaps."""

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
    """What an expression of a form sees: the variables, and what the functions registered with FEEL need."""

    variables: Mapping[str, Any]
    bindings: Bindings | None = None


@dataclass(frozen=True)
class Feel:
    """One FEEL expression of a form, compiled when the form was parsed; `place` names it in messages."""

    text: str
    place: str
    compiled: Expression = field(compare=False, repr=False)

    def value(self, scope: Scope) -> Any:
        """The expression's value. Raises ExecutionFailed naming the component when it cannot be had."""
        try:
            return self.compiled.evaluate(scope.variables, bindings=scope.bindings)
        except FeelError as error:
            raise ExecutionFailed(
                f"{self.place}: l'espressione «{self.text}» non si può calcolare. {error}"
            ) from error


Flag = bool | Feel


def flag(of: Flag, scope: Scope) -> bool:
    """Whether a flag is up: a plain yes or no, or an expression that gives exactly true."""
    return of.value(scope) is True if isinstance(of, Feel) else of


@dataclass(frozen=True)
class Piece:
    """A stretch of text: written by the analyst, or the value of an expression (never to be read as mark-up)."""

    text: str
    computed: bool = False


@dataclass(frozen=True)
class Template:
    """A text whose gaps are FEEL expressions."""

    parts: tuple[str | Feel, ...] = ()

    def pieces(self, scope: Scope) -> tuple[Piece, ...]:
        """The text with its gaps filled, keeping apart what was written and what was computed."""
        return tuple(
            Piece(part) if isinstance(part, str) else Piece(display(part.value(scope)), computed=True)
            for part in self.parts
        )

    def plain(self, scope: Scope) -> str:
        """The text with its gaps filled."""
        return "".join(piece.text for piece in self.pieces(scope))

    def __str__(self) -> str:
        return "".join(part if isinstance(part, str) else "…" for part in self.parts)

    def __bool__(self) -> bool:
        return bool(self.parts)


def display(value: object) -> str:
    """A value as Italians write it: 1.250,5 · 31/01/2016 · sì · lists joined by commas. None is empty."""
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
    """A number with the Italian comma; `digits` fixes the decimals, `group` puts dots between thousands."""
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
