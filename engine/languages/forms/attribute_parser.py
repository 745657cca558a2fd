"""The attributes of a field: label, rules, options, number and date details."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import re2

from engine.languages.forms.attribute_types import AttributeReader
from engine.languages.forms.feel import Feel, Template
from engine.languages.forms.model import CHOICES, Choices, Field, Format, Kind, Moment, Option, Rules
from engine.languages.forms.schema import VALIDATE


class FieldReader(AttributeReader):
    """The part of the reader that knows input fields."""

    def field(self, raw: dict[str, Any], common: dict[str, Any], element: str, kind: Kind, key: str) -> Field:
        """The input field described by `raw`."""
        properties = common["properties"]
        appearance = raw.get("appearance") if isinstance(raw.get("appearance"), dict) else {}
        moment = self.choice(raw.get("subtype", "date"), Moment, element, "subtype", Moment.DATE)
        form = self.choice(properties.get("formato"), Format, element, "formato", None)
        digits = raw.get("decimalDigits", 2 if form is Format.EURO else None)
        step = raw.get("increment", "0.25" if form is Format.ORE else None)
        if not raw.get("label") and kind not in (Kind.DATETIME, Kind.EXPRESSION):
            self.fault(
                "FORM_LABEL",
                "il campo non ha «label»: chi usa un lettore di schermo non saprebbe cosa chiede.",
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
            fresh=self.yes(properties.get("sempre_vuoto"), element, "sempre_vuoto"),
            choices=self._choices(raw, element) if kind in CHOICES else None,
            format=form,
            digits=None if digits is None else self.whole(digits, element, "decimalDigits", most=10),
            increment=self._step(step, element),
            moment=moment or Moment.DATE,
            date_label=str(raw.get("dateLabel") or ""),
            time_label=str(raw.get("timeLabel") or ""),
            minutes=self.whole(raw.get("timeInterval", 0), element, "timeInterval", most=60),
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

    def _computed(self, raw: dict[str, Any], element: str) -> Feel | None:
        if not raw.get("expression"):
            self.fault("FORM_FEEL", "manca «expression»: scrivi l'espressione da calcolare.", element)
            return None
        return self.feel(raw["expression"], element, "expression")

    def _default(self, raw: Any, element: str) -> Any:
        if isinstance(raw, str) and raw.lstrip().startswith("="):
            return self.feel(raw, element, "defaultValue")
        return None if raw in ("", []) else raw

    def _rules(self, raw: dict[str, Any], common: dict[str, Any], element: str, kind: Kind) -> Rules:
        given = raw.get("validate") or {}
        if not isinstance(given, dict):
            self.fault("FORM_VALIDATE", "«validate» deve essere un oggetto.", element)
            given = {}
        for name in sorted(set(given) - VALIDATE.get(kind, frozenset()) - {"required"}):
            self.fault("FORM_VALIDATE", f"«validate.{name}» non vale per il tipo «{kind}»: toglilo.", element)
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
            not_future=self.yes(properties.get("non_futuro"), element, "non_futuro"),
            not_past=raw.get("disallowPassedDates") is True,
            after=properties.get("dopo") or None,
            message=properties.get("errore") or None,
        )

    def _validation_type(self, raw: Any, element: str) -> str | None:
        if raw in (None, "", "custom", "email", "phone"):
            return raw if raw in ("email", "phone") else None
        self.fault(
            "FORM_VALIDATE",
            f"«validationType» {raw!r} non è conosciuto: usa email, phone o un pattern.",
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
            self.fault(
                "FORM_PATTERN",
                f"il pattern «{raw}» non si può usare: niente (?=…), (?!…) o \\1, e le parentesi vanno "
                "chiuse.",
                element,
            )
            return None
        return str(raw)

    def _length(self, raw: Any, element: str, attribute: str) -> int | Feel | None:
        if raw in (None, ""):
            return None
        if isinstance(raw, str) and raw.lstrip().startswith("="):
            return self.feel(raw, element, attribute)
        return self.whole(raw, element, attribute, most=1_000_000)

    def _bound(self, raw: Any, element: str, attribute: str) -> Decimal | Feel | None:
        if raw in (None, ""):
            return None
        if isinstance(raw, str) and raw.lstrip().startswith("="):
            return self.feel(raw, element, attribute)
        return self.decimal(raw, element, attribute)

    def _step(self, raw: Any, element: str) -> Decimal | None:
        step = None if raw in (None, "") else self.decimal(raw, element, "increment")
        if step is not None and step <= 0:
            self.fault("FORM_NUMBER", "«increment» deve essere maggiore di zero.", element)
            return None
        return step

    def _choices(self, raw: dict[str, Any], element: str) -> Choices:
        given = [name for name in ("values", "valuesKey", "valuesExpression") if raw.get(name)]
        if len(given) != 1:
            self.fault(
                "FORM_VALUES",
                "le opzioni vanno scritte in un modo solo: «values», «valuesKey» oppure «valuesExpression».",
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
                self.fault("FORM_VALUES", "ogni opzione vuole «value» e «label».", element)
            elif any(option.value == option_value(item["value"]) for option in options):
                self.fault(
                    "FORM_VALUES", f"l'opzione «{item['value']}» è scritta due volte: tienine una.", element
                )
            else:
                value = option_value(item["value"])
                options.append(Option(value, str(item.get("label") or value)))
        return Choices(fixed=tuple(options))


def option_value(raw: Any) -> str:
    """The text under which an option is stored."""
    return str(raw).lower() if isinstance(raw, bool) else str(raw)
