"""What automatic activities do: operations, decisions, FEEL scripts, calls of other processes, multi-instance runs."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.task import Task

from engine.errors import ExecutionFailed
from engine.languages.bpmn.model import DataMapping, Element
from engine.spiff.gateway_joins import FAILURE
from engine.spiff.standard_loop import AGAIN, TURNS
from engine.spiff.variable_scopes import LOOP_COUNTER, Lent, own

if TYPE_CHECKING:
    from engine.spiff.process_run import ProcessRun

MOST_ITEMS = 1_000
DEEPEST = 100
"""How far processes may call one another, and subprocesses lie in one another, below a call."""


class With(Mapping[str, Any]):
    """Variables with one more value in front of them."""

    def __init__(self, name: str, value: Any, behind: Mapping[str, Any]) -> None:
        self._name, self._value, self._behind = name, value, behind

    def __getitem__(self, name: str) -> Any:
        return self._value if name == self._name else self._behind[name]

    def __contains__(self, name: object) -> bool:
        return name == self._name or name in self._behind

    def __iter__(self) -> Any:
        yield self._name
        yield from (name for name in self._behind if name != self._name)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def value_of(run: ProcessRun, text: str, variables: Mapping[str, Any]) -> Any:
    """The value of a parameter's text: FEEL after ``=``, otherwise the text itself."""
    return run.host.evaluate(text[1:], variables) if text.startswith("=") else text


def perform(run: ProcessRun, task: Task) -> None:
    """Do an automatic task. Raises BusinessError or whatever made it fail."""
    element: Element = task.task_spec.element
    view = run.scopes.view(task)
    if element.type == "scriptTask":
        _script(run, task, element, view)
    elif element.type == "businessRuleTask" and element.decision:
        run.scopes.write(task, {element.result_variable: run.host.decide(element, view)})
    else:
        inputs = {name: own(value_of(run, text, view)) for name, text in element.inputs}
        if not element.topic and element.message:
            name = str(value_of(run, element.message, view) or "")
            if not name:
                raise ExecutionFailed(f"«{element.label}»: il nome del messaggio è vuoto")
            run.host.send("message", element, name, view, inputs)
            return
        result = dict(run.host.call(element, inputs, Lent(view)))
        run.scopes.changes += 1  # what an operation did may show nowhere else
        seen = With("risultato", result, view)
        run.scopes.write(task, {name: value_of(run, text, seen) for name, text in element.outputs})


def _script(run: ProcessRun, task: Task, element: Element, view: Mapping[str, Any]) -> None:
    value = run.host.evaluate(element.script.removeprefix("="), view)
    if element.result_variable:
        run.scopes.write(task, {element.result_variable: value})
    elif isinstance(value, Mapping):
        run.scopes.write(task, value)
    else:
        raise ExecutionFailed(
            f"«{element.label}» dà un valore solo: nomina la variabile o scrivi un contesto {{nome: valore}}"
        )


