"""What values a parameter accepts: bounds, choices, whole numbers; and what days and other lengths of time imply.

Bounds of a list count its entries. To compare durations, a month counts as 30 days.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.languages.feel import YearsMonths, to_string
from engine.localization import Message, message

BOUNDED_TYPES = ("intero", "decimale", "euro", "durata", "data", "ora", "elenco")
NUMBER_TYPES = ("intero", "decimale", "euro")
_MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Bounds:
    """The bounds of a parameter, of its own type (of a list: numbers of entries). What is None or empty allows all."""

    minimum: Any = None
    maximum: Any = None
    choices: tuple[Any, ...] = ()
    whole: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether the minimum is above the maximum, so that nothing lies between."""
        return self.minimum is not None and self._above_maximum(self.minimum)

    def problem(self, value: Any) -> Message | None:
        """What forbids a value of the parameter's type, or None."""
        entries = value if isinstance(value, list) else [value]
        if self.choices and any(entry not in self.choices for entry in entries):
            return message("PARAMETER_NOT_A_CHOICE", choices=[written(choice) for choice in self.choices])
        if self.whole and value != int(value):
            return message("PARAMETER_NOT_WHOLE")
        if self._above_maximum(value) or self._below_minimum(value):
            return self._interval(entries=isinstance(value, list))
        return None

    def describe(self, type_: str) -> Message | None:
        """The bounds in a sentence without its full stop; None when everything is allowed."""
        if self.choices:
            return message("PARAMETER_NOT_A_CHOICE", choices=[written(choice) for choice in self.choices])
        if self.minimum is None and self.maximum is None:
            return message("PARAMETER_NOT_WHOLE") if self.whole else None
        interval = self._interval(entries=type_ == "elenco")
        return message("PARAMETER_WHOLE_AND", bounds=interval) if self.whole else interval

    def within(self, implied: Bounds) -> Bounds:
        """These bounds, completed with implied ones where they say nothing."""
        return Bounds(
            implied.minimum if self.minimum is None else self.minimum,
            implied.maximum if self.maximum is None else self.maximum,
            self.choices,
            self.whole or implied.whole,
        )

    def widened(self, value: Any) -> Bounds:
        """These bounds, wide enough for a value."""
        return Bounds(
            value if self._below_minimum(value) else self.minimum,
            value if self._above_maximum(value) else self.maximum,
            self.choices,
            self.whole and value == int(value),
        )

    def _below_minimum(self, value: Any) -> bool:
        return self.minimum is not None and bool(_size(value) < _size(self.minimum))

    def _above_maximum(self, value: Any) -> bool:
        return self.maximum is not None and bool(_size(value) > _size(self.maximum))

    def _interval(self, *, entries: bool) -> Message:
        minimum, maximum = written(self.minimum), written(self.maximum)
        if self.maximum is None:
            if entries:
                return message("PARAMETER_ENTRIES_FROM", minimum=minimum)
            return message("PARAMETER_VALUES_FROM", minimum=minimum)
        if self.minimum is None:
            if entries:
                return message("PARAMETER_ENTRIES_TO", maximum=maximum)
            return message("PARAMETER_VALUES_TO", maximum=maximum)
        if entries:
            return message("PARAMETER_ENTRIES_BETWEEN", minimum=minimum, maximum=maximum)
        return message("PARAMETER_VALUES_BETWEEN", minimum=minimum, maximum=maximum)


NO_BOUNDS = Bounds()


def written(value: Any) -> str:
    """A value as one would type it: numbers without needless zeros and with a comma, durations in ISO 8601."""
    if isinstance(value, bool):
        return "sì" if value else "no"
    if isinstance(value, int | Decimal):
        text = f"{Decimal(value):f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")
    if isinstance(value, timedelta | YearsMonths):
        return str(to_string(value))
    if isinstance(value, list | tuple):
        return ", ".join(map(written, value))
    return "" if value is None else str(value)


def _size(value: Any) -> Any:
    if isinstance(value, list):
        return len(value)
    if isinstance(value, datetime):
        return value.date()
    return value.months * _MONTH if isinstance(value, YearsMonths) else value


# -- what is implied ---------------------------------------------------------------------------------------------------

YEARS_AT_MOST = 10
LENGTHS = {
    "D": Bounds(1, 365 * YEARS_AT_MOST, whole=True),
    "W": Bounds(1, 52 * YEARS_AT_MOST, whole=True),
    "M": Bounds(1, 12 * YEARS_AT_MOST, whole=True),
    "Y": Bounds(1, YEARS_AT_MOST, whole=True),
    "TH": Bounds(1, 24 * 365 * YEARS_AT_MOST, whole=True),
    "TM": Bounds(1, 60 * 24 * 365 * YEARS_AT_MOST, whole=True),
    "TS": Bounds(1, 3600 * 24 * 365 * YEARS_AT_MOST, whole=True),
}
"""The bounds of a number that counts days, weeks…, by the letters of ISO 8601: at least one, at most ten years."""
DURATIONS = Bounds(timedelta(seconds=1), timedelta(days=365 * YEARS_AT_MOST))
AGES = Bounds(0, 150)
_UNITS = {
    "giorn": LENGTHS["D"],
    "settiman": LENGTHS["W"],
    "mes": LENGTHS["M"],
    "anni": AGES,
    "anno": AGES,
}
"""Beginnings of the word `unita` → bounds. Hours are often an amount of work, so they imply nothing."""
_CALL = r'(?:parametro|scadenza)\(\s*"(?P<name>[^"]+)"\s*\)'
_IN_DURATION = re.compile(
    rf'"(?:R\d*/)?P(?P<time>T?)"\s*\+\s*string\(\s*{_CALL}\s*\)\s*\+\s*"(?P<unit>[YMWDHS])'
)
_TIMES_DURATION = re.compile(
    rf'(?:duration\(\s*"P(?P<time>T?)1(?P<unit>[YMWDHS])"\s*\)|@"P(?P<time2>T?)1(?P<unit2>[YMWDHS])")\s*\*\s*{_CALL}'
)
_WORKING_DAYS = re.compile(rf"aggiungi giorni lavorativi\((?:[^()]|\([^()]*\))*,\s*{_CALL}\s*\)")


def implied_by_unit(type_: str, unit: str) -> Bounds:
    """The bounds that the type and the unit of a parameter imply."""
    if type_ == "durata":
        return DURATIONS
    if type_ in ("intero", "decimale"):
        for beginning, bounds in _UNITS.items():
            if unit.strip().lower().startswith(beginning):
                return Bounds(bounds.minimum, bounds.maximum)
    return NO_BOUNDS


def implied_by_use(texts: Iterable[str]) -> dict[str, Bounds]:
    """The bounds that expressions imply for the numbers they use as days or another length of time, by name.

    The texts are those of whole files: BPMN, DMN, forms.
    """
    found: dict[str, Bounds] = {}
    for text in texts:
        plain = html.unescape(text).replace('\\"', '"')
        for use in _IN_DURATION.finditer(plain):
            found[use["name"]] = LENGTHS.get(use["time"] + use["unit"], LENGTHS["D"])
        for use in _TIMES_DURATION.finditer(plain):
            letters = (
                (use["time"] or "") + use["unit"] if use["unit"] else (use["time2"] or "") + use["unit2"]
            )
            found[use["name"]] = LENGTHS.get(letters, LENGTHS["D"])
        for use in _WORKING_DAYS.finditer(plain):
            found[use["name"]] = LENGTHS["D"]
    return found
