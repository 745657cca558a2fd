"""A decision table ready to be asked: which rules hit, what they answer, and why.

Each column keeps its distinct cells with the set of rules that use them, as the bits of a number: a cell written
in fifty rules is tested once, and a cell whose rules are all out already is not tested at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.languages.dmn.errors import DecisionError
from engine.languages.dmn.evaluation import Run, Scope
from engine.languages.dmn.evidence import Failure, RuleHit, condition, sentence
from engine.languages.dmn.hit_policies import AGGREGATIONS, SINGLE, Conflict, Hit, by_priority
from engine.languages.dmn.item_types import read_moment
from engine.languages.feel import Evaluation, Expression, TestColumn
from engine.languages.feel.types import FeelType, fit


@dataclass(frozen=True, slots=True)
class Column:
    """An input of the table: the expression asked, its label for sentences, and its cells by the rules using them."""

    label: str
    expression: Expression
    wanted: FeelType | None
    variable: str
    """A name under which cells may read the input value (camunda:inputVariable); usually empty."""
    allowed: Expression | None
    cells: TestColumn


@dataclass(frozen=True, slots=True)
class Output:
    """An output of the table: its name, the values it may take in order of importance, its default."""

    name: str
    wanted: FeelType | None
    values: Expression | None
    default: Expression | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its id, annotation, the cells as written (for sentences) and what it answers."""

    rule_id: str
    annotation: str
    conditions: tuple[str, ...]
    outputs: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """A whole table; called with a scope and a run, it answers."""

    decision: str
    policy: str
    aggregation: str
    columns: tuple[Column, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    types: dict[str, FeelType]
    fail: Callable[[str, str], DecisionError]

    def __call__(self, scope: Any, run: Run) -> Any:
        """The table's value; raises DecisionError when the hits contradict the hit policy."""
        values: list[Any] = []
        alive = self._alive(scope, run, values)
        evaluation = run.evaluation
        numbers = _numbers(alive, len(self.rules))
        if self.policy == "FIRST":
            numbers = numbers[:1]
        hits = [
            Hit(
                number + 1,
                tuple(
                    self._output(cell, column, scope, evaluation)
                    for cell, column in zip(self.rules[number].outputs, self.outputs, strict=True)
                ),
            )
            for number in numbers
        ]
        try:
            answer, used = self._resolve(hits, scope, evaluation)
        except Conflict as conflict:
            raise self.fail(str(conflict), "decision.conflict") from None
        self._explain(used, values, scope, run)
        return answer

    def _alive(self, scope: Any, run: Run, values: list[Any]) -> int:
        """The rules all of whose conditions hold, as bits; `values` is filled with what each input was."""
        alive = (1 << len(self.rules)) - 1
        evaluation = run.evaluation
        for column in self.columns:
            value = column.expression.run(scope, evaluation)
            if column.wanted is not None:
                value = fit(read_moment(value, column.wanted), column.wanted, self.types, evaluation)
            values.append(value)
            if column.allowed is not None and column.allowed.run_test(value, scope, evaluation) is not True:
                return 0
            seen: Any = Scope({column.variable: value}, scope) if column.variable else scope
            alive = column.cells.passing(value, seen, evaluation, alive)
            if not alive:
                break
        return alive

    def _output(self, cell: Expression, output: Output, scope: Any, evaluation: Evaluation) -> Any:
        value = cell.run(scope, evaluation)
        return value if output.wanted is None else fit(value, output.wanted, self.types, evaluation)

    def _resolve(self, hits: list[Hit], scope: Any, evaluation: Evaluation) -> tuple[Any, list[Hit]]:
        """The table's answer by its hit policy, and the hits it rests on."""
        if self.policy in SINGLE:
            one = SINGLE[self.policy](hits, evaluation)
            return (self._default(scope, evaluation) if one is None else self._answer(one)), [
                one
            ] if one else []
        if self.policy in ("PRIORITY", "OUTPUT ORDER"):
            priorities = [
                None if output.values is None else output.values.run(scope, evaluation)
                for output in self.outputs
            ]
            hits = by_priority(hits, priorities, evaluation)
            if self.policy == "PRIORITY":
                return (self._answer(hits[0]) if hits else self._default(scope, evaluation)), hits[:1]
        if self.aggregation:
            return self._aggregate(hits, scope, evaluation), hits
        answers = [self._answer(hit) for hit in hits]
        if not answers and any(output.default for output in self.outputs):
            return [self._default(scope, evaluation)], hits
        return answers, hits

    def _answer(self, hit: Hit) -> Any:
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
        return self._answer(Hit(0, tuple(columns)))

    def _default(self, scope: Any, evaluation: Evaluation) -> Any:
        """The defaults of the outputs when no rule hit; null without defaults."""
        if not any(output.default for output in self.outputs):
            return None
        return self._answer(
            Hit(
                0,
                tuple(
                    None if output.default is None else output.default.run(scope, evaluation)
                    for output in self.outputs
                ),
            )
        )

    def _explain(self, used: list[Hit], values: list[Any], scope: Any, run: Run) -> None:
        """Adds the rules used to the evidence of the run; with none, why each rule failed."""
        for hit in used:
            rule = self.rules[hit.rule - 1]
            said = [
                condition(column.label, value, cell, True)
                for column, value, cell in zip(self.columns, values, rule.conditions, strict=True)
                if cell != "-"
            ]
            run.hits.append(
                RuleHit(hit.rule, rule.rule_id, rule.annotation, sentence(hit.rule, said), self.decision)
            )
        if used:
            return
        for number, (rule, said) in enumerate(
            zip(self.rules, self._stumbles(values, scope, run), strict=True), 1
        ):
            run.failures.append(Failure(number, rule.rule_id, sentence(number, said), self.decision))

    def _stumbles(self, values: list[Any], scope: Any, run: Run) -> list[list[str]]:
        """For each rule, the first condition that did not hold; on an account of its own."""
        evaluation = Evaluation(run.evaluation.bindings)
        said: list[list[str]] = [[] for _ in self.rules]
        waiting = (1 << len(self.rules)) - 1
        for index, (column, value) in enumerate(zip(self.columns, values, strict=False)):
            if column.allowed is not None and column.allowed.run_test(value, scope, evaluation) is not True:
                for one in _numbers(waiting, len(self.rules)):
                    said[one] = [
                        f"{condition(column.label, value, column.allowed.text, False)} (valori ammessi)"
                    ]
                break
            seen: Any = Scope({column.variable: value}, scope) if column.variable else scope
            passing = column.cells.passing(value, seen, evaluation, waiting)
            for one in _numbers(waiting & ~passing, len(self.rules)):
                said[one] = [condition(column.label, value, self.rules[one].conditions[index], False)]
            waiting = passing
        return said


def _numbers(rules: int, count: int) -> list[int]:
    """The places, from 0, of the rules in a set."""
    return [number for number in range(count) if rules >> number & 1]
