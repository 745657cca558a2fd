"""Decision models: decisions, their requirements, and their evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.languages.dmn.boxed_expressions import make_function
from engine.languages.dmn.errors import DecisionError
from engine.languages.dmn.evaluation import BoxedExpression, DecisionRun, Scope
from engine.languages.dmn.evidence import MatchedRule, UnmatchedRule
from engine.languages.dmn.item_types import parse_temporal_value
from engine.languages.dmn.xml import DmnReader
from engine.languages.feel import (
    DEFAULT_LIMITS,
    Evaluation,
    EvaluationLimits,
    FeelError,
    FunctionBindings,
    FunctionValue,
    from_feel,
)
from engine.languages.feel.compiler import convert
from engine.languages.feel.types import FeelType, coerce


@dataclass(slots=True)
class InputData:
    """An input of the model."""

    name: str
    declared_type: FeelType | None


@dataclass(slots=True)
class Requirement:
    """An element that a decision requires; `model` is the name of the import it comes from, empty for this model."""

    target: Decision | InputData | BusinessKnowledgeModel | DecisionService
    model: str = ""


@dataclass(slots=True)
class Decision:
    """A decision: its logic and its requirements. `reads` are the variables that the logic reads."""

    element_id: str
    name: str
    line: int
    logic: BoxedExpression
    declared_type: FeelType | None
    reader: DmnReader
    reads: frozenset[str] = frozenset()
    requires: list[Requirement] = field(default_factory=list)

    def value(self, run: DecisionRun) -> Any:
        """The value of the decision, calculated once per run."""
        if self.element_id not in run.values:
            value = self.logic(requirements_scope(self.requires, run), run)
            if self.declared_type is not None:
                value = coerce(value, self.declared_type, self.reader.types, run.evaluation)
            run.values[self.element_id] = value
        return run.values[self.element_id]


@dataclass(slots=True)
class BusinessKnowledgeModel:
    """A business knowledge model: a function that decisions may call."""

    name: str
    parameters: list[tuple[str, FeelType | None]]
    body: BoxedExpression
    reader: DmnReader
    requires: list[Requirement] = field(default_factory=list)

    def value(self, run: DecisionRun) -> FunctionValue:
        """The function; its requirements are evaluated when it is called."""

        def call(scope: Any, run: DecisionRun) -> Any:
            return self.body(
                Scope(scope.local, requirements_scope([*self.requires, Requirement(self)], run)), run
            )

        return make_function(self.reader, self.parameters, call, {}, run)


@dataclass(slots=True)
class DecisionService:
    """A decision service: output decisions as a function of input data and input decisions."""

    name: str
    reader: DmnReader
    output_decisions: list[Decision] = field(default_factory=list)
    input_decisions: list[Decision] = field(default_factory=list)
    input_data: list[InputData] = field(default_factory=list)

    def value(self, run: DecisionRun) -> FunctionValue:
        """The function: its parameters are the input data, then the input decisions."""
        names = (*(one.name for one in self.input_data), *(one.name for one in self.input_decisions))

        def call(values: list[Any]) -> Any:
            evaluation, types = run.evaluation, self.reader.types
            declared_types = [one.declared_type for one in self.input_data] + [
                one.declared_type for one in self.input_decisions
            ]
            converted = [
                coerce(value, kind, types, evaluation)
                for value, kind in zip(values, declared_types, strict=True)
            ]
            if any(
                value is None and argument is not None
                for value, argument in zip(converted, values, strict=True)
            ):
                return None
            evaluation.enter_call()
            count = len(self.input_data)
            own_values = {
                one.name: value for one, value in zip(self.input_data, converted[:count], strict=True)
            }
            inner = run.inner(Scope(own_values, {}))
            for decision, value in zip(self.input_decisions, converted[count:], strict=True):
                inner.values[decision.element_id] = value
            answers = {decision.name: decision.value(inner) for decision in self.output_decisions}
            evaluation.leave_call()
            return next(iter(answers.values())) if len(answers) == 1 else answers

        return FunctionValue(names, call)


def requirements_scope(requires: list[Requirement], run: DecisionRun) -> Any:
    """The scope of a decision or function: its requirements, then the variables of the run."""
    local: dict[str, Any] = {}
    for requirement in requires:
        target = requirement.target
        if isinstance(target, InputData):
            if target.declared_type is None and not requirement.model:
                continue
            value = _input(target, requirement, run)
        else:
            value = target.value(run)
        if requirement.model:
            local.setdefault(requirement.model, {})[target.name] = value
        else:
            local[target.name] = value
    return Scope(local, run.variables) if local else run.variables


def _input(target: InputData, requirement: Requirement, run: DecisionRun) -> Any:
    value = convert(run.variables.get(target.name), run.evaluation)
    return parse_temporal_value(value, target.declared_type)


@dataclass(frozen=True, slots=True)
class DecisionOutcome:
    """The value of a decision, and the evidence.

    value: a scalar, a context (dict) or a list, with numbers as Decimal. matched_rules: the rules that matched, of the
    decision and of those it requires, in the order of evaluation. unmatched_rules: for tables where no rule matched,
    each rule with the condition that failed.
    """

    value: Any
    matched_rules: tuple[MatchedRule, ...]
    unmatched_rules: tuple[UnmatchedRule, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """The matched rules, then the unmatched ones, as sentences in Italian."""
        return tuple(hit.sentence for hit in self.matched_rules) + tuple(
            one.sentence for one in self.unmatched_rules
        )


class DecisionModel:
    """A parsed DMN file; safe to share between threads."""

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
            location: dict[str, Any] = {
                "source": self.source,
                "element": decision_id,
                "code": "decision.unknown",
            }
            if not self.decision_ids:
                raise DecisionError("DMN_NO_DECISIONS", decision=decision_id, **location)
            raise DecisionError(
                "DMN_UNKNOWN_DECISION", decision=decision_id, decisions=self.decision_ids, **location
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
        bindings: FunctionBindings | None = None,
        limits: EvaluationLimits = DEFAULT_LIMITS,
    ) -> DecisionOutcome:
        """Evaluates a decision with these variables. Raises DecisionError when that fails."""
        decision = self.decision(decision_id)
        run = DecisionRun(variables, Evaluation(bindings, limits))
        try:
            value = self._locate_errors(lambda: from_feel(decision.value(run), run.evaluation), decision)
        finally:
            run.evaluation.charge_parent()
        return DecisionOutcome(value, tuple(run.matched_rules), tuple(run.unmatched_rules))

    def invoke(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        bindings: FunctionBindings | None = None,
        limits: EvaluationLimits = DEFAULT_LIMITS,
    ) -> DecisionOutcome:
        """Calls a business knowledge model or decision service by name with named arguments."""
        target = next(
            (
                one
                for one in self.elements.values()
                if isinstance(one, (BusinessKnowledgeModel, DecisionService)) and one.name == name
            ),
            None,
        )
        if target is None:
            raise DecisionError(
                "DMN_UNKNOWN_FUNCTION",
                name=name,
                source=self.source,
                element=name,
                code="decision.unknown",
            )
        run = DecisionRun(arguments, Evaluation(bindings, limits))

        def call() -> Any:
            function = target.value(run)
            values = [
                convert(arguments.get(parameter), run.evaluation) for parameter in function.parameters or ()
            ]
            return from_feel(function.call(values), run.evaluation)

        try:
            value = self._locate_errors(call, target)
        finally:
            run.evaluation.charge_parent()
        return DecisionOutcome(value, tuple(run.matched_rules), tuple(run.unmatched_rules))

    def _locate_errors(self, work: Callable[[], Any], about: Any) -> Any:
        """The result of `work()`; its errors become errors of this model, about the element `about`."""
        element, line = getattr(about, "element_id", about.name), getattr(about, "line", 0)
        try:
            return work()
        except FeelError as error:
            raise DecisionError(
                "DMN_EXPRESSION_ERROR",
                problem=error.located_message,
                source=self.source,
                element=element,
                line=line,
                code=error.code,
            ) from error
        except RecursionError:
            raise DecisionError(
                "DMN_DECISION_CALLS_ITSELF",
                source=self.source,
                element=element,
                line=line,
                code="feel.limit",
            ) from None
