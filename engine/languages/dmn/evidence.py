"""Why a table answered as it did: the rules that hit, or, when none did, the condition each one stumbled on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.languages.feel import show

MAX_SHOWN = 60


@dataclass(frozen=True, slots=True)
class RuleHit:
    """A rule that applied: its place in the table from 1, its id, the analyst's annotation, and a sentence."""

    rule: int
    rule_id: str
    annotation: str
    sentence: str
    decision: str = ""
    """Id of the decision whose table it is: the one asked, or one it requires."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A rule that did not apply, in a table where none did."""

    rule: int
    rule_id: str
    sentence: str
    decision: str = ""


def shown(value: Any) -> str:
    """A value in a sentence, short."""
    written = show(value)
    return written if len(written) <= MAX_SHOWN else written[: MAX_SHOWN - 1] + "…"


def condition(label: str, value: Any, cell: str, passed: bool) -> str:
    """`eta 40 non è in [18..39]`: what was found and what the cell asks."""
    subject = f"{label} manca" if value is None else f"{label} {shown(value)}"
    relation, wanted = _asked(cell)
    if value is None and not passed:
        return f"{subject} (serve {wanted})"
    return f"{subject} {'' if passed else 'non '}{relation} {wanted}"


def _asked(cell: str) -> tuple[str, str]:
    """The verb and the object for what a cell asks."""
    written = " ".join(cell.split())
    if "?" in written:
        return "soddisfa", written
    if written[:1] in "[](" and ".." in written:
        return "è in", written
    if written[:1] in "<>=!":
        return "è", written
    if written.startswith("not("):
        return "è", written
    return ("è fra" if "," in written else "è"), written


def sentence(rule: int, conditions: list[str]) -> str:
    """`regola 3: eta 25 è in [18..39], stato "disoccupato" è "disoccupato"`."""
    return f"regola {rule}: " + (", ".join(conditions) if conditions else "vale sempre")
