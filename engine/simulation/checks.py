"""The checks of `verifica` in scenarios: each compares an expected value with the state of an instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from engine.access import SYSTEM
from engine.errors import Misconfigured
from engine.simulation.world import World

Check = Callable[[World, str, Any], str]
"""World, instance id, expected value → a sentence on the difference, empty when there is none."""

CHECKS: dict[str, Check] = {}
"""The checks by their names in scenarios; `scenario_check` adds to them."""


def scenario_check(name: str) -> Callable[[Check], Check]:
    """Decorator: register a check under a name. Raises Misconfigured when the name is in use."""

    def register(check: Check) -> Check:
        if CHECKS.setdefault(name, check) is not check:
            raise Misconfigured("SCENARIO_CHECK_REGISTERED_TWICE", name=name)
        return check

    return register


def compare(expected: Any, found: Any, path: str = "") -> str:
    """A sentence on the first difference, empty when there is none; of contexts only the expected entries count."""
    if isinstance(expected, Mapping):
        if not isinstance(found, Mapping):
            return f"{path}: atteso un contesto, c'è {display(found)}"
        for key, value in expected.items():
            entry_path = f"{path}.{key}" if path else str(key)
            if key not in found and value is not None:
                return f"{entry_path}: atteso {display(value)}, non c'è"
            if difference := compare(value, found.get(key), entry_path):
                return difference
        return ""
    if isinstance(expected, list):
        if not isinstance(found, list | tuple) or len(found) != len(expected):
            size = len(found) if isinstance(found, list | tuple) else display(found)
            return f"{path}: attesi {len(expected)} elementi, ci sono {size}"
        for number, (one, other) in enumerate(zip(expected, found, strict=True)):
            if difference := compare(one, other, f"{path}[{number}]"):
                return difference
        return ""
    return "" if _same(expected, found) else f"{path}: atteso {display(expected)}, c'è {display(found)}"


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


def display(value: Any) -> str:
    """A value as text for the sentence of a difference."""
    if isinstance(value, str):
        return f"«{value}»"
    if isinstance(value, date):
        return value.isoformat()
    return "niente" if value is None else str(value)


def as_list(value: Any) -> list[Any]:
    """The expected values: a list as it is, a single value as a list of one."""
    return list(value) if isinstance(value, list | tuple) else [value]


@scenario_check("stato")
def phase(world: World, instance_id: str, expected: Any) -> str:
    """`stato`: the phase of the instance."""
    found = world.instance(instance_id).phase
    return "" if found == str(expected) else f"stato atteso «{expected}», c'è «{found}»"


@scenario_check("compiti")
def open_tasks(world: World, instance_id: str, expected: Any) -> str:
    """`compiti`: exactly these tasks are open; a repeated one may be named as often as it is open."""
    found = sorted(task.row.name for task in world.tasks(instance_id))
    wanted = sorted(str(name) for name in as_list(expected or []))
    return "" if found == wanted else f"compiti attesi {quoted_list(wanted)}, aperti {quoted_list(found)}"


def quoted_list(names: Sequence[str]) -> str:
    """Quoted names separated by commas, «nessuno» when there are none."""
    return ", ".join(f"«{name}»" for name in names) or "nessuno"


@scenario_check("variabili")
def variables(world: World, instance_id: str, expected: Any) -> str:
    """`variabili`: these variables have these values."""
    return compare(expected, world.variables(instance_id), "")


@scenario_check("posta")
def mails(world: World, instance_id: str, expected: Any) -> str:
    """`posta`: an e-mail of this event has gone to this user or address; `quante` counts them, 0 forbids them."""
    for one in as_list(expected):
        event, to, count = str(one.get("evento", "")), str(one.get("a", "")), one.get("quante")
        found = world.mailbox.find(event=event, to=to, instance_id=instance_id)
        sent = ", ".join(
            f"{mail.event} → {mail.to}" for mail in world.mailbox.find(instance_id=instance_id)[-12:]
        )
        if count is not None and len(found) != count:
            return f"posta «{event}» a «{to}»: attese {count}, partite {len(found)} (ultime: {sent or 'nessuna'})"
        if count is None and not found:
            return f"posta «{event}» a «{to}» non è partita (ultime: {sent or 'nessuna'})"
    return ""


@scenario_check("timer")
def timers(world: World, instance_id: str, expected: Any) -> str:
    """`timer`: a timer with this name or element waits; `scade` is its moment, `fermo: true` means suspended."""
    waiting = [one for one in world.engine.timers.of_instance(instance_id, SYSTEM) if one.kind == "event"]
    listed = "; ".join(f"«{one.name}» {one.due_at.isoformat() if one.due_at else 'fermo'}" for one in waiting)
    for wanted in as_list(expected):
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
def ended(world: World, instance_id: str, expected: Any) -> str:
    """`concluso`: whether the instance is completed."""
    state = world.instance(instance_id).state
    return (
        ""
        if (state == "completed") is bool(expected)
        else f"concluso: atteso {expected}, la pratica è {state}"
    )


@scenario_check("sospesa")
def suspended(world: World, instance_id: str, expected: Any) -> str:
    """`sospesa`: whether the instance is suspended."""
    state = world.instance(instance_id).state
    return (
        ""
        if (state == "suspended") is bool(expected)
        else f"sospesa: atteso {expected}, la pratica è {state}"
    )


@scenario_check("annullata")
def cancelled(world: World, instance_id: str, expected: Any) -> str:
    """`annullata`: whether the instance was cancelled."""
    state = world.instance(instance_id).state
    return (
        ""
        if (state == "cancelled") is bool(expected)
        else f"annullata: atteso {expected}, la pratica è {state}"
    )


@scenario_check("partecipanti")
def participants(world: World, instance_id: str, expected: Any) -> str:
    """`partecipanti`: role → users who have it now in the instance."""
    now = [one for one in world.engine.history.participants(instance_id, SYSTEM) if one["until"] is None]
    for role, users in expected.items():
        found = sorted(one["actor_id"] for one in now if one["role"] == role)
        if found != sorted(str(user) for user in as_list(users or [])):
            return f"partecipanti, {role}: atteso {users}, ci sono {quoted_list(found)}"
    return ""


@scenario_check("perche")
def waiting_reasons(world: World, instance_id: str, expected: Any) -> str:
    """`perche`: one of the reasons why the instance waits contains these words."""
    found = world.engine.history.waiting_reasons(instance_id, SYSTEM)
    missing = [str(text) for text in as_list(expected) if not any(str(text) in one for one in found)]
    return f"perché è fermo: nessuna frase dice «{missing[0]}»: {' '.join(found)}" if missing else ""


@scenario_check("incidenti")
def incidents(world: World, instance_id: str, expected: Any) -> str:
    """`incidenti`: the number of open incidents."""
    found = world.engine.incidents.list(SYSTEM, instance_id=instance_id)
    if len(found) == int(expected):
        return ""
    return f"incidenti attesi {expected}, aperti {len(found)}: " + "; ".join(one.sentence for one in found)


@scenario_check("eventi")
def events(world: World, instance_id: str, expected: Any) -> str:
    """`eventi`: kinds of events that the log must contain."""
    found = {one.kind for one in world.engine.history.timeline(instance_id, SYSTEM).items}
    missing = [str(kind) for kind in as_list(expected) if str(kind) not in found]
    return f"eventi: manca «{missing[0]}», ci sono {quoted_list(sorted(found))}" if missing else ""


@scenario_check("titolo")
def title(world: World, instance_id: str, expected: Any) -> str:
    """`titolo`: the title of the instance."""
    found = world.instance(instance_id).title
    return "" if found == str(expected) else f"titolo atteso «{expected}», c'è «{found}»"
