"""The engine runs by itself: no business module is loaded, and a small process goes from its start to its end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.databases import Databases

ROOT = Path(__file__).resolve().parents[2]
DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
                  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
  <bpmn:process id="richiesta" name="Richiesta" isExecutable="true" camunda:candidateStarterGroups="chiunque">
    <bpmn:startEvent id="inizio"><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="a" sourceRef="inizio" targetRef="rispondi" />
    <bpmn:userTask id="rispondi" name="Rispondi" camunda:candidateGroups="chiunque">
      <bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="b" sourceRef="rispondi" targetRef="fine" />
    <bpmn:endEvent id="fine"><bpmn:incoming>b</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>
"""
ROLES = """chiunque:
  etichetta: {it: "Chiunque", en: "Anybody"}
  permessi: [case.read, case.start]
"""
PROGRAM = """
import sys
from pathlib import Path

from engine.access.actors import SYSTEM, actor
from engine.engine import Engine
from engine.settings import Settings

url, folder = sys.argv[1:]
engine = Engine.open(Settings(database_url=url, processes_folder=folder, embedded_jobs=False, secret_key="x" * 32))
engine.deployments.deploy_folder(folder, SYSTEM)
somebody = actor("sara", "Sara Prova", ["chiunque"])
started = engine.instances.start("richiesta", {}, somebody, "")
(task,) = engine.inbox.of_instance(started.id, somebody)
assert engine.tasks.complete(task.id, {}, somebody).ended
assert engine.instances.get(started.id, somebody).state == "completed"
engine.close()
loaded = [name for name in sys.modules if name.split(".")[0] in ("modules", "web", "cli", "flask")]
assert not loaded, loaded
print("completed")
"""


def test_an_engine_without_any_module_runs_a_process(
    databases: Databases, database_kind: str, tmp_path: Path
) -> None:
    processes = tmp_path / "processes"
    processes.mkdir()
    (processes / "ruoli.yaml").write_text(ROLES, encoding="utf-8")
    (processes / "richiesta.bpmn").write_text(DIAGRAM, encoding="utf-8")
    with databases.new(database_kind, tmp_path) as url:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, url, str(processes)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert done.stdout.strip().endswith("completed"), done.stdout + done.stderr
