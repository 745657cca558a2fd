"""Reads `parametri.yaml`: the parameters of a process that administrators may change, with type, default and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as SafeLoader  # the same safe reading, in C
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

from engine.errors import Finding, InvalidInput
from engine.languages.feel import YearsMonths
from engine.localization import Message, message
from engine.temporal import parse_duration

NUMBER_TYPES = ("intero", "decimale", "euro")
BOUNDS = ("minimo", "massimo")
OBSOLETE_PARAMETERS = {
    "patrono": "CALENDAR_PATRON_SAINT",
    "sabato_festivo": "CALENDAR_SATURDAY",
    "chiusure": "CALENDAR_CLOSING_DAYS",
}
"""Parameters that the calendar of the scope has replaced → the code of what they meant."""


@dataclass(frozen=True)
class ParameterDefinition:
    """One parameter as the file declares it; the bounds hold for numbers, also for the values administrators set."""

    name: str
    type: str
    default: Any
    label: str
    help: str
    unit: str
    per_scope: bool
    minimum: Decimal | None = None
    maximum: Decimal | None = None

    def accept(self, value: Any) -> Any:
        """`value` converted to the type of this parameter. Raises InvalidInput for another type or a bound passed."""
        accepted = convert_value(self.type, value)
        if self.maximum is not None and accepted > self.maximum:
            raise InvalidInput("PARAMETER_ABOVE_MAXIMUM", label=self.label, maximum=self.maximum)
        if self.minimum is not None and accepted < self.minimum:
            raise InvalidInput("PARAMETER_BELOW_MINIMUM", label=self.label, minimum=self.minimum)
        return accepted


def parse_parameters(content: bytes, file: str) -> dict[str, ParameterDefinition]:
    """Read the parameters of a file by name. Raises InvalidInput naming the parameter that is wrong."""
    try:
        data = yaml.load(content.decode("utf-8"), Loader=SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise _invalid(file, "", message("PARAMETER_FILE_NOT_YAML", problem=str(problem))) from problem
    if not isinstance(data or {}, Mapping):
        raise _invalid(file, "", message("PARAMETER_FILE_NOT_A_MAPPING"))
    found: dict[str, ParameterDefinition] = {}
    for name, body in (data or {}).items():
        if not isinstance(body, Mapping) or "valore" not in body or "tipo" not in body:
            raise _invalid(file, str(name), message("PARAMETER_INCOMPLETE"))
        type_ = str(body["tipo"])
        if type_ not in _CONVERTERS:
            raise _invalid(
                file, str(name), message("PARAMETER_TYPE_UNKNOWN", type=type_, types=list(_CONVERTERS))
            )
        try:
            found[str(name)] = _parameter(str(name), type_, body)
        except InvalidInput as problem:
            raise _invalid(file, str(name), problem.message) from problem
    return found


def obsolete_parameters(content: bytes, file: str) -> list[Finding]:
    """A warning for each parameter of a valid file that the calendar of the scope has replaced."""
    found: list[Finding] = []
    for number, line in enumerate(content.decode("utf-8").splitlines(), 1):
        name = line.partition(":")[0].strip("\"' ")
        if name in OBSOLETE_PARAMETERS and not line[0].isspace():
            sentence = message("PARAMETER_OBSOLETE", name=name, subject=message(OBSOLETE_PARAMETERS[name]))
            found.append(Finding("OLD_PARAMETER", sentence, file, name, line=number, severity="warning"))
    return found


def _parameter(name: str, type_: str, body: Mapping[str, Any]) -> ParameterDefinition:
    bounds = {
        bound: None if body.get(bound) is None else convert_value(type_, body[bound]) for bound in BOUNDS
    }
    if any(bounds.values()) and type_ not in NUMBER_TYPES:
        raise InvalidInput("PARAMETER_BOUNDS_OF_A_NUMBER", types=NUMBER_TYPES)
    declared = ParameterDefinition(
        name,
        type_,
        convert_value(type_, body["valore"]),
        str(body.get("etichetta", name)),
        str(body.get("aiuto", "")),
        str(body.get("unita", "")),
        bool(body.get("per_ambito", True)),
        bounds["minimo"],
        bounds["massimo"],
    )
    declared.accept(declared.default)
    return declared


def convert_value(type_: str, value: Any) -> Any:
    """A value (from the file, or typed by an administrator) as one of the type `type_`.

    Raises InvalidInput saying what is expected.
    """
    try:
        return _CONVERTERS[type_](value)
    except (TypeError, ValueError, InvalidOperation, InvalidInput) as problem:
        raise InvalidInput(
            "PARAMETER_VALUE_INVALID", value=value, expected=message(_EXPECTED[type_])
        ) from problem


def _invalid(file: str, name: str, problem: Message) -> InvalidInput:
    sentence = message("PARAMETER_INVALID", name=name, problem=problem) if name else problem
    return InvalidInput(
        "FILE_INVALID", file=file, problem=sentence, findings=[Finding("BAD_PARAMETER", sentence, file, name)]
    )


def _number(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise TypeError
    text = str(value).strip()
    if "," in text:
        text = text.replace(".", "").replace(",", ".")
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError
    return number


def _whole(value: Any) -> int:
    number = _number(value)
    if number != number.to_integral_value() or abs(number) > 10**12:
        raise ValueError
    return int(number)


def _euro(value: Any) -> Decimal:
    number = _number(value)
    if number < 0 or number != number.quantize(Decimal("0.01")):
        raise ValueError
    return number.quantize(Decimal("0.01"))


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).strip().lower() in ("sì", "si", "vero", "true", "1"):
        return True
    if str(value).strip().lower() in ("no", "falso", "false", "0"):
        return False
    raise ValueError


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _date(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value).strip())


def _time(value: Any) -> str:
    text = str(value).strip()
    return time.fromisoformat(text).isoformat("minutes")


def _duration(value: Any) -> Any:
    if isinstance(value, YearsMonths):
        return value
    span = parse_duration(str(value).strip())
    if span.calendar_months and not span.days and not span.exact:
        return YearsMonths(span.calendar_months)
    if span.calendar_months:
        raise ValueError
    return timedelta(days=span.days) + span.exact


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [part.strip() for part in str(value).split(",") if part.strip()]


_CONVERTERS: dict[str, Any] = {
    "intero": _whole,
    "decimale": _number,
    "euro": _euro,
    "testo": _text,
    "booleano": _boolean,
    "data": _date,
    "durata": _duration,
    "ora": _time,
    "elenco": _list,
}
_EXPECTED = {
    "intero": "PARAMETER_EXPECTS_INTEGER",
    "decimale": "PARAMETER_EXPECTS_NUMBER",
    "euro": "PARAMETER_EXPECTS_AMOUNT",
    "testo": "PARAMETER_EXPECTS_TEXT",
    "booleano": "PARAMETER_EXPECTS_BOOLEAN",
    "data": "PARAMETER_EXPECTS_DATE",
    "durata": "PARAMETER_EXPECTS_DURATION",
    "ora": "PARAMETER_EXPECTS_TIME",
    "elenco": "PARAMETER_EXPECTS_LIST",
}
"""Type → the code of the message that says what a value of it looks like."""
