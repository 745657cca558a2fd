"""Reads `parametri.yaml`: the parameters of a process that administrators may change, with type, default and bounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as SafeLoader  # the same safe reading, in C
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

from engine.definitions.parameter_bounds import (
    BOUNDED_TYPES,
    NO_BOUNDS,
    NUMBER_TYPES,
    Bounds,
    implied_by_unit,
    implied_by_use,
    written,
)
from engine.errors import Finding, InvalidInput
from engine.languages.feel import YearsMonths
from engine.localization import Message, message
from engine.temporal import parse_duration

KEYS = (
    "valore",
    "tipo",
    "etichetta",
    "aiuto",
    "unita",
    "per_ambito",
    "minimo",
    "massimo",
    "scelte",
    "intero",
)
"""What a parameter may declare."""
MAX_EXPONENT = 15
"""Numbers are below 10 to this power, and above 10 to its negative."""
MAX_SHOWN = 80
"""Characters of a refused value that its sentence repeats."""
OBSOLETE_PARAMETERS = {
    "patrono": "CALENDAR_PATRON_SAINT",
    "sabato_festivo": "CALENDAR_SATURDAY",
    "chiusure": "CALENDAR_CLOSING_DAYS",
}
"""Parameters that the calendar of the scope has replaced → the code of what they meant."""


@dataclass(frozen=True)
class ParameterDefinition:
    """One parameter as the file declares it; its bounds hold for the default and for what administrators set.

    `bounds` are those of the file, completed by `implied`: what the unit, or the use in the diagram, says of them. They
    are wide enough for the default.
    """

    name: str
    type: str
    default: Any
    label: str
    help: str
    unit: str
    per_scope: bool
    declared: Bounds = NO_BOUNDS
    implied: Bounds = NO_BOUNDS
    file: str = ""
    line: int = 0

    @cached_property
    def bounds(self) -> Bounds:
        """The bounds in force."""
        return self.declared.within(self.implied).widened(self.default)

    def accept(self, value: Any) -> Any:
        """`value` converted to the type of this parameter. Raises InvalidInput for another type or a bound passed."""
        accepted = convert_value(self.type, value)
        problem = self.bounds.problem(accepted)
        if problem is not None:
            raise InvalidInput(
                "PARAMETER_VALUE_REFUSED",
                label=self.label,
                bounds=problem,
                unit=f" {self.unit}" if self.unit and problem.code.startswith("PARAMETER_VALUES") else "",
                value=written(accepted)[:MAX_SHOWN],
            )
        return accepted

    def warnings(self) -> Iterator[Finding]:
        """What the file should say better: a default outside the bounds that its unit or its use implies."""
        open_bounds = self.declared.within(self.implied)
        problem = open_bounds.problem(self.default)
        if problem is not None:
            sentence = message("PARAMETER_DEFAULT_UNUSUAL", value=written(self.default), bounds=problem)
            sentence = message("PARAMETER_INVALID", name=self.name, problem=sentence)
            yield Finding(
                "PARAMETER_BOUNDS", sentence, self.file, self.name, line=self.line, severity="warning"
            )


def parse_parameters(content: bytes, file: str) -> dict[str, ParameterDefinition]:
    """Read the parameters of a file by name. Raises InvalidInput with a finding for each parameter that is wrong."""
    try:
        text = content.decode("utf-8")
        data = yaml.load(text, Loader=SafeLoader)
        lines = _lines(text)
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        line = getattr(getattr(problem, "problem_mark", None), "line", -1) + 1
        raise _invalid(
            file, [("", line, message("PARAMETER_FILE_NOT_YAML", problem=str(problem)))]
        ) from problem
    if not isinstance(data or {}, Mapping):
        raise _invalid(file, [("", 1, message("PARAMETER_FILE_NOT_A_MAPPING"))])
    found: dict[str, ParameterDefinition] = {}
    wrong: list[tuple[str, int, Message]] = []
    for name, body in (data or {}).items():
        line = lines.get((str(name),), 0)
        try:
            found[str(name)] = _parameter(str(name), body, file, line)
        except _WrongKey as problem:
            wrong.append((str(name), lines.get((str(name), problem.key), line), problem.sentence))
    if wrong:
        raise _invalid(file, wrong)
    return found


def unknown_keys(content: bytes, file: str) -> list[Finding]:
    """A warning for each key of a valid file that no parameter has: a misspelt bound would bind nothing."""
    return [
        Finding(
            "PARAMETER_KEY",
            message("PARAMETER_KEY_UNKNOWN", key=place[1], name=place[0], keys=KEYS),
            file,
            place[0],
            line=line,
            severity="warning",
        )
        for place, line in _lines(content.decode("utf-8")).items()
        if len(place) == 2 and place[1] not in KEYS
    ]


def bounded_by_use(
    parameters: Mapping[str, ParameterDefinition], texts: Iterable[str]
) -> dict[str, ParameterDefinition]:
    """The parameters, with the bounds that the expressions of these files imply for those used as lengths of time."""
    uses = implied_by_use(texts)
    return {
        name: replace(declared, implied=declared.implied.within(uses[name]))
        if name in uses and declared.type in ("intero", "decimale")
        else declared
        for name, declared in parameters.items()
    }


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """The lines of the parameters, as (name,), and of their keys, as (name, key)."""
    found: dict[tuple[str, ...], int] = {}
    root = yaml.compose(text, Loader=SafeLoader)
    for name, body in root.value if isinstance(root, yaml.MappingNode) else ():
        found[(str(name.value),)] = name.start_mark.line + 1
        for key, _ in body.value if isinstance(body, yaml.MappingNode) else ():
            found[str(name.value), str(key.value)] = key.start_mark.line + 1
    return found


class _WrongKey(Exception):
    """A parameter is wrong at a key, for which there is a sentence."""

    def __init__(self, key: str, sentence: Message) -> None:
        super().__init__(key)
        self.key = key
        self.sentence = sentence


def obsolete_parameters(content: bytes, file: str) -> list[Finding]:
    """A warning for each parameter of a valid file that the calendar of the scope has replaced."""
    found: list[Finding] = []
    for number, line in enumerate(content.decode("utf-8").splitlines(), 1):
        name = line.partition(":")[0].strip("\"' ")
        if name in OBSOLETE_PARAMETERS and not line[0].isspace():
            sentence = message("PARAMETER_OBSOLETE", name=name, subject=message(OBSOLETE_PARAMETERS[name]))
            found.append(Finding("OLD_PARAMETER", sentence, file, name, line=number, severity="warning"))
    return found


def _parameter(name: str, body: Any, file: str, line: int) -> ParameterDefinition:
    if not isinstance(body, Mapping) or "valore" not in body or "tipo" not in body:
        raise _WrongKey("", message("PARAMETER_INCOMPLETE"))
    type_, unit = str(body["tipo"]), str(body.get("unita", ""))
    if type_ not in _CONVERTERS:
        raise _WrongKey("tipo", message("PARAMETER_TYPE_UNKNOWN", type=type_, types=list(_CONVERTERS)))
    default = _converted(type_, body["valore"], "valore")
    declared = _declared_bounds(type_, body)
    problem = declared.problem(default)
    if problem is not None:
        raise _WrongKey(
            "valore", message("PARAMETER_DEFAULT_REFUSED", value=written(default), bounds=problem)
        )
    return ParameterDefinition(
        name,
        type_,
        default,
        str(body.get("etichetta", name)),
        str(body.get("aiuto", "")),
        unit,
        bool(body.get("per_ambito", True)),
        declared,
        implied_by_unit(type_, unit),
        file,
        line,
    )


def _declared_bounds(type_: str, body: Mapping[str, Any]) -> Bounds:
    ends: list[Any] = []
    for key in ("minimo", "massimo"):
        if body.get(key) is None:
            ends.append(None)
            continue
        if type_ not in BOUNDED_TYPES:
            raise _WrongKey(key, message("PARAMETER_BOUNDS_OF_A_NUMBER", key=key, types=BOUNDED_TYPES))
        ends.append(_converted("intero" if type_ == "elenco" else type_, body[key], key))
    bounds = Bounds(ends[0], ends[1])
    if bounds.is_empty:
        raise _WrongKey(
            "minimo",
            message("PARAMETER_MINIMUM_ABOVE_MAXIMUM", minimum=written(ends[0]), maximum=written(ends[1])),
        )
    whole = body.get("intero")
    if whole is not None and not isinstance(whole, bool):
        raise _WrongKey("intero", message("PARAMETER_WHOLE_YES_OR_NO"))
    if whole is not None and type_ not in NUMBER_TYPES:
        raise _WrongKey("intero", message("PARAMETER_WHOLE_OF_A_NUMBER", types=NUMBER_TYPES))
    if whole is False and type_ == "intero":
        raise _WrongKey("intero", message("PARAMETER_WHOLE_ALWAYS"))
    bounds = replace(bounds, whole=bool(whole))
    return replace(bounds, choices=_choices(type_, body["scelte"], bounds)) if "scelte" in body else bounds


def _choices(type_: str, listed: Any, bounds: Bounds) -> tuple[Any, ...]:
    if type_ == "booleano":
        raise _WrongKey("scelte", message("PARAMETER_CHOICES_OF_A_BOOLEAN"))
    if not isinstance(listed, list) or not listed:
        raise _WrongKey("scelte", message("PARAMETER_CHOICES_EMPTY"))
    choices = [_converted("testo" if type_ == "elenco" else type_, one, "scelte") for one in listed]
    for number, choice in enumerate(choices):
        if choice in choices[:number]:
            raise _WrongKey("scelte", message("PARAMETER_CHOICE_TWICE", choice=written(choice)))
        problem = None if type_ == "elenco" else bounds.problem(choice)
        if problem is not None:
            raise _WrongKey(
                "scelte", message("PARAMETER_CHOICE_REFUSED", choice=written(choice), bounds=problem)
            )
    return tuple(choices)


def _converted(type_: str, value: Any, key: str) -> Any:
    try:
        return convert_value(type_, value)
    except InvalidInput as problem:
        raise _WrongKey(key, message("PARAMETER_KEY_INVALID", key=key, problem=problem.message)) from problem


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


def _invalid(file: str, wrong: Sequence[tuple[str, int, Message]]) -> InvalidInput:
    sentences = [
        message("PARAMETER_INVALID", name=name, problem=problem) if name else problem
        for name, _, problem in wrong
    ]
    findings = [
        Finding("BAD_PARAMETER", sentence, file, name, line=line)
        for sentence, (name, line, _) in zip(sentences, wrong, strict=True)
    ]
    return InvalidInput("FILE_INVALID", file=file, problem=sentences[0], findings=findings)


def _number(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise TypeError
    text = str(value).strip()
    if "," in text:
        text = text.replace(".", "").replace(",", ".")
    number = Decimal(text)
    if not number.is_finite() or (number and abs(number.adjusted()) > MAX_EXPONENT):
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
    if isinstance(value, YearsMonths | timedelta):
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
