"""`parametri.yaml`: the values of a process that administrators may change, with their types and words."""

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
from engine.temporal import parse_duration

NUMBERS = ("intero", "decimale", "euro")
BOUNDS = ("minimo", "massimo")
OF_THE_CALENDAR = {
    "patrono": "il santo patrono",
    "sabato_festivo": "il sabato",
    "chiusure": "i giorni di chiusura",
}
"""Names that decided the working days before each ambito had a calendar of its own, and what they meant."""


@dataclass(frozen=True)
class ParameterDefinition:
    """One parameter as the file declares it; a number stays between `least` and `most`, whoever changes it."""

    name: str
    type: str
    default: Any
    label: str
    help: str
    unit: str
    per_scope: bool
    least: Decimal | None = None
    most: Decimal | None = None

    def accept(self, value: Any) -> Any:
        """`value` as a value of this parameter. InvalidInput says what is expected, or which bound it passes."""
        accepted = typed(self.type, value)
        if self.most is not None and accepted > self.most:
            raise InvalidInput(f"«{self.label}» non può superare {self.most}: non si deroga")
        if self.least is not None and accepted < self.least:
            raise InvalidInput(f"«{self.label}» non può scendere sotto {self.least}")
        return accepted


def read_parameters(content: bytes, file: str) -> dict[str, ParameterDefinition]:
    """Read the file. InvalidInput names the parameter that does not hold."""
    try:
        data = yaml.load(content.decode("utf-8"), Loader=SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as problem:
        raise _refused(file, "", f"il file non è YAML valido: {problem}") from problem
    if not isinstance(data or {}, Mapping):
        raise _refused(file, "", "il file deve essere un elenco di parametri con nome")
    found: dict[str, ParameterDefinition] = {}
    for name, body in (data or {}).items():
        if not isinstance(body, Mapping) or "valore" not in body or "tipo" not in body:
            raise _refused(file, str(name), "servono almeno «valore» e «tipo»")
        kind = str(body["tipo"])
        if kind not in _READERS:
            raise _refused(file, str(name), f"il tipo «{kind}» non esiste; i tipi sono {', '.join(_READERS)}")
        try:
            found[str(name)] = _declared(str(name), kind, body)
        except InvalidInput as problem:
            raise _refused(file, str(name), problem.message) from problem
    return found


def old_parameters(content: bytes, file: str) -> list[Finding]:
    """A warning for each parameter of a readable file whose meaning has passed to the calendar of the ambito."""
    found: list[Finding] = []
    for number, line in enumerate(content.decode("utf-8").splitlines(), 1):
        name = line.partition(":")[0].strip("\"' ")
        if name in OF_THE_CALENDAR and not line[0].isspace():
            sentence = (
                f"il parametro «{name}» non decide più i giorni lavorativi: {OF_THE_CALENDAR[name]} si scrive in "
                "Amministrazione › Calendario (patti calendar), per ambito; togli il parametro"
            )
            found.append(Finding("OLD_PARAMETER", sentence, file, name, line=number, severity="warning"))
    return found


def _declared(name: str, kind: str, body: Mapping[str, Any]) -> ParameterDefinition:
    bounds = {bound: None if body.get(bound) is None else typed(kind, body[bound]) for bound in BOUNDS}
    if any(bounds.values()) and kind not in NUMBERS:
        raise InvalidInput(f"«minimo» e «massimo» valgono solo per i tipi {', '.join(NUMBERS)}")
    declared = ParameterDefinition(
        name,
        kind,
        typed(kind, body["valore"]),
        str(body.get("etichetta", name)),
        str(body.get("aiuto", "")),
        str(body.get("unita", "")),
        bool(body.get("per_ambito", True)),
        bounds["minimo"],
        bounds["massimo"],
    )
    declared.accept(declared.default)
    return declared


def typed(kind: str, value: Any) -> Any:
    """`value` (from the file or typed by an administrator) as a value of `kind`. InvalidInput says what is expected."""
    try:
        return _READERS[kind](value)
    except (TypeError, ValueError, InvalidOperation, InvalidInput) as problem:
        raise InvalidInput(f"«{value}» non va bene: {_EXPECTED[kind]}") from problem


def _refused(file: str, name: str, why: str) -> InvalidInput:
    sentence = f"parametro «{name}»: {why}" if name else why
    return InvalidInput(f"{file}: {sentence}", findings=[Finding("BAD_PARAMETER", sentence, file, name)])


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


_READERS: dict[str, Any] = {
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
    "intero": "serve un numero intero, per esempio 15",
    "decimale": "serve un numero, per esempio 0,5",
    "euro": "serve un importo con al più due decimali, per esempio 2.000,00",
    "testo": "serve un testo",
    "booleano": "serve sì o no",
    "data": "serve una data, per esempio 2026-01-31",
    "durata": "serve una durata: P10D (dieci giorni), P1M (un mese), PT1H (un'ora)",
    "ora": "serve un'ora, per esempio 09:00",
    "elenco": "serve un elenco di voci separate da virgola",
}
