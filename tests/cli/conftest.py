"""The command line on a database of its own, with an administrator and a social worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., Result]


@pytest.fixture
def command_line(sqlite_url: str) -> Run:
    """Runs a command; the users are `ada`, an administrator, and `anna`, a social worker."""
    environment = {
        "PATTI_DATABASE_URL": sqlite_url,
        "PATTI_PROCESSES_FOLDER": str(ROOT / "processes"),
        "PATTI_LOG_LEVEL": "ERROR",
    }

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments, env=environment)

    for name, role in (("ada", "amministratore"), ("anna", "assistente_sociale")):
        made = run("user", "create", name, "--nome", name.title(), "--ruolo", role, "--senza-password")
        assert made.exit_code == 0, made.output
    return run
