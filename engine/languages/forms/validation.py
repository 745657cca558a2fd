"""Validates single values: required, lengths, bounds, patterns, order of dates, options."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import re2
from codicefiscale import codicefiscale

from engine.languages.forms.feel import FormExpression, Scope, display, evaluate_flag, number_text
from engine.languages.forms.model import (
    CHOICE_KINDS,
    MULTIPLE_CHOICE_KINDS,
    DateTimeSubtype,
    Field,
    Format,
    Kind,
)
from engine.languages.forms.options import options_of
from engine.languages.forms.paths import get_path, split_key
from engine.localization import message

EMAIL = re2.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){1,8}")
PHONE = re2.compile(r"(\+|00)?[0-9][0-9 ./-]{4,20}")
ATTACHMENT = re2.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class ValidationContext:
    """What the rules refer to: the date in Europe/Rome and the ids of existing attachments (None: not checked)."""

    today: date
    attachments: Collection[str] | None = None


def is_empty(value: Any) -> bool:
    """Whether a value counts as not answered."""
    return value is None or value == "" or value == []


def check_value(field: Field, value: Any, scope: Scope, context: ValidationContext) -> str | None:
    """What is wrong with the value, or None. The form's own message (`errore`) replaces all but "required"."""
    if is_empty(value) or (field.kind is Kind.CHECKBOX and value is False):
        return _missing(field) if evaluate_flag(field.rules.required, scope) else None
    problem = _check_kind(field, value, scope, context)
    return with_custom_message(field, problem) if problem else None


def with_custom_message(field: Field, problem: str) -> str:
    """The message that the form defines for this field (`errore`), else `problem`."""
    return field.rules.message or problem


def _missing(field: Field) -> str:
    if field.kind is Kind.CHECKBOX:
        return message("FIELD_REQUIRED_CHECKBOX")
    if field.kind in MULTIPLE_CHOICE_KINDS:
        return message("FIELD_REQUIRED_CHOICES")
    if field.kind in CHOICE_KINDS:
        return message("FIELD_REQUIRED_CHOICE")
    if field.kind is Kind.FILEPICKER:
        return message("FIELD_REQUIRED_DOCUMENT")
    if field.kind is Kind.DATETIME and field.subtype is DateTimeSubtype.TIME:
        return message("FIELD_REQUIRED_TIME")
    if field.kind is Kind.DATETIME:
        return message("FIELD_REQUIRED_DATE")
    return message("FIELD_REQUIRED")


def _check_kind(field: Field, value: Any, scope: Scope, context: ValidationContext) -> str | None:
    if field.kind in CHOICE_KINDS:
        return _choice(field, value, scope)
    if field.kind is Kind.NUMBER and isinstance(value, Decimal):
        return _number(field, value, scope)
    if field.kind is Kind.DATETIME:
        return _moment(field, value, scope, context)
    if field.kind is Kind.FILEPICKER:
        return _attachments(value, context)
    if isinstance(value, str):
        return _text(field, value, scope)
    return None


def _choice(field: Field, value: Any, scope: Scope) -> str | None:
    allowed = {option.value for option in options_of(field, scope)}
    for chosen in value if isinstance(value, list) else [value]:
        if chosen not in allowed:
            return message("FIELD_NOT_AN_OPTION", chosen=chosen[:60])
    return None


def _attachments(value: list[str], context: ValidationContext) -> str | None:
    for one in value:
        if not ATTACHMENT.fullmatch(one) or (
            context.attachments is not None and one not in context.attachments
        ):
            return message("FIELD_DOCUMENT_GONE")
    return None


def _whole(bound: int | FormExpression | None, scope: Scope) -> int | None:
    value = bound.value(scope) if isinstance(bound, FormExpression) else bound
    return int(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _text(field: Field, value: str, scope: Scope) -> str | None:
    shortest, longest = _whole(field.rules.min_length, scope), _whole(field.rules.max_length, scope)
    if field.format is Format.CODICE_FISCALE and not codicefiscale.is_valid(value):
        return message("FIELD_NOT_A_FISCAL_CODE")
    if shortest is not None and len(value) < shortest:
        return message("FIELD_TEXT_BELOW_MINIMUM_LENGTH", least=shortest, now=len(value))
    if longest is not None and len(value) > longest:
        return message("FIELD_TEXT_ABOVE_MAXIMUM_LENGTH", most=longest, now=len(value))
    if field.rules.validation_type == "email" and not EMAIL.fullmatch(value):
        return message("FIELD_NOT_AN_EMAIL_ADDRESS")
    if field.rules.validation_type == "phone" and not PHONE.fullmatch(value):
        return message("FIELD_NOT_A_TELEPHONE_NUMBER")
    if field.rules.pattern and not re2.search(field.rules.pattern, value):
        return field.rules.pattern_message or message("FIELD_PATTERN_MISMATCH")
    return None


def _limit(bound: Decimal | FormExpression | None, scope: Scope) -> Decimal | None:
    value = bound.value(scope) if isinstance(bound, FormExpression) else bound
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _number(field: Field, value: Decimal, scope: Scope) -> str | None:
    least, most = _limit(field.rules.minimum, scope), _limit(field.rules.maximum, scope)
    shown = 2 if field.format is Format.EURO else None
    if least is None and field.format is Format.ORE:
        least = Decimal(0)
    if field.digits is not None and value != round(value, field.digits):
        if field.digits == 0:
            return message("FIELD_HAS_DECIMALS")
        return message("FIELD_TOO_MANY_DECIMALS", digits=field.digits)
    if least is not None and value < least:
        return message("FIELD_BELOW_MINIMUM", least=number_text(least, shown))
    if most is not None and value > most:
        return message("FIELD_ABOVE_MAXIMUM", most=number_text(most, shown))
    if field.increment is not None and value % field.increment:
        below = value - value % field.increment
        return message(
            "FIELD_NOT_A_MULTIPLE_OF_STEP",
            step=number_text(field.increment),
            below=number_text(below),
            above=number_text(below + field.increment),
        )
    return None


def _moment(field: Field, value: Any, scope: Scope, context: ValidationContext) -> str | None:
    day = value.date() if isinstance(value, datetime) else value
    if (
        field.time_interval
        and isinstance(value, datetime | time)
        and (value.hour * 60 + value.minute) % field.time_interval
    ):
        return message("FIELD_TIME_NOT_ON_INTERVAL", minutes=field.time_interval)
    if isinstance(day, date) and field.rules.not_future and day > context.today:
        return message("FIELD_DATE_IN_FUTURE", today=display(context.today))
    if isinstance(day, date) and field.rules.not_past and day < context.today:
        return message("FIELD_DATE_IN_PAST", today=display(context.today))
    earlier = get_path(scope.variables, split_key(field.rules.after)) if field.rules.after else None
    if earlier is not None and type(earlier) is type(value) and not value > earlier:
        return message("FIELD_DATE_NOT_AFTER", earlier=display(earlier))
    return None
