"""The evidence of a decision: the rules that matched or, when none did, the condition that failed in each.

The sentences are in Italian, as they are stored in the log of the instance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.languages.feel import format_value

MAX_VALUE_LENGTH = 60


@dataclass(frozen=True, slots=True)
class MatchedRule:
    """A rule that matched: its number in the table (from 1), its id, the annotation of the analyst, and a sentence."""

    rule: int
    rule_id: str
    annotation: str
    sentence: str
    decision: str = ""
    """The id of the decision that has the table: the evaluated one, or one that it requires."""


@dataclass(frozen=True, slots=True)
class UnmatchedRule:
    """A rule that did not match, in a table where no rule matched."""

    rule: int
    rule_id: str
    sentence: str
    decision: str = ""


def _shortened(value: Any) -> str:
    """A value as text, cut to a length that fits a sentence."""
    written = format_value(value)
    return written if len(written) <= MAX_VALUE_LENGTH else written[: MAX_VALUE_LENGTH - 1] + "…"


def describe_condition(
    label: str, value: Any, cell: str, passed: bool, *, allowed_values: bool = False
) -> str:
    """The value of an input and the test of a cell: `eta 40 non è in [18..39]`.

    allowed_values: the test is that of the column's allowed values.
    """
    note = " (valori ammessi)" if allowed_values else ""
    subject = f"{label} manca" if value is None else f"{label} {_shortened(value)}"
    relation, test = _relation_and_test(cell)
    if value is None and not passed:
        return f"{subject} (serve {test}){note}"
    return f"{subject} {'' if passed else 'non '}{relation} {test}{note}"


def _relation_and_test(cell: str) -> tuple[str, str]:
    """The Italian verb for the test of a cell, and the test on one line."""
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


def describe_rule(rule: int, conditions: list[str]) -> str:
    """A rule with its conditions: `regola 3: eta 25 è in [18..39], stato "disoccupato" è "disoccupato"`."""
    return f"regola {rule}: " + (", ".join(conditions) if conditions else "vale sempre")
