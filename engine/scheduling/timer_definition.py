"""From what a timer or a due date says to the moment it means.

A *fixed* moment stays where it is over a suspension; a span does not: its clock stops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine.errors import ExecutionFailed, InvalidInput
from engine.languages.bpmn.model import Timer
from engine.languages.feel import YearsMonths
from engine.scheduling.overrides import Every, term_of, values_of
from engine.scheduling.overrides.calculation import nominal_day
from engine.temporal import (
    Duration,
    Moment,
    Repetition,
    add_duration,
    day_in_rome,
    end_of_day,
    in_rome,
    parse_timer_text,
    start_of_day,
)

Evaluate = Callable[[str], Any]


@dataclass(frozen=True)
class Due:
    """When something is due (UTC), whether that is a date rather than a span, and how it repeats."""

    at: datetime
    fixed: bool
    repetition: Mapping[str, Any] | None = None


def is_literal(text: str) -> bool:
    """Whether a timer's text is an ISO 8601 literal rather than an expression."""
    try:
        parse_timer_text(text)
    except InvalidInput:
        return False
    return True


def timer_due(timer: Timer, now: datetime, evaluate: Evaluate, armed: Mapping[str, Any] | None = None) -> Due:
    """When a timer that begins to wait at `now` is due; `armed` is the state of a repetition already begun.

    Raises ExecutionFailed when the text does not give a moment, a span or a repetition.
    """
    if armed is not None:
        return occurrence_of(armed)
    meaning = _meaning(timer.text, evaluate)
    if isinstance(meaning, Repetition):
        return occurrence_of(
            {"text": _repetition_text(timer.text, evaluate), "created": now.isoformat(), "n": 1}
        )
    if isinstance(meaning, Moment):
        return Due(meaning.at, True)
    return Due(add_duration(now, meaning), timer.kind == "date")


def rearmed(term: Every, begun: datetime, drawn: Mapping[str, Any] | None) -> dict[str, Any]:
    """The state of an administrator's repetition that counts from a nominal moment; `drawn` is the diagram's own."""
    return {"rule": values_of(term), "created": begun.isoformat(), "n": 1, "default": drawn}


def next_repetition(armed: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The state of a repetition after one more firing; None when that was the last."""
    following = {**armed, "n": int(armed["n"]) + 1}
    created = datetime.fromisoformat(armed["created"])
    if "rule" in armed:
        term = term_of(armed["rule"])
        assert isinstance(term, Every)
        if armed["default"] is not None:
            following["default"] = next_repetition(armed["default"])
        over = term.until is not None and nominal_day(term, day_in_rome(created), following["n"]) > term.until
        return None if over else following
    repetition = parse_timer_text(armed["text"])
    assert isinstance(repetition, Repetition)
    return None if repetition.occurrence(following["n"], created) is None else following


def latest_nominal(armed: Mapping[str, Any]) -> datetime:
    """From when the present occurrence of a repetition counts: where the one before it should have been, UTC."""
    created, n = datetime.fromisoformat(armed["created"]), int(armed["n"])
    if n == 1:
        return created.astimezone(UTC)
    if "rule" in armed:
        term = term_of(armed["rule"])
        assert isinstance(term, Every)
        return start_of_day(nominal_day(term, day_in_rome(created), n - 1)).astimezone(UTC)
    repetition = parse_timer_text(armed["text"])
    assert isinstance(repetition, Repetition)
    moment = repetition.occurrence(n - 1, created)
    assert moment is not None
    return moment


def later_repetition(armed: Mapping[str, Any], now: datetime) -> Mapping[str, Any] | None:
    """The state of a repetition at its first firing after `now`; None when there is none."""
    repetition = parse_timer_text(armed["text"])
    assert isinstance(repetition, Repetition)
    created = datetime.fromisoformat(armed["created"])

    def over(n: int) -> bool:
        """Whether the n-th firing is to come, or will never be."""
        try:
            moment = repetition.occurrence(n, created)
        except (InvalidInput, OverflowError):
            return True
        return moment is None or moment > now

    low = high = int(armed["n"])
    while not over(high):
        low, high = high, high * 2
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if over(middle) else (middle + 1, high)
    try:
        found = repetition.occurrence(high, created)
    except (InvalidInput, OverflowError):
        return None
    return None if found is None else {**armed, "n": high}


def postponed(armed: Mapping[str, Any], by: timedelta) -> Mapping[str, Any]:
    """The state of a repetition whose clock stood still for a while: all that is left of it comes later by as much."""
    created = datetime.fromisoformat(armed["created"]) + by
    if armed.get("default") is not None:
        return {**armed, "created": created.isoformat(), "default": postponed(armed["default"], by)}
    return {**armed, "created": created.isoformat()}


def due_date(text: str, now: datetime, evaluate: Evaluate) -> Due | None:
    """The due (or follow-up) date of a task created at `now`; None for an empty text or a null value.

    A day means its end, 23:59:59 Europe/Rome.
    """
    if not text.strip():
        return None
    value = evaluate(text.strip()[1:]) if text.strip().startswith("=") else text.strip()
    if value is None:
        return None
    meaning = _of_value(value, text)
    if isinstance(meaning, Repetition):
        raise ExecutionFailed(f"«{text}» è una ripetizione: una scadenza è una data o una durata")
    if isinstance(meaning, Moment):
        return Due(end_of_day(meaning.day).astimezone(UTC) if meaning.day else meaning.at, True)
    return Due(add_duration(now, meaning), False)


def _meaning(text: str, evaluate: Evaluate) -> Moment | Duration | Repetition:
    if not text.startswith("=") and is_literal(text):
        return parse_timer_text(text)
    return _of_value(evaluate(text.removeprefix("=")), text)


def _repetition_text(text: str, evaluate: Evaluate) -> str:
    return text if not text.startswith("=") and is_literal(text) else str(evaluate(text.removeprefix("=")))


def _of_value(value: Any, text: str) -> Moment | Duration | Repetition:
    if isinstance(value, datetime):
        return Moment(in_rome(value).astimezone(UTC))
    if isinstance(value, date):
        return Moment(start_of_day(value).astimezone(UTC), value)
    if isinstance(value, timedelta):
        return Duration.of(value)
    if isinstance(value, YearsMonths):
        return Duration(months=value.months)
    if isinstance(value, str):
        try:
            return parse_timer_text(value)
        except InvalidInput as problem:
            raise ExecutionFailed(f"«{text}»: {problem.message}") from problem
    raise ExecutionFailed(f"«{text}» vale {value!r:.80}: serve una data, una data con ora o una durata")


def occurrence_of(armed: Mapping[str, Any]) -> Due:
    """When a repetition is due next. Raises ExecutionFailed when it is over."""
    repetition = parse_timer_text(armed["text"])
    assert isinstance(repetition, Repetition)
    moment = repetition.occurrence(int(armed["n"]), datetime.fromisoformat(armed["created"]))
    if moment is None:
        raise ExecutionFailed(f"La ripetizione «{armed['text']}» non ha più scadenze")
    return Due(moment, repetition.start is not None, dict(armed))
