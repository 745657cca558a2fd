"""The floor (the stock library, one document and one commit a step), Viewflow and DBOS, in an environment of their own.

That environment is thrown away with build/: none of these is a dependency of the project, least of all Viewflow (AGPL).
"""

from __future__ import annotations

import functools
import sys
from pathlib import Path

from benchmarks.common_work.databases import Postgres
from benchmarks.common_work.rounds import Rates, Size
from benchmarks.peers.harness import WORKSHOP, copied, printed_rates, program, run

PACKAGES = (
    "SpiffWorkflow==3.2.0",
    "psycopg2-binary~=2.9",
    "psycopg[binary]~=3.3",
    "django-viewflow==2.4.0",
    "dbos==3.4.0",
)
THEIR_PORT = "54329"
"""The port that the harnesses hold near their top."""

SCRIPTS = {
    "floor": ("bench_spiffworkflow_floor.py", ("common_spiff.bpmn",)),
    "viewflow": ("bench_viewflow.py", ("vf",)),
    "dbos": ("bench_dbos.py", ()),
}
TITLES = {
    "floor": "the floor: SpiffWorkflow 3.2.0 alone, one commit a step",
    "viewflow": "Viewflow 2.4.0",
    "dbos": "DBOS 3.4.0 (durable execution, no inbox)",
}


@functools.cache
def interpreter() -> Path:
    """The Python of the peers' environment, made when it is not there. Raises Unavailable."""
    home = WORKSHOP / "venv"
    python = home / "bin" / "python"
    ready = home / "ready"
    if not ready.exists() or ready.read_text(encoding="utf-8") != "\n".join(PACKAGES):
        WORKSHOP.mkdir(parents=True, exist_ok=True)
        run([sys.executable, "-m", "venv", "--clear", str(home)], where=WORKSHOP)
        run([str(python), "-m", "pip", "install", "-q", *PACKAGES], where=WORKSHOP)
        ready.write_text("\n".join(PACKAGES), encoding="utf-8")
    return python


def title(name: str) -> str:
    """The peer with its version."""
    return TITLES[name]


def measure(name: str, server: Postgres, size: Size) -> Rates:
    """One run of one client."""
    if name != "floor":
        program("psql")  # these two make their database with it
    python = interpreter()
    script, parts = SCRIPTS[name]
    for part in parts:
        copied(part)
    file = copied(script)
    file.write_text(file.read_text(encoding="utf-8").replace(THEIR_PORT, str(server.port)), encoding="utf-8")
    database = server.empty("scratch" if name == "floor" else name)
    try:
        numbers = [size.instances, size.whole, *([size.waiting] if name == "viewflow" else [])]
        output = run([str(python), str(file), "postgres", *map(str, numbers)], where=file.parent)
    finally:
        server.drop(database)
    return printed_rates(output)
