"""Built-ins on numbers: rounding, sign, roots, logarithms, parity."""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.languages.feel.functions.declaration import FunctionGroup, number, whole_number
from engine.languages.feel.limits import Evaluation
from engine.languages.feel.values import DECIMAL128, YearsMonths

FUNCTIONS = FunctionGroup()
TRANSCENDENTAL_STEPS = 200
"""Steps charged for a transcendental function."""
_WIDE = decimal.Context(prec=12_400, Emin=-13_000, Emax=13_000, traps=[decimal.InvalidOperation])


def _rounding(mode: str) -> Callable[..., Decimal | None]:
    def round_(n: Any, scale: Any = Decimal(0)) -> Decimal | None:
        digits = whole_number(scale)
        if not -6111 <= digits <= 6176:
            return None
        rounded = number(n).quantize(_WIDE.scaleb(Decimal(1), Decimal(-digits)), rounding=mode, context=_WIDE)
        return DECIMAL128.plus(rounded)

    return round_


for _name, _mode, _how in (
    ("decimal", decimal.ROUND_HALF_EVEN, "la metà va alla cifra pari"),
    ("round up", decimal.ROUND_UP, "allontanandosi dallo zero"),
    ("round down", decimal.ROUND_DOWN, "verso lo zero"),
    ("round half up", decimal.ROUND_HALF_UP, "la metà si allontana dallo zero"),
    ("round half down", decimal.ROUND_HALF_DOWN, "la metà va verso lo zero"),
):
    FUNCTIONS.add(_name, ("n", "scale"), description=f"Arrotonda a quel numero di decimali, {_how}")(
        _rounding(_mode)
    )
FUNCTIONS.add("floor", ("n",), ("n", "scale"), description="Arrotonda per difetto")(
    _rounding(decimal.ROUND_FLOOR)
)
FUNCTIONS.add("ceiling", ("n",), ("n", "scale"), description="Arrotonda per eccesso")(
    _rounding(decimal.ROUND_CEILING)
)


@FUNCTIONS.add("abs", ("n",), description="Il valore assoluto di un numero o di una durata")
def abs_(n: Any) -> Any:
    """Absolute value."""
    if type(n) is YearsMonths:
        return YearsMonths(abs(n.months))
    return abs(n) if type(n) is dt.timedelta else DECIMAL128.abs(number(n))


@FUNCTIONS.add(
    "modulo", ("dividend", "divisor"), description="Il resto della divisione, con il segno del divisore"
)
def modulo(dividend: Any, divisor: Any) -> Decimal | None:
    """dividend - divisor * floor(dividend / divisor), exactly."""
    one, other = number(dividend), number(divisor)
    if other == 0:
        return None
    rest = _WIDE.remainder(one, other)
    return DECIMAL128.plus(_WIDE.add(rest, other) if rest and (rest < 0) != (other < 0) else rest)


@FUNCTIONS.add("sqrt", ("number",), bounded=True, description="La radice quadrata")
def sqrt(evaluation: Evaluation, value: Any) -> Decimal | None:
    """Square root; null for negative numbers."""
    evaluation.spend(TRANSCENDENTAL_STEPS)
    return DECIMAL128.sqrt(number(value)) if value >= 0 else None


@FUNCTIONS.add("log", ("number",), bounded=True, description="Il logaritmo naturale")
def log(evaluation: Evaluation, value: Any) -> Decimal | None:
    """Natural logarithm; null for numbers that are not positive."""
    evaluation.spend(TRANSCENDENTAL_STEPS)
    return DECIMAL128.ln(number(value)) if value > 0 else None


@FUNCTIONS.add("exp", ("number",), bounded=True, description="Il numero di Eulero elevato a quel numero")
def exp(evaluation: Evaluation, value: Any) -> Decimal:
    """e to that power."""
    evaluation.spend(TRANSCENDENTAL_STEPS)
    return DECIMAL128.exp(number(value))


def _parity(value: Any) -> Decimal | None:
    exact = number(value)
    if _WIDE.remainder(exact, Decimal(1)):
        return None
    return _WIDE.remainder(exact, Decimal(2))


@FUNCTIONS.add("odd", ("number",), description="Vero se il numero intero è dispari")
def odd(value: Any) -> bool | None:
    """Whether a whole number is odd; null for others."""
    rest = _parity(value)
    return None if rest is None else bool(rest)


@FUNCTIONS.add("even", ("number",), description="Vero se il numero intero è pari")
def even(value: Any) -> bool | None:
    """Whether a whole number is even; null for others."""
    rest = _parity(value)
    return None if rest is None else not rest
