"""Overrides of a shared deadline that is embedded in a larger expression: the value of `scadenza("x")` there.

The value has the type that the parameter has in its file, so that the expression around it can be evaluated.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.errors import InvalidInput
from engine.languages.feel import YearsMonths
from engine.localization import message
from engine.scheduling.overrides.calculation import Calendar, due_moment
from engine.scheduling.overrides.deadline_keys import shared_key
from engine.scheduling.overrides.model import WAIT, After, At, Override
from engine.temporal import day_in_rome, in_rome

_REFERENCE = re.compile(r'\bscadenza\(\s*"([^"]+)"\s*\)')
_EXACT = {"ore": timedelta(hours=1), "giorni": timedelta(days=1), "settimane": timedelta(weeks=1)}
_KIND = "genere"


def embedded_deadlines(text: str) -> frozenset[str]:
    """The names of the shared deadlines that a larger expression contains; none when the text is only a reference."""
    return frozenset() if shared_key(text) else frozenset(_REFERENCE.findall(text))


def override_value(override: Override, default: Any, begun: datetime, calendar: Calendar) -> Any:
    """The value of an override for a wait begun at `begun` (aware), of the type of the parameter's `default`.

    Raises InvalidInput when a value of that type cannot express the override.
    """
    offset = override if isinstance(override, After) and override.anchor == WAIT else None
    if isinstance(default, int | Decimal) and not isinstance(default, bool):
        if offset is None or offset.count < 0:
            raise InvalidInput.for_field(_KIND, message("EMBEDDED_OVERRIDE_NOT_A_NUMBER"))
        return Decimal(offset.count)
    if isinstance(default, timedelta | YearsMonths):
        if offset is None or offset.unit == "lavorativi" or offset.time_of_day:
            raise InvalidInput.for_field(_KIND, message("EMBEDDED_OVERRIDE_NOT_A_DURATION"))
        return YearsMonths(offset.count) if offset.unit == "mesi" else offset.count * _EXACT[offset.unit]
    if isinstance(default, date):
        counted = override if isinstance(override, At) else offset
        if counted is None:
            raise InvalidInput.for_field(_KIND, message("EMBEDDED_OVERRIDE_NOT_A_DATE"))
        moment = in_rome(due_moment(counted, begun, calendar))
        if isinstance(default, datetime):
            return moment
        if isinstance(override, At) and moment.time().replace(microsecond=0) != time(23, 59, 59):
            raise InvalidInput.for_field(_KIND, message("EMBEDDED_OVERRIDE_NOT_A_DAY"))
        return day_in_rome(moment)
    raise InvalidInput.for_field(_KIND, message("EMBEDDED_DEADLINE_NOT_TEMPORAL"))
