"""What `verifica` and `attendi` compare: each check says what was expected and what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from engine.actors import SYSTEM
from engine.operations.budget import service as budget
from engine.operations.documents import service as documents
from engine.simulation.world import World

Check = Callable[[World, str, Any], str]
"""World, case, expected → a sentence on what differs, empty when nothing does."""


def compare(expected: Any, found: Any, place: str = "") -> str:
    """A sentence on the first difference; contexts are compared only for the entries that are expected."""
    if isinstance(expected, Mapping):
        if not isinstance(found, Mapping):
            return f"{place}: atteso un contesto, c'è {shown(found)}"
        for key, value in expected.items():
            where = f"{place}.{key}" if place else str(key)
            if key not in found and value is not None:
                return f"{where}: atteso {shown(value)}, non c'è"
            if difference := compare(value, found.get(key), where):
                return difference
        return ""
    if isinstance(expected, list):
        if not isinstance(found, list | tuple) or len(found) != len(expected):
            size = len(found) if isinstance(found, list | tuple) else shown(found)
            return f"{place}: attesi {len(expected)} elementi, ci sono {size}"
        for number, (one, other) in enumerate(zip(expected, found, strict=True)):
            if difference := compare(one, other, f"{place}[{number}]"):
                return difference
        return ""
    return "" if _same(expected, found) else f"{place}: atteso {shown(expected)}, c'è {shown(found)}"


def _same(expected: Any, found: Any) -> bool:
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, int | Decimal) and isinstance(found, int | Decimal):
        return Decimal(expected) == Decimal(found)
    if isinstance(expected, datetime) and isinstance(found, datetime):
        return _utc(expected) == _utc(found)
    if isinstance(expected, str) and isinstance(found, date):
        return expected == found.isoformat()
    return bool(expected == found)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def shown(value: Any) -> str:
    """A value as the reader of a failure knows it."""
    if isinstance(value, str):
        return f"«{value}»"
    if isinstance(value, date):
        return value.isoformat()
    return "niente" if value is None else str(value)


def _many(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def phase(world: World, case: str, expected: Any) -> str:
    """`stato`: the state of the case in the domain's words."""
    found = world.case(case).phase
    return "" if found == str(expected) else f"stato atteso «{expected}», c'è «{found}»"


def open_tasks(world: World, case: str, expected: Any) -> str:
    """`compiti`: exactly these tasks are open; a repeated one may be named as often as it is open."""
    found = sorted(task.row.name for task in world.tasks(case))
    wanted = sorted(str(name) for name in _many(expected or []))
    return "" if found == wanted else f"compiti attesi {_list(wanted)}, aperti {_list(found)}"


def _list(names: Sequence[str]) -> str:
    return ", ".join(f"«{name}»" for name in names) or "nessuno"


def variables(world: World, case: str, expected: Any) -> str:
    """`variabili`: these variables have these values."""
    return compare(expected, world.variables(case), "")


def mails(world: World, case: str, expected: Any) -> str:
    """`posta`: an e-mail of this event has gone to this user or address; `quante` counts them, 0 forbids them."""
    for one in _many(expected):
        event, to, count = str(one.get("evento", "")), str(one.get("a", "")), one.get("quante")
        found = world.mailbox.find(event=event, to=to, instance_id=case)
        sent = ", ".join(f"{mail.event} → {mail.to}" for mail in world.mailbox.find(instance_id=case)[-12:])
        if count is not None and len(found) != count:
            return f"posta «{event}» a «{to}»: attese {count}, partite {len(found)} (ultime: {sent or 'nessuna'})"
        if count is None and not found:
            return f"posta «{event}» a «{to}» non è partita (ultime: {sent or 'nessuna'})"
    return ""


def balance(world: World, case: str, expected: Any) -> str:
    """`bilancio`: previsto, impegnato, liquidato, residuo, tetto, restituito, stato of the account."""
    with world.engine.database.read() as connection:
        found = budget.statement(connection, case)
    if found is None or expected is None:
        return (
            ""
            if found is expected
            else "bilancio: la pratica non ha un conto"
            if found is None
            else "bilancio: c'è un conto"
        )
    seen = {name: getattr(found, name) for name in
            ("tetto", "previsto", "impegnato", "liquidato", "residuo", "restituito")}  # fmt: skip
    return compare(expected, {**seen, "stato": found.stato.value}, "bilancio").replace(
        "bilancio.", "bilancio, "
    )


