"""Parses the attributes of input fields: label, rules, options, number and date details."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import re2

from engine.languages.forms.attribute_types import AttributeParser
from engine.languages.forms.feel import FormExpression, Template
from engine.languages.forms.model import (
    CHOICE_KINDS,
    Choices,
    DateTimeSubtype,
    Field,
    Format,
    Kind,
    Option,
    Rules,
)
from engine.languages.forms.schema import VALIDATE
from engine.localization import message


class FieldParser(AttributeParser):
    """The part of the parser for input fields."""

    def field(self, raw: dict[str, Any], common: dict[str, Any], element: str, kind: Kind, key: str) -> Field:
        """The input field described by `raw`."""
        properties = common["properties"]
        appearance = raw.get("appearance") if isinstance(raw.get("appearance"), dict) else {}
        subtype = self.choice(
            raw.get("subtype", "date"), DateTimeSubtype, element, "subtype", DateTimeSubtype.DATE
        )
        form = self.choice(properties.get("formato"), Format, element, "formato", None)
        digits = raw.get("decimalDigits", 2 if form is Format.EURO else None)
        step = raw.get("increment", "0.25" if form is Format.ORE else None)
        if not raw.get("label") and kind not in (Kind.DATETIME, Kind.EXPRESSION):
            self.add_finding(
                "FORM_LABEL",
                message("FORM_FIELD_WITHOUT_LABEL"),
                element,
                key,
            )
        return Field(
            **common,
            key=key,
            label=self.template(raw.get("label", ""), element, "label"),
            description=self.template(raw.get("description", ""), element, "description"),
            rules=self._rules(raw, common, element, kind),
            readonly=self.flag(raw.get("readonly"), element, "readonly"),
            disabled=raw.get("disabled") is True,
            default=self._default(raw.get("defaultValue"), element),
            always_empty=self.yes_no(properties.get("sempre_vuoto"), element, "sempre_vuoto"),
            choices=self._choices(raw, element) if kind in CHOICE_KINDS else None,
            format=form,
            digits=None if digits is None else self.whole(digits, element, "decimalDigits", maximum=10),
            increment=self._step(step, element),
            subtype=subtype or DateTimeSubtype.DATE,
            date_label=str(raw.get("dateLabel") or ""),
            time_label=str(raw.get("timeLabel") or ""),
            time_interval=self.whole(raw.get("timeInterval", 0), element, "timeInterval", maximum=60),
            prefix=self.template((appearance or {}).get("prefixAdorner"), element, "prefixAdorner"),
            suffix=self._suffix(appearance or {}, form, element),
            multiple=raw.get("multiple") is True or str(raw.get("multiple", "")).strip("= ") == "true",
            accept=str(raw.get("accept") or "").strip(),
            autocomplete=properties.get("autocomplete", "off"),
            expression=self._computed(raw, element) if kind is Kind.EXPRESSION else None,
        )

    def _suffix(self, appearance: dict[str, Any], form: Format | None, element: str) -> Template:
        given = appearance.get("suffixAdorner")
        if not given and form is not None and not appearance.get("prefixAdorner"):
            given = {Format.EURO: "€", Format.ORE: "ore"}.get(form)
        return self.template(given, element, "suffixAdorner")

    def _computed(self, raw: dict[str, Any], element: str) -> FormExpression | None:
        if not raw.get("expression"):
            self.add_finding("FORM_FEEL", message("FORM_EXPRESSION_MISSING"), element)
            return None
        return self.feel(raw["expression"], element, "expression")

    def _default(self, raw: Any, element: str) -> Any:
        if isinstance(raw, str) and raw.lstrip().startswith("="):
            return self.feel(raw, element, "defaultValue")
        return None if raw in ("", []) else raw

    def _rules(self, raw: dict[str, Any], common: dict[str, Any], element: str, kind: Kind) -> Rules:
        given = raw.get("validate") or {}
        if not isinstance(given, dict):
            self.add_finding("FORM_VALIDATE", message("FORM_VALIDATE_NOT_AN_OBJECT"), element)
            given = {}
        for name in sorted(set(given) - VALIDATE.get(kind, frozenset()) - {"required"}):
            self.add_finding(
                "FORM_VALIDATE", message("FORM_RULE_OF_OTHER_TYPE", name=name, kind=kind), element
            )
        properties = common["properties"]
        return Rules(
            required=self.flag(given.get("required"), element, "validate.required"),
            min_length=self._length(given.get("minLength"), element, "validate.minLength"),
            max_length=self._length(given.get("maxLength"), element, "validate.maxLength"),
            minimum=self._bound(given.get("min"), element, "validate.min"),
            maximum=self._bound(given.get("max"), element, "validate.max"),
            pattern=self._pattern(given.get("pattern"), element),
            pattern_message=given.get("patternErrorMessage") or None,
            validation_type=self._validation_type(given.get("validationType"), element),
            not_future=self.yes_no(properties.get("non_futuro"), element, "non_futuro"),
            not_past=raw.get("disallowPassedDates") is True,
            after=properties.get("dopo") or None,
            message=properties.get("errore") or None,
        )

    def _validation_type(self, raw: Any, element: str) -> str | None:
        if raw in (None, "", "custom", "email", "phone"):
            return raw if raw in ("email", "phone") else None
        self.add_finding(
            "FORM_VALIDATE",
            message("FORM_VALIDATION_TYPE_UNKNOWN", value=repr(raw)),
            element,
        )
        return None

    def _pattern(self, raw: Any, element: str) -> str | None:
        if raw in (None, ""):
            return None
        options = re2.Options()
        options.log_errors = False
        try:
            re2.compile(str(raw), options)
        except re2.error:
            self.add_finding(
                "FORM_PATTERN",
                message("FORM_PATTERN_UNUSABLE", pattern=raw),
                element,
            )
            return None
        return str(raw)

    def _length(self, raw: Any, element: str, attribute: str) -> int | FormExpression | None:
        if raw in (None, ""):
            return None
        if isinstance(raw, str) and raw.lstrip().startswith("="):
            return self.feel(raw, element, attribute)
        return self.whole(raw, element, attribute, maximum=1_000_000)

    def _bound(self, raw: Any, element: str, attribute: str) -> Decimal | FormExpression | None:
        if raw in (None, ""):
            return None
        if isinstance(raw, str) and raw.lstrip().startswith("="):
            return self.feel(raw, element, attribute)
        return self.decimal(raw, element, attribute)

    def _step(self, raw: Any, element: str) -> Decimal | None:
        step = None if raw in (None, "") else self.decimal(raw, element, "increment")
        if step is not None and step <= 0:
            self.add_finding("FORM_NUMBER", message("FORM_INCREMENT_NOT_POSITIVE"), element)
            return None
        return step

    def _choices(self, raw: dict[str, Any], element: str) -> Choices:
        given = [name for name in ("values", "valuesKey", "valuesExpression") if raw.get(name)]
        if len(given) != 1:
            self.add_finding(
                "FORM_VALUES",
                message("FORM_OPTIONS_AMBIGUOUS"),
                element,
            )
            return Choices()
        if given[0] == "valuesKey":
            return Choices(variable=str(raw["valuesKey"]))
        if given[0] == "valuesExpression":
            return Choices(expression=self.feel(raw["valuesExpression"], element, "valuesExpression"))
        options: list[Option] = []
        for item in raw["values"] if isinstance(raw["values"], list) else [None]:
            if (
                not isinstance(item, dict)
                or item.get("value") in (None, "")
                or isinstance(item["value"], dict | list)
            ):
                self.add_finding("FORM_VALUES", message("FORM_OPTION_INCOMPLETE"), element)
            elif any(option.value == option_value(item["value"]) for option in options):
                self.add_finding("FORM_VALUES", message("FORM_OPTION_TWICE", value=item["value"]), element)
            else:
                value = option_value(item["value"])
                options.append(Option(value, str(item.get("label") or value)))
        return Choices(fixed=tuple(options))


def option_value(raw: Any) -> str:
    """The stored text of an option."""
    return str(raw).lower() if isinstance(raw, bool) else str(raw)
