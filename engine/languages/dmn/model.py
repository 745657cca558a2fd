"""A decision model: its decisions, what each needs, and how one is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.languages.dmn.boxed_expressions import function_value
from engine.languages.dmn.errors import DecisionError
from engine.languages.dmn.evaluation import Boxed, Run, Scope
from engine.languages.dmn.evidence import Failure, RuleHit
from engine.languages.dmn.item_types import read_moment
from engine.languages.dmn.xml import Reader
from engine.languages.feel import DEFAULT_LIMITS, Evaluation, FeelError, FunctionValue, Limits, from_feel
from engine.languages.feel.compiler import convert
from engine.languages.feel.types import FeelType, fit

Bindings = Mapping[str, Callable[..., Any]]


@dataclass(slots=True)
class InputData:
    """A value the model is given."""

    name: str
    wanted: FeelType | None


@dataclass(slots=True)
class Requirement:
    """Something a decision needs, and the name it sees it under; `model` names the import it comes through."""

    target: Decision | InputData | Knowledge | Service
    model: str = ""


@dataclass(slots=True)
class Decision:
    """A decision: its logic and what that needs."""

    element_id: str
    name: str
    line: int
    logic: Boxed
    wanted: FeelType | None
    reader: Reader
    reads: frozenset[str] = frozenset()
    requires: list[Requirement] = field(default_factory=list)

    def value(self, run: Run) -> Any:
        """What is decided, worked out once a run."""
        if self.element_id not in run.values:
            value = self.logic(surroundings(self.requires, run), run)
            if self.wanted is not None:
                value = fit(value, self.wanted, self.reader.types, run.evaluation)
            run.values[self.element_id] = value
        return run.values[self.element_id]


@dataclass(slots=True)
class Knowledge:
    """A business knowledge model: a function decisions may call."""

    name: str
    parameters: list[tuple[str, FeelType | None]]
    body: Boxed
    reader: Reader
    requires: list[Requirement] = field(default_factory=list)

    def value(self, run: Run) -> FunctionValue:
        """The function; what it requires is looked for when it is called."""

        def call(scope: Any, run: Run) -> Any:
            return self.body(Scope(scope.own, surroundings([*self.requires, Requirement(self)], run)), run)

        return function_value(self.reader, self.parameters, call, {}, run)


@dataclass(slots=True)
class Service:
    """A decision service: decisions offered as a function of their inputs."""

    name: str
    reader: Reader
    outputs: list[Decision] = field(default_factory=list)
    given: list[Decision] = field(default_factory=list)
    inputs: list[InputData] = field(default_factory=list)
    wanted: FeelType | None = None

    def value(self, run: Run) -> FunctionValue:
        """The function: input data first, then the decisions given instead of being taken."""
        names = (*(one.name for one in self.inputs), *(one.name for one in self.given))

        def call(values: list[Any]) -> Any:
            evaluation, types = run.evaluation, self.reader.types
            wanted = [one.wanted for one in self.inputs] + [one.wanted for one in self.given]
            fitted = [fit(value, kind, types, evaluation) for value, kind in zip(values, wanted, strict=True)]
            if any(value is None and given is not None for value, given in zip(fitted, values, strict=True)):
                return None
            evaluation.enter()
            count = len(self.inputs)
            given = {one.name: value for one, value in zip(self.inputs, fitted[:count], strict=True)}
            inner = run.inner(Scope(given, {}))
            for decision, value in zip(self.given, fitted[count:], strict=True):
                inner.values[decision.element_id] = value
            answers = {decision.name: decision.value(inner) for decision in self.outputs}
            evaluation.leave()
            return next(iter(answers.values())) if len(answers) == 1 else answers

        return FunctionValue(names, call)


def surroundings(requires: list[Requirement], run: Run) -> Any:
    """The scope of a decision or function: what it requires, then the variables of the run."""
    own: dict[str, Any] = {}
    for requirement in requires:
        target = requirement.target
        if isinstance(target, InputData):
            if target.wanted is None and not requirement.model:
                continue
            value = _input(target, requirement, run)
        else:
            value = target.value(run)
        if requirement.model:
            own.setdefault(requirement.model, {})[target.name] = value
        else:
            own[target.name] = value
    return Scope(own, run.variables) if own else run.variables


def _input(target: InputData, requirement: Requirement, run: Run) -> Any:
    value = convert(run.variables.get(target.name), run.evaluation)
    return read_moment(value, target.wanted)


@dataclass(frozen=True, slots=True)
class DecisionOutcome:
    """What was decided, and why.

    value: a scalar, a context (dict) or a list, with numbers as Decimal. evidence: the rules that hit, of the
    decision and of those it requires, in the order they were worked out. failures: for tables where no rule
    hit, why each did not.
    """

    value: Any
    evidence: tuple[RuleHit, ...]
    failures: tuple[Failure, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """Hits, then failures, as sentences in Italian."""
        return tuple(hit.sentence for hit in self.evidence) + tuple(one.sentence for one in self.failures)


class DecisionModel:
    """A DMN file, read and ready; safe to share between threads."""

    def __init__(self, source: str, namespace: str, elements: dict[str, Any]) -> None:
        self.source = source
        self.namespace = namespace
        self.elements = elements
        self._decisions = {key: one for key, one in elements.items() if isinstance(one, Decision)}
        self._by_name = {one.name: one for one in self._decisions.values()}
        self.decision_ids: tuple[str, ...] = tuple(self._decisions)
        """Ids of the decisions, in the order of the file."""
        self.names: dict[str, str] = {key: one.name for key, one in self._decisions.items()}
        """The name of each decision, by id."""

    def decision(self, decision_id: str) -> Decision:
        """The decision of that id (or name); raises DecisionError when the model has none."""
        found = self._decisions.get(decision_id) or self._by_name.get(decision_id)
        if found is None:
            raise DecisionError(
                f"Il modello non ha una decisione «{decision_id}»: ci sono "
                f"{', '.join(self.decision_ids) or 'nessuna'}",
                source=self.source,
                element=decision_id,
                code="decision.unknown",
            )
        return found

    def inputs(self, decision_id: str) -> tuple[str, ...]:
        """Names of the variables the decision and those it requires read, sorted."""
        names: set[str] = set()
        pending, seen = [self.decision(decision_id)], set()
        while pending:
            decision = pending.pop()
            if decision.element_id in seen:
                continue
            seen.add(decision.element_id)
            targets = [requirement.target for requirement in decision.requires]
            names |= decision.reads - {target.name for target in targets}
            names |= {target.name for target in targets if isinstance(target, InputData)}
            pending += [target for target in targets if isinstance(target, Decision)]
        return tuple(sorted(names))

    def decide(
        self,
        decision_id: str,
        variables: Mapping[str, Any],
        *,
        bindings: Bindings | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> DecisionOutcome:
        """Takes a decision on these variables; raises DecisionError when it cannot be taken."""
        decision = self.decision(decision_id)
        run = Run(variables, Evaluation(bindings, limits))
        try:
            value = self._guarded(lambda: from_feel(decision.value(run), run.evaluation), decision)
        finally:
            run.evaluation.settle()
        return DecisionOutcome(value, tuple(run.hits), tuple(run.failures))

    def invoke(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        bindings: Bindings | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> DecisionOutcome:
        """Calls a business knowledge model or decision service by name with named arguments."""
        target = next(
            (
                one
                for one in self.elements.values()
                if isinstance(one, (Knowledge, Service)) and one.name == name
            ),
            None,
        )
        if target is None:
            raise DecisionError(
                f"Il modello non ha una funzione «{name}»",
                source=self.source,
                element=name,
                code="decision.unknown",
            )
        run = Run(arguments, Evaluation(bindings, limits))

        def call() -> Any:
            function = target.value(run)
            values = [
                convert(arguments.get(parameter), run.evaluation) for parameter in function.parameters or ()
            ]
            return from_feel(function.call(values), run.evaluation)

        try:
            value = self._guarded(call, target)
        finally:
            run.evaluation.settle()
        return DecisionOutcome(value, tuple(run.hits), tuple(run.failures))

    def _guarded(self, work: Callable[[], Any], about: Any) -> Any:
        """`work()`, its failures told as those of this model."""
        element, line = getattr(about, "element_id", about.name), getattr(about, "line", 0)
        try:
            return work()
        except FeelError as error:
            raise DecisionError(
                str(error), source=self.source, element=element, line=line, code=error.code
            ) from error
        except RecursionError:
            raise DecisionError(
                "La decisione richiama se stessa troppe volte",
                source=self.source,
                element=element,
                line=line,
                code="feel.limit",
            ) from None
