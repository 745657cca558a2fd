"""What a diagram says of a deadline, in an Italian sentence; an unusual expression is shown as it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.definitions.parameter_file import ParameterDefinition
from engine.errors import InvalidInput
from engine.scheduling.overrides.description import format_moment
from engine.temporal import Duration, Moment, Repetition, parse_timer_text

Declared = Mapping[str, ParameterDefinition]
"""The parameters of the process by name."""
_PARAMETER = r'(?:parametro|scadenza)\(\s*"(?P<name>[^"]+)"\s*\)'
_BASE = r"(?P<base>[A-Za-z_][\w.]*(?:\(\s*\))?)"
_WRAPPED = re.compile(r"(?P<what>fine giornata|giorno lavorativo)\((?P<inner>.*)\)", re.S)
_AT_HOUR = re.compile(r'alle ore\((?P<inner>.*),\s*"(?P<hour>[\d:]+)"\s*\)', re.S)
_WORKING = re.compile(rf"aggiungi giorni lavorativi\(\s*{_BASE}\s*,\s*(?:(?P<days>\d+)|{_PARAMETER})\s*\)")
_PLUS = re.compile(
    rf'{_BASE}\s*\+\s*duration\(\s*"(?:P(?P<days>\d+)(?P<unit>[DMYW])|P)"'
    rf'(?:\s*\+\s*string\(\s*{_PARAMETER}\s*\)\s*\+\s*"(?P<after>[DMYW])")?\s*\)'
)
_CHOICE = re.compile(r"if\s+(?P<condition>.+?)\s+then\s+(?P<then>.+?)\s+else\s+(?P<other>.+)", re.S)
_CYCLE = re.compile(rf'"R/P"\s*\+\s*string\(\s*{_PARAMETER}\s*\)\s*\+\s*"(?P<after>[DMYW])"')
_ONE_MANY = {
    "D": ("giorno", "giorni"),
    "W": ("settimana", "settimane"),
    "M": ("mese", "mesi"),
    "Y": ("anno", "anni"),
}


def describe_default(text: str, parameters: Declared) -> str:
    """The sentence of the text of a timer or a due date."""
    text = text.strip()
    if not text.startswith("="):
        try:
            return _literal(parse_timer_text(text))
        except InvalidInput:
            pass
    bare = text.removeprefix("=").strip()
    return _expression(bare, parameters) or f"come dice l'espressione «{bare}»"


def _literal(meaning: Moment | Duration | Repetition) -> str:
    if isinstance(meaning, Moment):
        return f"il {meaning.day:%d/%m/%Y}" if meaning.day else f"il {format_moment(meaning.at)}"
    if isinstance(meaning, Duration):
        return f"{_span(meaning)} dopo l'inizio dell'attesa"
    times = f", {meaning.times} volte" if meaning.times else ""
    start = f", dal {format_moment(meaning.start)}" if meaning.start else ""
    return f"ogni {_span(meaning.duration)}{start}{times}"


def _span(duration: Duration) -> str:
    names = (
        ("anno", "anni", duration.years),
        ("mese", "mesi", duration.months),
        ("giorno", "giorni", duration.days),
        ("ora", "ore", duration.hours),
        ("minuto", "minuti", duration.minutes),
        ("secondo", "secondi", duration.seconds),
    )
    parts = [f"{count} {one if count == 1 else many}" for one, many, count in names if count]
    return ", ".join(parts) or "nessun tempo"


def _expression(text: str, parameters: Declared) -> str:
    if found := _AT_HOUR.fullmatch(text):
        inner = _expression(found["inner"].strip(), parameters)
        return inner and f"{inner}, alle {found['hour']}"
    if found := _WRAPPED.fullmatch(text):
        inner = _expression(found["inner"].strip(), parameters)
        if found["what"] == "fine giornata":
            return inner and f"{inner}, a fine giornata"
        return inner and f"{inner}; se non è lavorativo, il primo giorno lavorativo dopo"
    if found := _WORKING.fullmatch(text):
        days = _number(found["days"], found["name"], parameters)
        return f"{days} {'giorno lavorativo' if days == '1' else 'giorni lavorativi'} {_after(found['base'])}"
    if found := _PLUS.fullmatch(text):
        if found["days"] and not found["name"]:
            return f"{_counted(found['days'], found['unit'])} {_after(found['base'])}"
        if found["name"] and not found["days"]:
            count = _number(None, found["name"], parameters)
            return f"{_counted(count, found['after'])} {_after(found['base'])}"
    return _plain(text, parameters)


def _plain(text: str, parameters: Declared) -> str:
    if found := _CYCLE.fullmatch(text):
        return f"ogni {_counted(_number(None, found['name'], parameters), found['after'])}"
    if found := _CHOICE.fullmatch(text):
        then, other = (_branch(found[name].strip(), parameters) for name in ("then", "other"))
        return then and other and f"se «{found['condition'].strip()}»: {then}; altrimenti: {other}"
    if re.fullmatch(r"(oggi|today)\(\s*\)", text):
        return "il giorno in cui comincia l'attesa"
    if found := re.fullmatch(_PARAMETER, text):
        return _named(found["name"], parameters)
    if re.fullmatch(r"[a-z_]\w*", text) and text not in ("null", "true", "false"):
        return f"la data «{text.replace('_', ' ')}» della pratica"
    return ""


def _branch(text: str, parameters: Declared) -> str:
    return "nessuna scadenza" if text == "null" else _expression(text, parameters)


def _named(name: str, parameters: Declared) -> str:
    declared = parameters.get(name)
    if declared is None:
        return ""
    try:
        return _literal(parse_timer_text(str(declared.default)))
    except InvalidInput:
        return f"{declared.default} {declared.unit}".strip()


def _number(written: str | None, name: str | None, parameters: Declared) -> str:
    if written is not None:
        return written
    declared = parameters.get(name or "")
    return f"tanti («{name}»)" if declared is None else str(declared.default)


def _counted(count: str, unit: str) -> str:
    one, many = _ONE_MANY[unit]
    return f"{count} {one if count == '1' else many}"


def _after(base: str) -> str:
    if base.startswith(("oggi", "adesso", "now", "today")):
        return "dopo l'inizio dell'attesa"
    return f"dopo la data «{base.replace('_', ' ')}»"
