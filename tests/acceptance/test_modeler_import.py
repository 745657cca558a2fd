"""The library inside the Camunda Modeler reads every diagram without a warning."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
ASSETS = ROOT / "web" / "assets"
IMPORT = """
import { BpmnModdle } from "bpmn-moddle";
import { readFileSync } from "node:fs";
const found = {};
for (const file of process.argv.slice(1)) {
  const { rootElement, warnings } = await new BpmnModdle().fromXML(readFileSync(file, "utf8"));
  found[file] = { warnings: warnings.map((w) => w.message), diagrams: rootElement.diagrams.length };
}
console.log(JSON.stringify(found));
"""


def test_every_diagram_opens_without_warnings() -> None:
    files = sorted(str(path) for path in (ROOT / "processes").glob("*.bpmn"))
    assert files
    done = subprocess.run(
        ["node", "--input-type=module", "--eval", IMPORT, "--", *files],
        cwd=ASSETS,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    opened = json.loads(done.stdout)
    assert [path for path in opened if opened[path]["warnings"]] == []
    assert len(opened) == len(files)
    assert all(opened[path]["diagrams"] >= 1 for path in opened)