def issued(world: World, case: str, expected: Any) -> str:
    """`documenti`: these documents are there, as ``contratto v1``."""
    with world.engine.database.read() as connection:
        found = [f"{one.kind.value} v{one.version}" for one in documents.of_instance(connection, case)]
    missing = [str(name) for name in _many(expected or []) if str(name) not in found]
    if expected == [] and found:
        return f"documenti: atteso nessuno, ci sono {_list(sorted(found))}"
    return f"documenti: manca «{missing[0]}», ci sono {_list(sorted(found))}" if missing else ""


def timers(world: World, case: str, expected: Any) -> str:
    """`timer`: a timer of this name (or element) waits; `scade` is its moment, `fermo: true` says it is suspended."""
    waiting = [one for one in world.engine.timers.of_instance(case, SYSTEM) if one.kind == "event"]
    listed = "; ".join(f"«{one.name}» {one.due_at.isoformat() if one.due_at else 'fermo'}" for one in waiting)
    for wanted in _many(expected):
        name = str(wanted.get("nome", ""))
        same = [one for one in waiting if name in (one.name, one.element_id)]
        if wanted.get("assente"):
            if same:
                return f"timer «{name}»: non doveva esserci; attendono {listed}"
            continue
        if not same:
            return f"timer «{name}» non attende; attendono {listed or 'nessuno'}"
        due = wanted.get("scade")
        if due is not None and not any(one.due_at is not None and one.due_at == _utc(due) for one in same):
            return f"timer «{name}»: atteso {_utc(due).isoformat()}, attendono {listed}"
        if wanted.get("fermo") and all(one.due_at is not None for one in same):
            return f"timer «{name}»: doveva essere fermo; attendono {listed}"
    return ""


def ended(world: World, case: str, expected: Any) -> str:
    """`concluso`: whether the process has ended by itself."""
    state = world.case(case).state
    return (
        ""
        if (state == "completed") is bool(expected)
        else f"concluso: atteso {expected}, la pratica è {state}"
    )


def suspended(world: World, case: str, expected: Any) -> str:
    """`sospesa`: whether the engine holds the case still."""
    state = world.case(case).state
    return (
        ""
        if (state == "suspended") is bool(expected)
        else f"sospesa: atteso {expected}, la pratica è {state}"
    )


def cancelled(world: World, case: str, expected: Any) -> str:
    """`annullata`: whether the case was ended by hand."""
    state = world.case(case).state
    return (
        ""
        if (state == "cancelled") is bool(expected)
        else f"annullata: atteso {expected}, la pratica è {state}"
    )


def parts(world: World, case: str, expected: Any) -> str:
    """`partecipanti`: role → user who holds it now in this case."""
    now = [one for one in world.engine.history.participants(case, SYSTEM) if one["until"] is None]
    for role, users in expected.items():
        found = sorted(one["actor_id"] for one in now if one["role"] == role)
        if found != sorted(str(user) for user in _many(users or [])):
            return f"partecipanti, {role}: atteso {users}, ci sono {_list(found)}"
    return ""


def why(world: World, case: str, expected: Any) -> str:
    """`perche`: one of the sentences on why it waits holds these words."""
    found = world.engine.history.why_waiting(case, SYSTEM)
    missing = [str(text) for text in _many(expected) if not any(str(text) in one for one in found)]
    return f"perché è fermo: nessuna frase dice «{missing[0]}»: {' '.join(found)}" if missing else ""


def incidents(world: World, case: str, expected: Any) -> str:
    """`incidenti`: how many are open."""
    found = world.engine.incidents.list(SYSTEM, instance_id=case)
    if len(found) == int(expected):
        return ""
    return f"incidenti attesi {expected}, aperti {len(found)}: " + "; ".join(one.sentence for one in found)


def events(world: World, case: str, expected: Any) -> str:
    """`eventi`: kinds of lines in the log that must be there."""
    found = {one.kind for one in world.engine.history.timeline(case, SYSTEM)}
    missing = [str(kind) for kind in _many(expected) if str(kind) not in found]
    return f"eventi: manca «{missing[0]}», ci sono {_list(sorted(found))}" if missing else ""


def title(world: World, case: str, expected: Any) -> str:
    """`titolo`: how people call the case."""
    found = world.case(case).title
    return "" if found == str(expected) else f"titolo atteso «{expected}», c'è «{found}»"


CHECKS: Mapping[str, Check] = {
    "stato": phase,
    "compiti": open_tasks,
    "variabili": variables,
    "posta": mails,
    "bilancio": balance,
    "documenti": issued,
    "timer": timers,
    "concluso": ended,
    "sospesa": suspended,
    "annullata": cancelled,
    "partecipanti": parts,
    "perche": why,
    "incidenti": incidents,
    "eventi": events,
    "titolo": title,
}
