"""Timer definitions (BPMN timeDate, timeDuration, timeCycle) and due dates: from their text to the moment they mean.

A *fixed* moment is a date and does not change while an instance is suspended; a moment that comes from a duration is
postponed by the time of the suspension.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from engine.errors import ExecutionFailed, InvalidInput
from engine.languages.bpmn.model import Timer
from engine.languages.feel import YearsMonths
from engine.scheduling.overrides import Every, occurrence, override_from_json, override_to_json
from engine.scheduling.overrides.calculation import Calendar, nominal_day
from engine.temporal import (
    Duration,
    Moment,
    Repetition,
    WorkingCalendar,
    add_duration,
    day_in_rome,
    end_of_day,
    in_rome,
    parse_timer_text,
    start_of_day,
)

Evaluate = Callable[[str], Any]
"""Gives the value of a FEEL text."""


@dataclass(frozen=True)
class Due:
    """When something is due (UTC), whether that is a fixed moment, and the state of its repetition if it has one."""

    at: datetime
    fixed: bool
    recurrence: RecurrenceState | None = None

    @property
    def repetition(self) -> dict[str, Any] | None:
        """The state of the repetition as it is stored."""
        return None if self.recurrence is None else self.recurrence.to_json()


def _no_calendar() -> WorkingCalendar:
    raise TypeError("The repetition of a diagram needs no calendar")


@dataclass(frozen=True)
class RecurrenceState:
    """Where a repeating timer is: its `n`-th occurrence (from 1), counted from `created` (aware), comes next.

    It repeats as the ISO 8601 `text` of the diagram says or, with a `rule`, as an administrator has set; then `default`
    is the state of the diagram's own repetition, None when that is over.
    """

    created: datetime
    n: int
    text: str = ""
    rule: Every | None = None
    default: RecurrenceState | None = None

    @classmethod
    def of_rule(cls, rule: Every, begun: datetime, default: RecurrenceState | None = None) -> RecurrenceState:
        """The first occurrence of an administrator's repetition that counts from a moment (aware)."""
        return cls(begun, 1, rule=rule, default=default)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> RecurrenceState:
        """The inverse of `to_json`."""
        created, n = datetime.fromisoformat(stored["created"]), int(stored["n"])
        if "rule" not in stored:
            return cls(created, n, text=stored["text"])
        rule = override_from_json(stored["rule"])
        assert isinstance(rule, Every)
        return cls(created, n, rule=rule, default=recurrence_from_column(stored.get("default")))

    def to_json(self) -> dict[str, Any]:
        """The state as it is stored in a row and in the state of a run."""
        if self.rule is None:
            return {"text": self.text, "created": self.created.isoformat(), "n": self.n}
        return {
            "rule": override_to_json(self.rule),
            "created": self.created.isoformat(),
            "n": self.n,
            "default": None if self.default is None else self.default.to_json(),
        }

    @property
    def of_diagram(self) -> RecurrenceState | None:
        """The state of the diagram's own repetition; None when that is over."""
        return self if self.rule is None else self.default

    def due(self, calendar: Calendar = _no_calendar) -> Due:
        """When it is due next; only a rule needs the working days. Raises ExecutionFailed when it is over."""
        if self.rule is not None:
            moment = occurrence(self.rule, self.created, self.n, calendar)
            if moment is None:
                raise ExecutionFailed("OVERRIDE_REPETITION_OVER")
            return Due(moment, False, self)
        repetition = self._repetition()
        moment = repetition.occurrence(self.n, self.created)
        if moment is None:
            raise ExecutionFailed("REPETITION_OVER", text=self.text)
        return Due(moment, repetition.start is not None, self)

    def next(self) -> RecurrenceState | None:
        """The state after one more firing; None when that was the last."""
        following = replace(self, n=self.n + 1)
        if self.rule is None:
            return None if self._repetition().occurrence(following.n, self.created) is None else following
        until = self.rule.until
        if until is not None and nominal_day(self.rule, day_in_rome(self.created), following.n) > until:
            return None
        return replace(following, default=None if self.default is None else self.default.next())

    def previous_occurrence(self) -> datetime:
        """The nominal moment of the occurrence before, UTC; before the first one, the beginning."""
        if self.n == 1:
            return self.created.astimezone(UTC)
        if self.rule is not None:
            return start_of_day(nominal_day(self.rule, day_in_rome(self.created), self.n - 1)).astimezone(UTC)
        moment = self._repetition().occurrence(self.n - 1, self.created)
        assert moment is not None
        return moment

    def first_after(self, now: datetime, calendar: Calendar = _no_calendar) -> Due | None:
        """The first occurrence after a moment, from the present one on; None when there is none."""
        if self.rule is None:
            return self._first_of_diagram_after(now)
        n = self.n
        while nominal_day(self.rule, day_in_rome(self.created), n) < day_in_rome(now):
            n += 1
        moment = occurrence(self.rule, self.created, n, calendar)
        while moment is not None and moment <= now:
            n += 1
            moment = occurrence(self.rule, self.created, n, calendar)
        return None if moment is None else Due(moment, False, replace(self, n=n))

    def postponed(self, by: timedelta) -> RecurrenceState:
        """The state after a suspension: all that is left comes later by as much."""
        default = None if self.default is None else self.default.postponed(by)
        return replace(self, created=self.created + by, default=default)

    def _first_of_diagram_after(self, now: datetime) -> Due | None:
        repetition = self._repetition()

        def is_after(n: int) -> bool:
            """Whether the n-th occurrence is after `now` or does not exist."""
            try:
                moment = repetition.occurrence(n, self.created)
            except (InvalidInput, OverflowError):
                return True
            return moment is None or moment > now

        low = high = self.n
        while not is_after(high):
            low, high = high, high * 2
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if is_after(middle) else (middle + 1, high)
        try:
            moment = repetition.occurrence(high, self.created)
        except (InvalidInput, OverflowError):
            return None
        return None if moment is None else Due(moment, repetition.start is not None, replace(self, n=high))

    def _repetition(self) -> Repetition:
        repetition = parse_timer_text(self.text)
        assert isinstance(repetition, Repetition)
        return repetition


