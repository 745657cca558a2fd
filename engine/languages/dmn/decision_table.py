"""Decision tables: which rules match, the result, and the evidence.

Each column has its distinct cells with the set of rules that use them, as the bits of a number: a cell that is in
fifty rules is tested once, and a cell whose rules are all excluded already is not tested.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.languages.dmn.errors import DecisionError
from engine.languages.dmn.evaluation import DecisionRun, Scope
from engine.languages.dmn.evidence import MatchedRule, UnmatchedRule, describe_condition, describe_rule
from engine.languages.dmn.hit_policies import AGGREGATIONS, SINGLE, Hit, HitPolicyViolation, by_priority
from engine.languages.dmn.item_types import parse_temporal_value
from engine.languages.feel import Evaluation, Expression, UnaryTestColumn
from engine.languages.feel.types import FeelType, coerce


@dataclass(frozen=True, slots=True)
class InputClause:
    """An input column: its expression, its label for sentences, its allowed values and its cells."""

    label: str
    expression: Expression
    declared_type: FeelType | None
    variable: str
    """The name by which cells may read the input value (camunda:inputVariable); usually empty."""
    allowed: Expression | None
    cells: UnaryTestColumn


@dataclass(frozen=True, slots=True)
class OutputClause:
    """An output column: its name, its possible values in order of priority, its default."""

    name: str
    declared_type: FeelType | None
    values: Expression | None
    default: Expression | None


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """A rule: its id, annotation, condition cells as written (for sentences) and output expressions."""

    rule_id: str
    annotation: str
    conditions: tuple[str, ...]
    outputs: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A decision table; a boxed expression, called with a scope and a run.

    error: makes the DecisionError about this table, from a message code.
    """

    decision: str
    policy: str
    aggregation: str
    columns: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[DecisionRule, ...]
    types: dict[str, FeelType]
    error: Callable[..., DecisionError]

    def __call__(self, scope: Any, run: DecisionRun) -> Any:
        """The result of the table. Raises DecisionError when the matching rules violate the hit policy."""
        values: list[Any] = []
        candidates = self._matching_rules(scope, run, values)
        evaluation = run.evaluation
        indexes = _rule_indexes(candidates, len(self.rules))
        if self.policy == "FIRST":
            indexes = indexes[:1]
        hits = [
            Hit(
                index + 1,
                tuple(
                    self._output(cell, column, scope, evaluation)
                    for cell, column in zip(self.rules[index].outputs, self.outputs, strict=True)
                ),
            )
            for index in indexes
        ]
        try:
            result, used = self._resolve(hits, scope, evaluation)
        except HitPolicyViolation as violation:
            raise self.error(
                violation.message_code, code="decision.conflict", **violation.parameters
            ) from None
        self._add_evidence(used, values, scope, run)
        return result

    def _matching_rules(self, scope: Any, run: DecisionRun, values: list[Any]) -> int:
        """The rules whose conditions are all true, as bits; the value of each input is added to `values`."""
        candidates = (1 << len(self.rules)) - 1
        evaluation = run.evaluation
        for column in self.columns:
            value = column.expression.run(scope, evaluation)
            if column.declared_type is not None:
                value = coerce(
                    parse_temporal_value(value, column.declared_type),
                    column.declared_type,
                    self.types,
                    evaluation,
                )
            values.append(value)
            if column.allowed is not None and column.allowed.run_test(value, scope, evaluation) is not True:
                return 0
            cell_scope: Any = Scope({column.variable: value}, scope) if column.variable else scope
            candidates = column.cells.accepting_rules(value, cell_scope, evaluation, candidates)
            if not candidates:
                break
        return candidates

    def _output(self, cell: Expression, output: OutputClause, scope: Any, evaluation: Evaluation) -> Any:
        value = cell.run(scope, evaluation)
        return (
            value
            if output.declared_type is None
            else coerce(value, output.declared_type, self.types, evaluation)
        )

    def _resolve(self, hits: list[Hit], scope: Any, evaluation: Evaluation) -> tuple[Any, list[Hit]]:
        """The result by the hit policy, and the hits that it is made of."""
        if self.policy in SINGLE:
            one = SINGLE[self.policy](hits, evaluation)
            return (self._default(scope, evaluation) if one is None else self._outputs_of(one)), [
                one
            ] if one else []
        if self.policy in ("PRIORITY", "OUTPUT ORDER"):
            priorities = [
                None if output.values is None else output.values.run(scope, evaluation)
                for output in self.outputs
            ]
            hits = by_priority(hits, priorities, evaluation)
            if self.policy == "PRIORITY":
                return (self._outputs_of(hits[0]) if hits else self._default(scope, evaluation)), hits[:1]
        if self.aggregation:
            return self._aggregate(hits, scope, evaluation), hits
        answers = [self._outputs_of(hit) for hit in hits]
        if not answers and any(output.default for output in self.outputs):
            return [self._default(scope, evaluation)], hits
        return answers, hits

    def _outputs_of(self, hit: Hit) -> Any:
        if len(self.outputs) == 1:
            return hit.outputs[0]
        return {output.name: value for output, value in zip(self.outputs, hit.outputs, strict=True)}

    def _aggregate(self, hits: list[Hit], scope: Any, evaluation: Evaluation) -> Any:
        if not hits and any(output.default for output in self.outputs):
            return self._default(scope, evaluation)
        aggregate = AGGREGATIONS[self.aggregation]
        columns = [
            aggregate([hit.outputs[index] for hit in hits], evaluation) for index in range(len(self.outputs))
        ]
        return self._outputs_of(Hit(0, tuple(columns)))

    def _default(self, scope: Any, evaluation: Evaluation) -> Any:
        """The default outputs, when no rule matches; null without defaults."""
        if not any(output.default for output in self.outputs):
            return None
        return self._outputs_of(
            Hit(
                0,
                tuple(
                    None if output.default is None else output.default.run(scope, evaluation)
                    for output in self.outputs
                ),
            )
        )

    def _add_evidence(self, used: list[Hit], values: list[Any], scope: Any, run: DecisionRun) -> None:
        """Adds the matching rules to the evidence of the run; without any, the failed condition of each rule."""
        for hit in used:
            rule = self.rules[hit.rule - 1]
            conditions = [
                describe_condition(column.label, value, cell, True)
                for column, value, cell in zip(self.columns, values, rule.conditions, strict=True)
                if cell != "-"
            ]
            run.matched_rules.append(
                MatchedRule(
                    hit.rule,
                    rule.rule_id,
                    rule.annotation,
                    describe_rule(hit.rule, conditions),
                    self.decision,
                )
            )
        if used:
            return
        for number, (rule, conditions) in enumerate(
            zip(self.rules, self._failed_conditions(values, scope, run), strict=True), 1
        ):
            run.unmatched_rules.append(
                UnmatchedRule(number, rule.rule_id, describe_rule(number, conditions), self.decision)
            )

    def _failed_conditions(self, values: list[Any], scope: Any, run: DecisionRun) -> list[list[str]]:
        """For each rule, the first condition that is not true. Evaluated with a budget of its own."""
        evaluation = Evaluation(run.evaluation.bindings)
        conditions: list[list[str]] = [[] for _ in self.rules]
        remaining = (1 << len(self.rules)) - 1
        for index, (column, value) in enumerate(zip(self.columns, values, strict=False)):
            if column.allowed is not None and column.allowed.run_test(value, scope, evaluation) is not True:
                for one in _rule_indexes(remaining, len(self.rules)):
                    conditions[one] = [
                        describe_condition(
                            column.label, value, column.allowed.text, False, allowed_values=True
                        )
                    ]
                break
            cell_scope: Any = Scope({column.variable: value}, scope) if column.variable else scope
            accepted = column.cells.accepting_rules(value, cell_scope, evaluation, remaining)
            for one in _rule_indexes(remaining & ~accepted, len(self.rules)):
                conditions[one] = [
                    describe_condition(column.label, value, self.rules[one].conditions[index], False)
                ]
            remaining = accepted
        return conditions


def _rule_indexes(rules: int, count: int) -> list[int]:
    """The indexes, from 0, of the rules in a set of `count` bits."""
    return [number for number in range(count) if rules >> number & 1]
