"""Writes the lock files anew from pyproject.toml: every package pinned, with the hashes of its files.

.venv/bin/python tools/lock.py             keep the versions that still fit
.venv/bin/python tools/lock.py --upgrade   take the newest ones that pyproject.toml allows
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMMON = [
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-header",
    "--no-annotate",
    "--quiet",
]
FILES: dict[str, list[str]] = {
    "requirements.lock": ["pyproject.toml", "--group", "build"],
    "requirements-dev.lock": [
        "pyproject.toml",
        "--group",
        "build",
        "--group",
        "dev",
        "-c",
        "requirements.lock",
    ],
    "requirements-node.lock": ["--group", "node"],
}


def main() -> None:
    """Write every lock file; what is run and what is tested get the same versions."""
    for name, what in FILES.items():
        command = [sys.executable, "-m", "uv", "pip", "compile", *what, *COMMON, *sys.argv[1:], "-o", name]
        subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
