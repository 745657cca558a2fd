"""Runs a diagram on the plain library, for the reproductions beside this file."""

from __future__ import annotations

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

HEAD = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="D" targetNamespace="x">'


def flow(*ids: str) -> str:
    """Sequence flows from each to the next."""
    pairs = zip(ids, ids[1:], strict=False)  # noqa: RUF007 - the oldest Python that the library runs on
    return "".join(f'<sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairs)


def conditional(source: str, target: str, condition: str) -> str:
    """A sequence flow with a condition."""
    inner = f"<conditionExpression>{condition}</conditionExpression>"
    return f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def workflow(body: str, before: str = "") -> BpmnWorkflow:
    """A process with this inside, begun."""
    parser: Any = BpmnParser()
    xml = f'{HEAD}{before}<process id="P" isExecutable="true">{body}</process></definitions>'
    parser.add_bpmn_xml(etree.fromstring(xml))
    found = BpmnWorkflow(parser.get_spec("P"))
    found.do_engine_steps()
    return found


def ready(running: BpmnWorkflow, name: str) -> list[Task]:
    """The open tasks of an activity."""
    return [t for t in running.tasks.values() if t.state == TaskState.READY and t.task_spec.name == name]


def complete(running: BpmnWorkflow, name: str, **data: Any) -> None:
    """Do one open task of an activity."""
    task = ready(running, name)[0]
    task.data.update(data)
    task.run()
    running.do_engine_steps()