def recurrence_from_column(stored: Mapping[str, Any] | None) -> RecurrenceState | None:
    """The state of a repetition that a column holds; None when it holds none."""
    return None if stored is None else RecurrenceState.from_json(stored)


def is_literal(text: str) -> bool:
    """Whether a timer's text is an ISO 8601 literal rather than an expression."""
    try:
        parse_timer_text(text)
    except InvalidInput:
        return False
    return True


def timer_due(
    timer: Timer, now: datetime, evaluate: Evaluate, recurrence: RecurrenceState | None = None
) -> Due:
    """When a timer that begins to wait at `now` is due; `recurrence` is the state of a repetition already begun.

    Raises ExecutionFailed when the text gives no moment, duration or repetition.
    """
    if recurrence is not None:
        return recurrence.due()
    value = _value(timer.text, evaluate)
    meaning = _meaning(value, timer.text)
    if isinstance(meaning, Repetition):
        return RecurrenceState(now, 1, text=str(value)).due()
    if isinstance(meaning, Moment):
        return Due(meaning.at, True)
    return Due(add_duration(now, meaning), timer.kind == "date")


def due_date(text: str, now: datetime, evaluate: Evaluate) -> Due | None:
    """The due or follow-up date of a task created at `now`; None for an empty text or a null value.

    A day means its end, 23:59:59 Europe/Rome.
    """
    if not text.strip():
        return None
    value = evaluate(text.strip()[1:]) if text.strip().startswith("=") else text.strip()
    if value is None:
        return None
    meaning = _meaning(value, text)
    if isinstance(meaning, Repetition):
        raise ExecutionFailed("DUE_DATE_IS_REPETITION", text=text)
    if isinstance(meaning, Moment):
        return Due(end_of_day(meaning.day).astimezone(UTC) if meaning.day else meaning.at, True)
    return Due(add_duration(now, meaning), False)


def _value(text: str, evaluate: Evaluate) -> Any:
    """A literal text itself; else the value of the expression, with or without its equals sign."""
    return text if not text.startswith("=") and is_literal(text) else evaluate(text.removeprefix("="))


def _meaning(value: Any, text: str) -> Moment | Duration | Repetition:
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
            raise ExecutionFailed("TIMER_VALUE_UNREADABLE", text=text, problem=problem.message) from problem
    raise ExecutionFailed("TIMER_VALUE_NOT_TEMPORAL", text=text, value=f"{value!r:.80}")
