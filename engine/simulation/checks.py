"""What `verifica` and `attendi` compare: each check says what was expected and what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from engine.access.actors import SYSTEM
from engine.errors import Misconfigured
from engine.simulation.world import World

Check = Callable[[World, str, Any], str]
"""World, instance id, expected value → a sentence on what differs, empty when nothing does."""

CHECKS: dict[str, Check] = {}
"""The checks by the word that a scenario uses; `scenario_check` adds to it."""


def scenario_check(name: str) -> Callable[[Check], Check]:
    """Decorator: let scenarios verify something under this word. Raises Misconfigured when the word is taken."""

    def register(check: Check) -> Check:
        if CHECKS.setdefault(name, check) is not check:
            raise Misconfigured(f"The scenario check «{name}» is registered twice")
        return check

    return register


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


def many(value: Any) -> list[Any]:
    """The expected values: a list stays as it is, one value becomes a list of one."""
    return list(value) if isinstance(value, list | tuple) else [value]


@scenario_check("stato")
def phase(world: World, case: str, expected: Any) -> str:
    """`stato`: the state of the case in the domain's words."""
    found = world.case(case).phase
    return "" if found == str(expected) else f"stato atteso «{expected}», c'è «{found}»"


@scenario_check("compiti")
def open_tasks(world: World, case: str, expected: Any) -> str:
    """`compiti`: exactly these tasks are open; a repeated one may be named as often as it is open."""
    found = sorted(task.row.name for task in world.tasks(case))
    wanted = sorted(str(name) for name in many(expected or []))
    return "" if found == wanted else f"compiti attesi {listed(wanted)}, aperti {listed(found)}"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence, «nessuno» when there are none."""
    return ", ".join(f"«{name}»" for name in names) or "nessuno"


@scenario_check("variabili")
def variables(world: World, case: str, expected: Any) -> str:
    """`variabili`: these variables have these values."""
    return compare(expected, world.variables(case), "")


@scenario_check("posta")
def mails(world: World, case: str, expected: Any) -> str:
    """`posta`: an e-mail of this event has gone to this user or address; `quante` counts them, 0 forbids them."""
    for one in many(expected):
        event, to, count = str(one.get("evento", "")), str(one.get("a", "")), one.get("quante")
        found = world.mailbox.find(event=event, to=to, instance_id=case)
        sent = ", ".join(f"{mail.event} → {mail.to}" for mail in world.mailbox.find(instance_id=case)[-12:])
        if count is not None and len(found) != count:
            return f"posta «{event}» a «{to}»: attese {count}, partite {len(found)} (ultime: {sent or 'nessuna'})"
        if count is None and not found:
            return f"posta «{event}» a «{to}» non è partita (ultime: {sent or 'nessuna'})"
    return ""


@scenario_check("timer")
def timers(world: World, case: str, expected: Any) -> str:
    """`timer`: a timer of this name (or element) waits; `scade` is its moment, `fermo: true` says it is suspended."""
    waiting = [one for one in world.engine.timers.of_instance(case, SYSTEM) if one.kind == "event"]
    listed = "; ".join(f"«{one.name}» {one.due_at.isoformat() if one.due_at else 'fermo'}" for one in waiting)
    for wanted in many(expected):
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


@scenario_check("concluso")
def ended(world: World, case: str, expected: Any) -> str:
    """`concluso`: whether the process has ended by itself."""
    state = world.case(case).state
    return (
        ""
        if (state == "completed") is bool(expected)
        else f"concluso: atteso {expected}, la pratica è {state}"
    )


@scenario_check("sospesa")
def suspended(world: World, case: str, expected: Any) -> str:
    """`sospesa`: whether the engine holds the case still."""
    state = world.case(case).state
    return (
        ""
        if (state == "suspended") is bool(expected)
        else f"sospesa: atteso {expected}, la pratica è {state}"
    )


@scenario_check("annullata")
def cancelled(world: World, case: str, expected: Any) -> str:
    """`annullata`: whether the case was ended by hand."""
    state = world.case(case).state
    return (
        ""
        if (state == "cancelled") is bool(expected)
        else f"annullata: atteso {expected}, la pratica è {state}"
    )


@scenario_check("partecipanti")
def parts(world: World, case: str, expected: Any) -> str:
    """`partecipanti`: role → user who holds it now in this case."""
    now = [one for one in world.engine.history.participants(case, SYSTEM) if one["until"] is None]
    for role, users in expected.items():
        found = sorted(one["actor_id"] for one in now if one["role"] == role)
        if found != sorted(str(user) for user in many(users or [])):
            return f"partecipanti, {role}: atteso {users}, ci sono {listed(found)}"
    return ""


@scenario_check("perche")
def why(world: World, case: str, expected: Any) -> str:
    """`perche`: one of the sentences on why it waits holds these words."""
    found = world.engine.history.why_waiting(case, SYSTEM)
    missing = [str(text) for text in many(expected) if not any(str(text) in one for one in found)]
    return f"perché è fermo: nessuna frase dice «{missing[0]}»: {' '.join(found)}" if missing else ""


@scenario_check("incidenti")
def incidents(world: World, case: str, expected: Any) -> str:
    """`incidenti`: how many are open."""
    found = world.engine.incidents.list(SYSTEM, instance_id=case)
    if len(found) == int(expected):
        return ""
    return f"incidenti attesi {expected}, aperti {len(found)}: " + "; ".join(one.sentence for one in found)


@scenario_check("eventi")
def events(world: World, case: str, expected: Any) -> str:
    """`eventi`: kinds of lines in the log that must be there."""
    found = {one.kind for one in world.engine.history.timeline(case, SYSTEM)}
    missing = [str(kind) for kind in many(expected) if str(kind) not in found]
    return f"eventi: manca «{missing[0]}», ci sono {listed(sorted(found))}" if missing else ""


@scenario_check("titolo")
def title(world: World, case: str, expected: Any) -> str:
    """`titolo`: how people call the case."""
    found = world.case(case).title
    return "" if found == str(expected) else f"titolo atteso «{expected}», c'è «{found}»"
