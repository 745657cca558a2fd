"""Whether a value holds: required, lengths, bounds, patterns, dates in order, choices among the options."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import re2
from codicefiscale import codicefiscale

from engine.languages.forms.feel import Feel, Scope, display, flag, number_text
from engine.languages.forms.messages import Sentence, sentence
from engine.languages.forms.model import CHOICES, MANY, Field, Format, Kind, Moment
from engine.languages.forms.options import options_of
from engine.languages.forms.paths import dig, keys

EMAIL = re2.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}")
PHONE = re2.compile(r"(\+|00)?[0-9][0-9 ./-]{4,20}")
ATTACHMENT = re2.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Bench:
    """What the rules are held against: the day in Europe/Rome and the attachments that exist (None: not checked)."""

    today: date
    attachments: Collection[str] | None = None


def is_empty(value: Any) -> bool:
    """Whether a field counts as left blank."""
    return value is None or value == "" or value == []


def check(field: Field, value: Any, scope: Scope, bench: Bench) -> Sentence | None:
    """What is wrong with the value, or None. An analyst's own sentence (`errore`) replaces all but "required"."""
    if is_empty(value) or (field.kind is Kind.CHECKBOX and value is False):
        return _missing(field) if flag(field.rules.required, scope) else None
    problem = _of_kind(field, value, scope, bench)
    return own_words(field, problem) if problem else None


def own_words(field: Field, problem: Sentence) -> Sentence:
    """The sentence the analyst wrote for this field, when there is one."""
    return Sentence(field.rules.message) if field.rules.message else problem


def _missing(field: Field) -> Sentence:
    if field.kind is Kind.CHECKBOX:
        return sentence("Spunta la casella per andare avanti")
    if field.kind in MANY:
        return sentence("Scegli almeno una voce")
    if field.kind in CHOICES:
        return sentence("Scegli una voce")
    if field.kind is Kind.FILEPICKER:
        return sentence("Allega un documento")
    if field.kind is Kind.DATETIME and field.moment is Moment.TIME:
        return sentence("Scrivi l'ora: è obbligatoria")
    if field.kind is Kind.DATETIME:
        return sentence("Scrivi la data: è obbligatoria")
    return sentence("Compila questo campo: è obbligatorio")


def _of_kind(field: Field, value: Any, scope: Scope, bench: Bench) -> Sentence | None:
    if field.kind in CHOICES:
        return _choice(field, value, scope)
    if field.kind is Kind.NUMBER and isinstance(value, Decimal):
        return _number(field, value, scope)
    if field.kind is Kind.DATETIME:
        return _moment(field, value, scope, bench)
    if field.kind is Kind.FILEPICKER:
        return _attachments(value, bench)
    if isinstance(value, str):
        return _text(field, value, scope)
    return None


def _choice(field: Field, value: Any, scope: Scope) -> Sentence | None:
    allowed = {option.value for option in options_of(field, scope)}
    for chosen in value if isinstance(value, list) else [value]:
        if chosen not in allowed:
            return sentence("«%(chosen)s» non è fra le scelte possibili: scegli di nuovo", chosen=chosen[:60])
    return None


def _attachments(value: list[str], bench: Bench) -> Sentence | None:
    for one in value:
        if not ATTACHMENT.fullmatch(one) or (bench.attachments is not None and one not in bench.attachments):
            return sentence("Il documento allegato non si trova più: allegalo di nuovo")
    return None


def _whole(bound: int | Feel | None, scope: Scope) -> int | None:
    value = bound.value(scope) if isinstance(bound, Feel) else bound
    return int(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _text(field: Field, value: str, scope: Scope) -> Sentence | None:
    shortest, longest = _whole(field.rules.min_length, scope), _whole(field.rules.max_length, scope)
    if field.format is Format.CODICE_FISCALE and not codicefiscale.is_valid(value):
        return sentence(
            "Il codice fiscale non è giusto: ha 16 caratteri e l'ultima lettera li controlla, rileggilo"
        )
    if shortest is not None and len(value) < shortest:
        return sentence("Scrivi almeno %(least)s caratteri: ora sono %(now)s", least=shortest, now=len(value))
    if longest is not None and len(value) > longest:
        return sentence(
            "Scrivi al massimo %(most)s caratteri: ora sono %(now)s", most=longest, now=len(value)
        )
    if field.rules.validation_type == "email" and not EMAIL.fullmatch(value):
        return sentence("Scrivi un indirizzo e-mail completo, per esempio nome@esempio.it")
    if field.rules.validation_type == "phone" and not PHONE.fullmatch(value):
        return sentence("Scrivi un numero di telefono, per esempio 0372 000000 oppure +39 0372 000000")
    if field.rules.pattern and not re2.search(field.rules.pattern, value):
        return Sentence(field.rules.pattern_message or "") or sentence(
            "Il testo non ha la forma richiesta: leggi l'aiuto del campo"
        )
    return None


def _limit(bound: Decimal | Feel | None, scope: Scope) -> Decimal | None:
    value = bound.value(scope) if isinstance(bound, Feel) else bound
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _number(field: Field, value: Decimal, scope: Scope) -> Sentence | None:
    least, most = _limit(field.rules.minimum, scope), _limit(field.rules.maximum, scope)
    shown = 2 if field.format is Format.EURO else None
    if least is None and field.format is Format.ORE:
        least = Decimal(0)
    if field.digits is not None and value != round(value, field.digits):
        if field.digits == 0:
            return sentence("Scrivi un numero intero, senza decimali")
        return sentence("Scrivi al massimo %(digits)s cifre dopo la virgola", digits=field.digits)
    if least is not None and value < least:
        return sentence("Il valore minimo è %(least)s", least=number_text(least, shown))
    if most is not None and value > most:
        return sentence("Il valore massimo è %(most)s", most=number_text(most, shown))
    if field.increment is not None and value % field.increment:
        below = value - value % field.increment
        return sentence(
            "Si va di %(step)s in %(step)s: scrivi %(below)s oppure %(above)s",
            step=number_text(field.increment),
            below=number_text(below),
            above=number_text(below + field.increment),
        )
    return None


def _moment(field: Field, value: Any, scope: Scope, bench: Bench) -> Sentence | None:
    day = value.date() if isinstance(value, datetime) else value
    if (
        field.minutes
        and isinstance(value, datetime | time)
        and (value.hour * 60 + value.minute) % field.minutes
    ):
        return sentence("Scegli un orario ogni %(minutes)s minuti", minutes=field.minutes)
    if isinstance(day, date) and field.rules.not_future and day > bench.today:
        return sentence("La data non può essere dopo oggi, %(today)s", today=display(bench.today))
    if isinstance(day, date) and field.rules.not_past and day < bench.today:
        return sentence("La data non può essere prima di oggi, %(today)s", today=display(bench.today))
    earlier = dig(scope.variables, keys(field.rules.after)) if field.rules.after else None
    if earlier is not None and type(earlier) is type(value) and not value > earlier:
        return sentence("La data deve venire dopo il %(earlier)s", earlier=display(earlier))
    return None
