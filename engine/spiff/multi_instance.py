"""Multi-instance activities at run time: their items, the variables of each iteration, and the completion condition."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from SpiffWorkflow.task import Task

from engine.errors import ExecutionFailed
from engine.languages.bpmn.model import Element
from engine.spiff.internal_data import ENDED_ITERATIONS, FAILURE, INDEX, ITEMS, RESULTS
from engine.spiff.run_state import RunState
from engine.spiff.variable_scopes import LOOP_COUNTER, WithVariable

MAX_ITERATIONS = 1_000


def evaluate_items(run: RunState, task: Task) -> None:
    """Find the items of a multi-instance activity, and store them in its task."""
    run.enter(task)
    task.internal_data.update({ENDED_ITERATIONS: [], ITEMS: _items(run, task)})


def _items(run: RunState, task: Task) -> list[Any]:
    element: Element = task.task_spec.element
    loop = element.multi_instance
    assert loop is not None
    variables = run.scopes.view(task)
    if loop.collection:
        items = run.environment.evaluate(loop.collection.removeprefix("="), variables)
        if items is None:
            items = []
        if not isinstance(items, list):
            raise ExecutionFailed(
                "COLLECTION_NOT_A_LIST",
                element=element.label,
                collection=loop.collection,
                value=repr(items)[:80],
            )
    else:
        number = run.environment.evaluate(loop.cardinality.removeprefix("="), variables)
        if not isinstance(number, int | Decimal) or number != int(number) or number < 0:
            raise ExecutionFailed(
                "CARDINALITY_NOT_AN_INTEGER", element=element.label, value=repr(number)[:80]
            )
        items = [Decimal(one) for one in range(1, min(int(number), MAX_ITERATIONS + 1) + 1)]
    if len(items) > MAX_ITERATIONS:
        raise ExecutionFailed("TOO_MANY_ITERATIONS", element=element.label, maximum=MAX_ITERATIONS)
    return items


def open_iteration(run: RunState, task: Task, child: Task, index: int) -> None:
    """Open the variables of one iteration: its number, and its item under the name that the diagram gives."""
    loop = task.task_spec.element.multi_instance
    values = {LOOP_COUNTER: index + 1}
    if loop.element_variable:
        values[loop.element_variable] = task.internal_data[ITEMS][index]
    run.scopes.open("item", child, values)


def collect_result(run: RunState, task: Task, child: Task) -> None:
    """Close the variables of an iteration and add them to the results, which are in the order of the items.

    `output_collection` names the variable that gets the list of results.
    """
    loop = task.task_spec.element.multi_instance
    values = run.scopes.close("item", child)
    run.scopes.open("last", task, values)
    values = {name: value for name, value in values.items() if name != LOOP_COUNTER}
    results = dict(task.internal_data.get(RESULTS) or {})
    results[str(child.internal_data[INDEX])] = values
    task.internal_data[RESULTS] = results
    if loop.output_collection:
        ordered = [results[index] for index in sorted(results, key=int)]
        run.scopes.write(task, {loop.output_collection: ordered})


def completion_condition(run: RunState, task: Task) -> bool | None:
    """Whether the activity may end before all its iterations; the condition sees what the last iteration wrote.

    None when it cannot be evaluated: then the activity has failed, and the condition is evaluated again when the
    activity is retried or another iteration ends.
    """
    element: Element = task.task_spec.element
    condition = element.multi_instance.condition if element.multi_instance else ""
    last = run.scopes.by_key.get(f"last:{task.id.hex}", {})
    value: Any = False
    if condition:
        variables: Mapping[str, Any] = run.scopes.view(task)
        for name, written in last.items():
            variables = WithVariable(name, written, variables)
        try:
            value = run.environment.evaluate(condition.removeprefix("="), variables)
            if not isinstance(value, bool | None):
                raise ExecutionFailed(
                    "COMPLETION_CONDITION_NOT_BOOLEAN",
                    element=element.label,
                    condition=condition,
                    value=repr(value)[:80],
                )
        except Exception as problem:
            run.fail(task, problem, "expression")
            return None
    run.scopes.close("last", task)
    task.internal_data.pop(FAILURE, None)
    return value is True
