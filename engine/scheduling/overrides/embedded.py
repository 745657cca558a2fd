"""A shared deadline inside a bigger expression: what `scadenza("x")` is worth there when an administrator moves it.

It keeps the type that the parameter has in the file, so that the expression around it still makes sense.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine.errors import InvalidInput
from engine.languages.feel import YearsMonths
from engine.scheduling.overrides.calculation import Calendar, due_of
from engine.scheduling.overrides.deadline_keys import shared_key
from engine.scheduling.overrides.model import WAIT, After, At, Term
from engine.temporal import day_in_rome, in_rome

_MENTION = re.compile(r'\bscadenza\(\s*"([^"]+)"\s*\)')
_EXACT = {"ore": timedelta(hours=1), "giorni": timedelta(days=1), "settimane": timedelta(weeks=1)}


def mentioned(text: str) -> frozenset[str]:
    """The names of the shared deadlines inside a text that says more than one of them."""
    return frozenset() if shared_key(text) else frozenset(_MENTION.findall(text))


def worth(term: Term, default: Any, begun: datetime, calendar: Calendar) -> Any:
    """The value of a term in the place of a parameter's `default`, for a wait begun at a moment (aware).

    InvalidInput when a value of that type cannot say it.
    """
    if isinstance(default, int | Decimal) and not isinstance(default, bool):
        if isinstance(term, After) and term.anchor == WAIT and term.count >= 0:
            return Decimal(term.count)
        raise _unfit("un numero", "un termine dall'inizio dell'attesa")
    if isinstance(default, timedelta | YearsMonths):
        if isinstance(term, After) and term.anchor == WAIT and term.unit != "lavorativi" and not term.clock:
            return YearsMonths(term.count) if term.unit == "mesi" else term.count * _EXACT[term.unit]
        raise _unfit(
            "una durata", "un termine in ore, giorni, settimane o mesi dall'inizio dell'attesa, senza ora"
        )
    if isinstance(default, date):
        if isinstance(term, At) or (isinstance(term, After) and term.anchor == WAIT):
            moment = due_of(term, begun, calendar)
            if isinstance(default, datetime):
                return in_rome(moment)
            if isinstance(term, At) and in_rome(moment).time().replace(microsecond=0) != time(23, 59, 59):
                raise _unfit("un giorno", "una data senza ora")
            return day_in_rome(moment)
        raise _unfit("una data", "una data, oppure un termine dall'inizio dell'attesa")
    raise _unfit("un valore che non è un tempo", "un parametro di tipo data, durata o intero")


def _unfit(what: str, wanted: str) -> InvalidInput:
    told = f"Questa scadenza sta dentro un'espressione, dove vale {what}: serve {wanted}"
    return InvalidInput(told, fields={"genere": told})
