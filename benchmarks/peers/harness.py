"""Running a harness that lies beside the project: a fresh copy in build/, a program of its own, its printed rates."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.common_work.rounds import Rates

ROOT = Path(__file__).resolve().parents[2]
WORKSHOP = ROOT / "build" / "peers"
PATIENCE_SECONDS = 1200

_PRINTED = {
    "starts": r"^starts(?:/s)? ([\d.]+)",
    "completions": r"^completions/s \(A\+B\) ([\d.]+)",
    "whole": r"^e2e(?:/s)? ([\d.]+)",
    "page_ms": r"list (?:my tasks|100 of).*median ([\d.]+) ms",
}


class Unavailable(Exception):
    """A peer cannot be run here; the message says why."""


def folder() -> Path:
    """Where the harnesses are: in the folder PEERS names, else in ../shared/peers. Raises Unavailable."""
    found = Path(os.environ.get("PEERS", ROOT.parent / "shared" / "peers"))
    if not found.is_dir():
        raise Unavailable("their harnesses are not there (PEERS, ../shared/peers)")
    return found


def copied(name: str) -> Path:
    """A file or folder of the harnesses, copied to where programs may write beside it."""
    source, target = folder() / name, WORKSHOP / name
    if not source.exists():
        raise Unavailable(f"the harness {name} is not there")
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)
    return target


def program(name: str) -> str:
    """The full name of a program on this machine. Raises Unavailable."""
    found = shutil.which(name)
    if found is None:
        raise Unavailable(f"{name} is not on this machine")
    return found


def run(command: Sequence[str], *, where: Path, environment: Mapping[str, str] | None = None) -> str:
    """What a program prints. Raises Unavailable, with the line that tells most, when it fails."""
    try:
        done = subprocess.run(
            command,
            cwd=where,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as problem:
        raise Unavailable(f"{command[0]} took more than {PATIENCE_SECONDS} seconds") from problem
    if done.returncode != 0:
        lines = [line for line in done.stdout.splitlines() if line.strip()] or ["it said nothing"]
        telling = next((line for line in lines if "ERROR" in line), lines[-1])
        raise Unavailable(f"{Path(command[0]).name} failed: {telling.strip()[:300]}")
    return done.stdout


def printed_rates(output: str) -> Rates:
    """The rates among the lines of a harness. Raises Unavailable when there is none."""
    found = {
        name: float(match[1])
        for name, pattern in _PRINTED.items()
        if (match := re.search(pattern, output, re.MULTILINE))
    }
    if "completions" not in found:
        raise Unavailable(f"no rates were printed: {output.strip()[-600:]}")
    return Rates(**found)
