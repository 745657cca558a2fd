"""Two ways to play a diagram of blocks: our run, saved and restored between all steps, and the plain library.

Both are asked the same: which tasks wait for a person, do one, what has been completed. Conditions look at variables
kept outside of both, so that only the way of the tokens is compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.script_engine.python_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.specs.defaults import ParallelMultiInstanceTask, SequentialMultiInstanceTask, UserTask
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.languages.bpmn import lint, read_diagram
from engine.languages.bpmn.lint import LintContext
from engine.languages.bpmn.model import Element
from engine.spiff import ProcessRun, compile_process
from tests.bpmn.traces import Node

Values = Mapping[str, int]
_Repeated = (ParallelMultiInstanceTask, SequentialMultiInstanceTask)


class _Lookup:
    """The value of ``a == 1`` or of a number; nothing else is written in these diagrams."""

    def __init__(self) -> None:
        self.values: Values = {}

    def value(self, text: str) -> Any:
        text = text.removeprefix("=").strip()
        name, equal, number = text.replace("==", "=").partition("=")
        return self.values[name.strip()] == int(number) if equal else {} if text == "{}" else int(text)


class Ours:
    """Our run; nothing but its bytes lives between two steps."""

    def __init__(self, content: bytes, values: Values) -> None:
        diagram = read_diagram(content, "p.bpmn")
        findings = [str(one) for one in lint(diagram, LintContext()) if one.severity == "error"]
        assert not findings, findings
        self._program = compile_process("p", [diagram])
        self._look = _Lookup()
        self._look.values = values
        self.passed: list[str] = []
        self._state = ProcessRun.start(self._program, self, {}).dump()

    def _run(self) -> ProcessRun:
        return ProcessRun.restore(self._program, self, self._state)

    def evaluate(self, text: str, variables: Any) -> Any:
        """Asked by the run."""
        return self._look.value(text)

    max_attempts = 1

    def publish_event(self, kind: str, element: Element, name: str, variables: Any, values: Any) -> None:
        """No diagram here throws."""
        raise NotImplementedError

    def record(self, kind: str, element: Element | None = None, data: Any = None) -> None:
        """Told by the run."""
        if kind == "element.passed" and element is not None:
            self.passed.append(element.id)

    def call_operation(self, element: Element, inputs: Any, variables: Any) -> Mapping[str, Any]:
        """There are no operations."""
        raise AssertionError(element.id)

    def evaluate_decision(self, element: Element, variables: Any) -> Any:
        """There are no decisions."""
        raise AssertionError(element.id)

    @property
    def ready(self) -> Counter[str]:
        """The tasks that wait for a person."""
        return Counter(wait.element.id for wait in self._run().wait_states())

    @property
    def failed(self) -> list[str]:
        """What stopped."""
        return [f"{one.element.id}: {one.sentence}" for one in self._run().failures()]

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._run().completed

    def complete(self, element_id: str, values: Values) -> None:
        """Do a task that waits."""
        self._look.values = values
        run = self._run()
        token = next(wait.token for wait in run.wait_states() if wait.element.id == element_id)
        run.complete_task(token, {})
        self._state = run.dump()


class _Engine(PythonScriptEngine):  # type: ignore[misc]
    def __init__(self, look: _Lookup) -> None:
        super().__init__()
        self._look = look

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        return self._look.value(expression)

    def execute(self, task: Any, script: str, external_context: Any = None) -> bool:
        return True


class Plain:
    """The library as it is, in memory."""

    def __init__(self, content: bytes, values: Values) -> None:
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(content))
        spec = parser.get_spec("p")
        self._look = _Lookup()
        self._look.values = values
        self._workflow = BpmnWorkflow(
            spec, parser.get_subprocess_specs("p"), script_engine=_Engine(self._look)
        )
        self._settle()

    def _settle(self) -> None:
        """All that is automatic; the library lets a person do what has no type, elsewhere the token just passes."""
        while True:
            self._workflow.do_engine_steps()
            self._workflow.update_waiting_tasks()
            automatic = [task for task in self._ready() if not isinstance(task.task_spec, UserTask)]
            if not automatic:
                return
            if automatic[0].task_spec.manual:
                automatic[0].run()

    def _ready(self) -> list[Task]:
        return [task for task in self._workflow.get_tasks() if task.state == TaskState.READY]

    def _waiting(self) -> list[Task]:
        return [task for task in self._ready() if isinstance(task.task_spec, UserTask)]

    @property
    def ready(self) -> Counter[str]:
        """The tasks that wait for a person."""
        return Counter(_drawn(task) for task in self._waiting())

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return bool(self._workflow.is_completed())

    def complete(self, element_id: str, values: Values) -> None:
        """Do a task that waits."""
        self._look.values = values
        next(task for task in self._waiting() if _drawn(task) == element_id).run()
        self._settle()

    def order(self, drawn: frozenset[str]) -> list[Node]:
        """What has been completed, each with what must have come before it: what is above it in the tree, or inside."""
        every = self._workflow.get_tasks()
        done = [task for task in every if task.state == TaskState.COMPLETED and _drawn(task) in drawn]
        index = {task.id: number for number, task in enumerate(done)}
        around = {task.id: [one.id for one in self._around(task)] for task in done}
        nodes = []
        for task in done:
            above = self._above(task)
            while above is not None and (above.id not in index or above.id in around[task.id]):
                above = self._above(above)
            before = [index[other] for other, outer in around.items() if task.id in outer]
            nodes.append(
                Node(_drawn(task), frozenset(before + ([index[above.id]] if above is not None else [])))
            )
        return nodes

    def _above(self, task: Task) -> Task | None:
        if task.parent is None and task.workflow.parent_task_id is not None:
            return self._workflow.get_task_from_id(task.workflow.parent_task_id)
        return task.parent

    def _around(self, task: Task) -> list[Task]:
        """The subprocesses that a task lies in and the repeated activities that it is a run of: they end after it."""
        found: list[Task] = []
        while True:
            if task.triggered and isinstance(task.parent.task_spec, _Repeated):
                task = task.parent
                found.append(task)
            if task.workflow.parent_task_id is None:
                return found
            task = self._workflow.get_task_from_id(task.workflow.parent_task_id)
            found.append(task)


def _drawn(task: Task) -> str:
    """The element of a task; the runs of a repeated one carry its name with a word behind it."""
    return str(task.task_spec.bpmn_id or task.task_spec.name.removesuffix(" [child]"))


class Silent:
    """A host where every expression is null, every operation does nothing and nobody listens."""

    def evaluate(self, text: str, variables: Mapping[str, Any]) -> Any:
        """Nothing."""
        return None

    def call_operation(
        self, element: Element, inputs: Mapping[str, Any], variables: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Nothing."""
        return {}

    def evaluate_decision(self, element: Element, variables: Mapping[str, Any]) -> Any:
        """Nothing."""
        return None

    def record(
        self, kind: str, element: Element | None = None, data: Mapping[str, Any] | None = None
    ) -> None:
        """Nobody listens."""

    max_attempts = 1

    def publish_event(self, kind: str, element: Element, name: str, variables: Any, values: Any) -> None:
        """It reaches nobody."""
