"""Executes automatic activities: operations, decisions, FEEL scripts, calls of other processes, standard loops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.task import Task

from engine.errors import BusinessError, ExecutionFailed
from engine.languages.bpmn.model import DataMapping, Element
from engine.spiff.internal_data import LOOP_AGAIN, LOOP_TURNS
from engine.spiff.run_state import RunState, ThrownEvent
from engine.spiff.variable_scopes import LOOP_COUNTER, CopyOnRead, WithVariable, deep_copy

MAX_CALL_DEPTH = 100
"""How deep calls and subprocesses may be nested."""


def execute(run: RunState, task: Task) -> bool:
    """Do an automatic task. False when it has failed or thrown an error, and its token stays."""
    try:
        _execute(run, task)
    except BusinessError as error:
        run.thrown.append(ThrownEvent("error", task, error.code, error.message))
        return False
    except Exception as problem:
        run.fail(task, problem, "operation")
        return False
    return True


def _execute(run: RunState, task: Task) -> None:
    element: Element = task.task_spec.element
    variables = run.scopes.view(task)
    if element.type == "scriptTask":
        _run_script(run, task, element, variables)
    elif element.type == "businessRuleTask" and element.decision:
        result = run.environment.evaluate_decision(element, variables)
        run.scopes.write(task, {element.result_variable: result})
    elif not element.topic and element.message:
        _send_message(run, element, variables)
    else:
        _call_operation(run, task, element, variables)


def _inputs(run: RunState, element: Element, variables: Mapping[str, Any]) -> dict[str, Any]:
    return {name: deep_copy(run.evaluate_parameter(text, variables)) for name, text in element.inputs}


def _send_message(run: RunState, element: Element, variables: Mapping[str, Any]) -> None:
    inputs = _inputs(run, element, variables)
    name = str(run.evaluate_parameter(element.message, variables) or "")
    if not name:
        raise ExecutionFailed("MESSAGE_NAME_EMPTY", element=element.label)
    run.environment.publish_event("message", element, name, variables, inputs)


def _call_operation(run: RunState, task: Task, element: Element, variables: Mapping[str, Any]) -> None:
    inputs = _inputs(run, element, variables)
    result = dict(run.environment.call_operation(element, inputs, CopyOnRead(variables)))
    run.scopes.change_count += 1  # an operation may have changed what no variable shows
    with_result = WithVariable("risultato", result, variables)
    outputs = {name: run.evaluate_parameter(text, with_result) for name, text in element.outputs}
    run.scopes.write(task, outputs)


def _run_script(run: RunState, task: Task, element: Element, variables: Mapping[str, Any]) -> None:
    value = run.environment.evaluate(element.script.removeprefix("="), variables)
    if element.result_variable:
        run.scopes.write(task, {element.result_variable: value})
    elif isinstance(value, Mapping):
        run.scopes.write(task, value)
    else:
        raise ExecutionFailed("SCRIPT_RESULT_WITHOUT_VARIABLE", element=element.label)


# -- call activities -----------------------------------------------------------------------------------------------


def enter_call(run: RunState, task: Task) -> None:
    """Open the variables of a called process; without any camunda:in it receives all variables."""
    run.enter(task)
    variables = run.scopes.view(task)
    element: Element = task.task_spec.element
    if getattr(task.workflow, "depth", 0) >= MAX_CALL_DEPTH:
        raise ExecutionFailed(
            "CALLS_TOO_DEEP", element=element.label, process=element.called_element, depth=MAX_CALL_DEPTH
        )
    mappings = element.in_mappings
    run.scopes.open("call", task, _map_variables(run, mappings, variables) if mappings else dict(variables))


def leave_call(run: RunState, task: Task) -> None:
    """Close the variables of a called process; without any camunda:out all come back."""
    element: Element = task.task_spec.element
    values = run.scopes.close("call", task)
    if element.out_mappings:
        values = _map_variables(run, element.out_mappings, values)
    elif run.scopes.in_standard_loop(task):  # the called process has seen the counter, which is not stored
        values.pop(LOOP_COUNTER, None)
    run.scopes.write(task, values)


def _map_variables(
    run: RunState, mappings: tuple[DataMapping, ...], source: Mapping[str, Any]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for mapping in mappings:
        if mapping.all_variables:
            values.update(source)
        elif mapping.is_expression:
            values[mapping.target] = run.environment.evaluate(mapping.source.removeprefix("="), source)
        else:
            values[mapping.target] = source.get(mapping.source)
    return values


# -- standard loops ------------------------------------------------------------------------------------------------


def evaluate_loop(run: RunState, task: Task) -> None:
    """Decide whether a standard loop has another turn; its condition sees the number of that turn."""
    element: Element = task.task_spec.element
    loop = element.loop
    assert loop is not None
    turns: int = task.internal_data.setdefault(LOOP_TURNS, 0)
    if not turns:
        run.enter(task)
    run.scopes.change_count += 1  # the number of the turn has changed
    if loop.maximum is not None and turns >= loop.maximum:
        again = False
    elif (not turns and not loop.test_before) or not loop.condition:
        again = True
    else:
        variables = WithVariable(LOOP_COUNTER, turns + 1, run.scopes.view(task))
        again = run.environment.evaluate(loop.condition.removeprefix("="), variables)
        if not isinstance(again, bool):
            raise ExecutionFailed(
                "LOOP_CONDITION_NOT_BOOLEAN",
                element=element.label,
                condition=loop.condition,
                value=repr(again)[:80],
            )
    task.internal_data[LOOP_AGAIN] = again