def _mapped(run: ProcessRun, mappings: tuple[DataMapping, ...], source: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for mapping in mappings:
        if mapping.everything:
            values.update(source)
        elif mapping.is_expression:
            values[mapping.target] = run.host.evaluate(mapping.source.removeprefix("="), source)
        else:
            values[mapping.target] = source.get(mapping.source)
    return values


def enter_call(run: ProcessRun, task: Task) -> None:
    """Open the variables of a called process; without any camunda:in it receives all."""
    run.entered(task)
    view = run.scopes.view(task)
    element: Element = task.task_spec.element
    if getattr(task.workflow, "depth", 0) >= DEEPEST:
        raise ExecutionFailed(
            f"«{element.label}» chiama «{element.called}» dentro {DEEPEST} altri processi: manca la condizione che "
            "smette di chiamare"
        )
    run.scopes.open("call", task, _mapped(run, element.ins, view) if element.ins else dict(view))


def leave_call(run: ProcessRun, task: Task) -> None:
    """Close them; without any camunda:out all come back."""
    element: Element = task.task_spec.element
    values = run.scopes.close("call", task)
    if element.outs:
        values = _mapped(run, element.outs, values)
    elif run.scopes.counted(task):  # the number of the turn was shown to it, and is nobody's variable
        values.pop(LOOP_COUNTER, None)
    run.scopes.write(task, values)


def ask_loop(run: ProcessRun, task: Task) -> None:
    """Work out whether a standard loop has another turn; its condition sees the number of that turn."""
    element: Element = task.task_spec.element
    loop = element.loop
    assert loop is not None
    turns: int = task.internal_data.setdefault(TURNS, 0)
    if not turns:
        run.entered(task)
    run.scopes.changes += 1  # the number of the turn has changed
    if loop.maximum is not None and turns >= loop.maximum:
        again = False
    elif (not turns and not loop.test_before) or not loop.condition:
        again = True
    else:
        seen = With(LOOP_COUNTER, turns + 1, run.scopes.view(task))
        again = run.host.evaluate(loop.condition.removeprefix("="), seen)
        if not isinstance(again, bool):
            raise ExecutionFailed(
                f"«{element.label}»: la condizione del ciclo «{loop.condition}» non dà vero o falso ma {again!r:.80}"
            )
    task.internal_data[AGAIN] = again


def open_items(run: ProcessRun, task: Task) -> None:
    """Find the items that a multi-instance activity runs over."""
    run.entered(task)
    task.internal_data.update(merged=[], items=_items(run, task))


def _items(run: ProcessRun, task: Task) -> list[Any]:
    element: Element = task.task_spec.element
    loop = element.multi_instance
    assert loop is not None
    view = run.scopes.view(task)
    if loop.collection:
        items = run.host.evaluate(loop.collection.removeprefix("="), view)
        if items is None:
            items = []
        if not isinstance(items, list):
            raise ExecutionFailed(
                f"«{element.label}»: la collezione «{loop.collection}» non è un elenco ma {items!r:.80}"
            )
    else:
        count = run.host.evaluate(loop.cardinality.removeprefix("="), view)
        if not isinstance(count, int | Decimal) or count != int(count) or count < 0:
            raise ExecutionFailed(
                f"«{element.label}»: il numero di ripetizioni deve essere un intero, non {count!r:.80}"
            )
        items = [Decimal(number) for number in range(1, min(int(count), MOST_ITEMS + 1) + 1)]
    if len(items) > MOST_ITEMS:
        raise ExecutionFailed(f"«{element.label}»: più di {MOST_ITEMS} ripetizioni")
    return items


def open_item(run: ProcessRun, task: Task, child: Task, index: int) -> None:
    """Open the variables of one multi-instance run."""
    loop = task.task_spec.element.multi_instance
    values = {LOOP_COUNTER: index + 1}
    if loop.element_variable:
        values[loop.element_variable] = task.internal_data["items"][index]
    run.scopes.open("item", child, values)


def gather(run: ProcessRun, task: Task, child: Task) -> None:
    """Keep what one run wrote, in the order of the items; `raccogli` names the list outside."""
    loop = task.task_spec.element.multi_instance
    values = run.scopes.close("item", child)
    run.scopes.open("last", task, values)
    values = {name: value for name, value in values.items() if name != LOOP_COUNTER}
    results = dict(task.internal_data.get("results") or {})
    results[str(child.internal_data["index"])] = values
    task.internal_data["results"] = results
    if loop.gather:
        ordered = [results[key] for key in sorted(results, key=int)]
        run.scopes.write(task, {loop.gather: ordered})


def completion_condition(run: ProcessRun, task: Task) -> bool | None:
    """Whether the activity may end before all its runs; the condition sees what the last run wrote.

    None when it cannot be worked out: then the activity has failed, and asks again when it is tried again or when
    another run ends.
    """
    element: Element = task.task_spec.element
    condition = element.multi_instance.condition if element.multi_instance else ""
    last = run.scopes.sets.get(f"last:{task.id.hex}", {})
    held: Any = False
    if condition:
        seen: Mapping[str, Any] = run.scopes.view(task)
        for name, value in last.items():
            seen = With(name, value, seen)
        try:
            held = run.host.evaluate(condition.removeprefix("="), seen)
            if not isinstance(held, bool | None):
                raise ExecutionFailed(
                    f"«{element.label}»: la condizione di completamento «{condition}» non dà vero o falso ma "
                    f"{held!r:.80}"
                )
        except Exception as problem:
            run.fail(task, problem, "expression")
            return None
    run.scopes.close("last", task)
    task.internal_data.pop(FAILURE, None)
    return held is True
