"""Tries a new value of a parameter on running instances before it is put in force; only reads.

Every due date, timer, condition and decision that reads the parameter is evaluated with the variables an instance has
now: where it waits at an element with those of the element, otherwise with those of its process. The value is refused
only for what fails with it and does not fail without it. The trial looks at the newest instances of each version, at
most `MAX_INSTANCES` in all, and stops when its expressions have used up `TRIAL_LIMITS`, about a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, select

from engine.access.visibility import within
from engine.definitions.compilation import CompiledDefinition
from engine.definitions.parameter_bounds import written
from engine.definitions.parameters import ParameterChange, ParametersInForce, overrides_of
from engine.errors import EngineError, ExecutionFailed, InvalidInput
from engine.execution.due_dates import task_dates, timer_dates
from engine.execution.environment import StepEnvironment
from engine.execution.step_runner import StepRunner
from engine.languages.bpmn.model import Element
from engine.languages.feel import Evaluation, EvaluationLimits, YearsMonths
from engine.localization import Message, message
from engine.spiff import PROCESS_SCOPE, ProcessRun, WaitState
from engine.storage.configuration_version import ConfigurationCache
from engine.storage.tables import instance

MAX_INSTANCES = 200
MIN_OF_A_VERSION = 10
TRIAL_LIMITS = EvaluationLimits(steps=4_000_000)
LAST_YEAR = 9998
"""The last year of a usable date: after it, moments of other time zones leave the calendar."""
_NULL = re.compile(r"\bnull\b")
Variables = Mapping[str, Any]
Attempt = Callable[[StepEnvironment, Variables], Any]


@dataclass(frozen=True)
class _Reader:
    """An expression that reads the parameter: how to evaluate it, and what to say when that fails.

    `attempt` raises EngineError when it fails. It gives a list of moments where `dates`, the number of dates that the
    element has, is not 0; fewer when an expression is null. `may_be_null`: an expression says so on purpose.
    """

    process_id: str
    element_id: str
    label: str
    attempt: Attempt
    failure: Message
    dates: int = 0
    may_be_null: bool = False


@dataclass(frozen=True)
class _Outcome:
    """What is wrong with the value of an expression, if anything, and how many dates it gives."""

    problem: Message | None
    dates: int = 0


class ParameterTrial:
    """The trial of one change after the other; see the module."""

    def __init__(self, step_runner: StepRunner) -> None:
        self._step_runner = step_runner

    def __call__(self, change: ParameterChange) -> None:
        """Try a change. Raises InvalidInput, naming instance and element, when it makes an expression fail."""
        runner = self._step_runner
        running = instance.c.state.in_(("active", "suspended")) & within(instance.c.scope, change.scope)
        with runner.database.read() as connection:
            ids = list(
                connection.execute(select(instance.c.definition_id).distinct().where(running)).scalars()
            )
        readers = {one: found for one in ids if (found := self._readers(one, change))}
        if not readers:
            return
        trial = _Trial(runner, change, Evaluation(None, TRIAL_LIMITS))
        share, left = max(MIN_OF_A_VERSION, MAX_INSTANCES // len(readers)), MAX_INSTANCES
        newest = sorted(readers, key=lambda one: int(one.rpartition(":")[2]), reverse=True)
        with runner.database.read() as connection:
            for definition_id in newest:
                rows = connection.execute(
                    select(instance)
                    .where(instance.c.definition_id == definition_id, running)
                    .order_by(instance.c.number.desc())
                    .limit(min(share, left))
                ).all()
                left -= len(rows)
                for row in rows:
                    trial.of_instance(connection, row, readers[definition_id])
                    if trial.is_over:
                        return

    def _readers(self, definition_id: str, change: ParameterChange) -> list[_Reader]:
        """The expressions of a version, and of the processes it calls, whose value depends on the change."""
        repository, name = self._step_runner.repository, change.declared.name
        compiled = repository.compiled(definition_id)
        declaring = [
            key for key in (compiled.key, *compiled.bundles) if name in compiled.bundles[key].parameters
        ]
        if declaring[:1] != [change.definition_key]:
            return []
        call = re.compile(rf'\b(?:parametro|scadenza)\(\s*"{re.escape(name)}"\s*\)')
        return list(self._find(compiled, call))

    def _find(self, compiled: CompiledDefinition, call: re.Pattern[str]) -> Iterator[_Reader]:
        for key, model in compiled.executable.models.items():
            for element in model.elements.values():
                yield from _readers_of(element, call)
            for flow in model.flows:
                if call.search(flow.condition):
                    source = model.elements.get(flow.source)
                    label = flow.name or (source.label if source else flow.id)
                    yield _condition(key, flow.id, label, flow.condition)
            deciding = [element for element in model.elements.values() if element.decision]
            files = self._decision_files(compiled.definition_ids[key], call) if deciding else frozenset()
            for element in deciding:
                decision = compiled.bundles[key].decisions.get(element.decision)
                if decision is not None and decision.source in files:
                    yield _Reader(
                        key,
                        element.id,
                        element.label,
                        partial(_decide, element),
                        message("PARAMETER_TRIAL_DECISION_FAILS", decision=element.decision),
                    )

    def _decision_files(self, definition_id: str, call: re.Pattern[str]) -> frozenset[str]:
        resources = self._step_runner.repository.resources(definition_id)
        return frozenset(
            r.path
            for r in resources
            if r.kind == "dmn"
            and call.search(r.content.decode("utf-8", "replace").replace("&quot;", '"').replace("&#34;", '"'))
        )


class _Trial:
    """The trial of one change, which shares one account of steps."""

    def __init__(self, runner: StepRunner, change: ParameterChange, evaluation: Evaluation) -> None:
        self._runner = runner
        self._change = change
        self._evaluation = evaluation
        self._now = runner.clock.now()
        self._configuration = ConfigurationCache()  # reads each calendar and each override once

    @property
    def is_over(self) -> bool:
        """Whether the expressions have used up their steps."""
        return self._evaluation.steps <= 0

    def of_instance(self, connection: Connection, row: Row[Any], readers: list[_Reader]) -> None:
        """Evaluate the expressions for an instance. Raises InvalidInput."""
        before, after = (self._environment(connection, row, change) for change in (None, self._change))
        name, key = self._change.declared.name, before.compiled.key
        old, new = before.parameters.value(name, key), after.parameters.value(name, key)
        if new == old:
            return  # a nearer scope has a value of its own
        try:
            run = ProcessRun.restore(after.compiled.executable, after, bytes(row.run_state))
        except EngineError:
            return  # not even a step could be run
        waits = run.wait_states()
        for reader in readers:
            for variables in _variables_of(reader, run, waits):
                problem = self._problem(reader, before, after, variables, new)
                if problem is not None and not self.is_over:
                    raise InvalidInput(
                        "PARAMETER_TRIAL_FAILED",
                        value=written(new),
                        label=self._change.declared.label,
                        number=row.number,
                        element=reader.label,
                        element_id=reader.element_id,
                        problem=problem,
                    )

    def _problem(
        self,
        reader: _Reader,
        before: StepEnvironment,
        after: StepEnvironment,
        variables: Variables,
        value: Any,
    ) -> Message | None:
        new = self._outcome(reader, after, variables, value)
        if new.problem is None and new.dates == reader.dates:
            return None
        old = self._outcome(reader, before, variables, value)
        if old.problem is not None:
            return None
        lost = new.dates < old.dates and not reader.may_be_null
        return new.problem or (reader.failure if lost else None)

    def _outcome(
        self, reader: _Reader, environment: StepEnvironment, variables: Variables, value: Any
    ) -> _Outcome:
        try:
            result = reader.attempt(environment, variables)
        except (EngineError, OverflowError, ValueError):
            return _Outcome(reader.failure)
        if not reader.dates:
            return _Outcome(None)
        moments: list[datetime] = result
        if any(moment.year > LAST_YEAR for moment in moments):
            return _Outcome(message("PARAMETER_TRIAL_DATE_TOO_FAR", year=LAST_YEAR))
        if _is_negative(value) and any(moment < self._now for moment in moments):
            return _Outcome(message("PARAMETER_TRIAL_DATE_BACKWARDS"))
        return _Outcome(None, len(moments))

    def _environment(
        self, connection: Connection, row: Row[Any], change: ParameterChange | None
    ) -> StepEnvironment:
        environment = self._runner.reading_environment(connection, row, self._now, self._configuration)
        compiled, scope = environment.compiled, row.scope
        keys, cache = tuple(compiled.bundles), self._configuration
        environment.parameters = ParametersInForce(
            connection,
            compiled,
            scope,
            lambda _key, _read: cache.get(
                ("trial", keys, scope, change is None),
                0,
                lambda: overrides_of(connection, keys, scope, change),
            ),
        )
        environment.evaluation = self._evaluation
        return environment


def _readers_of(element: Element, call: re.Pattern[str]) -> Iterator[_Reader]:
    """The dates and conditions of an element that read the parameter."""
    place = (element.process_id, element.id, element.label)
    if element.timer is not None and call.search(element.timer.text):
        yield _Reader(*place, partial(_timer, element), message("PARAMETER_TRIAL_TIMER_FAILS"), 1)
    assigned = element.assignment
    dates = [text for text in (assigned.due_date, assigned.follow_up_date) if text.strip()]
    if element.type == "userTask" and any(call.search(text) for text in dates):
        yield _Reader(
            *place,
            partial(_task, element),
            message("PARAMETER_TRIAL_DUE_FAILS"),
            len(dates),
            any(_NULL.search(text) for text in dates),
        )
    repeated = (
        element.multi_instance.condition if element.multi_instance else "",
        element.loop.condition if element.loop else "",
    )
    for text in (element.condition, *repeated):
        if call.search(text):
            yield _condition(*place, text)


def _condition(process_id: str, element_id: str, label: str, text: str) -> _Reader:
    failure = message("PARAMETER_TRIAL_CONDITION_FAILS")
    return _Reader(process_id, element_id, label, partial(_holds, text), failure)


def _timer(element: Element, environment: StepEnvironment, variables: Variables) -> list[datetime]:
    return [timer_dates(environment, element, variables)["due_at"]]


def _task(element: Element, environment: StepEnvironment, variables: Variables) -> list[datetime]:
    dates = task_dates(environment, element, variables)
    return [moment for moment in (dates["due_at"], dates["follow_up_at"]) if moment is not None]


def _holds(text: str, environment: StepEnvironment, variables: Variables) -> bool:
    value = environment.evaluate(text, variables)
    if not isinstance(value, bool):
        raise ExecutionFailed("PARAMETER_TRIAL_CONDITION_FAILS")
    return value


def _decide(element: Element, environment: StepEnvironment, variables: Variables) -> Any:
    return environment.evaluate_decision(element, variables)


def _variables_of(reader: _Reader, run: ProcessRun, waits: list[WaitState]) -> list[Variables]:
    """The variables that an expression would see: where the run waits for its element, else in its process."""
    place = (reader.process_id, reader.element_id)
    here = [wait.variables for wait in waits if (wait.element.process_id, wait.element.id) == place]
    near = [wait.variables for wait in waits if wait.element.process_id == reader.process_id]
    return [*here] or [*near[:1]] or [run.scopes.by_key[PROCESS_SCOPE]]


def _is_negative(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | Decimal):
        return value < 0
    if isinstance(value, timedelta):
        return value < timedelta(0)
    return isinstance(value, YearsMonths) and value.months < 0
