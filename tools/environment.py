"""Makes `.venv`: an environment of the project's own, with exactly the packages of the lock file.

    python3 tools/environment.py run     what running needs
    python3 tools/environment.py dev     and what tests and checks need

A second call looks at hashes and returns at once. Needs Python's standard library only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
LOCKS = {"run": "requirements.lock", "dev": "requirements-dev.lock"}
OLDEST = (3, 11)


class NoEnvironment(Exception):
    """The environment could not be made; the message says what to do."""


def base_python() -> str:
    """A Python new enough to run the project: this one, else the newest on the path."""
    if sys.version_info >= OLDEST:
        return sys.executable
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        if found:
            return found
    wanted = ".".join(map(str, OLDEST))
    raise NoEnvironment(
        f"Python {wanted} or newer is needed; this is {sys.version.split()[0]}. Install it and retry."
    )


def run(*command: str) -> bool:
    """Run a command whose output is shown; True when it went well."""
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def make_venv(python: str) -> None:
    """An empty environment with pip, in place of what is there; Debian keeps `venv` in a package apart."""
    if run(python, "-m", "venv", "--clear", str(VENV)):
        return
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        version = subprocess.check_output(
            [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], text=True
        ).strip()
        run("apt-get", "update", "-qq")
        if run("apt-get", "install", "-y", "-qq", f"python{version}-venv") and run(
            python, "-m", "venv", "--clear", str(VENV)
        ):
            return
    raise NoEnvironment(
        "Python cannot make an environment here. On Debian or Ubuntu: sudo apt install python3-venv"
    )


def once(name: str, wanted: str) -> Path | None:
    """The stamp to write when the step `name` is done, or None when it was done already for `wanted`."""
    stamp = VENV / f".stamp-{name}"
    if stamp.is_file() and stamp.read_text() == wanted:
        return None
    return stamp


def digest(*parts: str | bytes) -> str:
    """One hash of several texts."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(part.encode() if isinstance(part, str) else part)
        sha.update(b"\0")
    return sha.hexdigest()


def pip(*arguments: str) -> bool:
    """Run the environment's own pip, quietly."""
    return run(str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments)


def ensure(level: str) -> None:
    """Bring `.venv` to what `level` needs (see LOCKS). Raises NoEnvironment with what to do."""
    # scripts of an environment hold its path: a moved folder needs a new one
    place = digest(str(VENV))
    if once("place", place) or not PYTHON.exists():
        print("Creo l'ambiente Python in .venv", flush=True)
        make_venv(base_python())
        (VENV / ".stamp-place").write_text(place)
    if level == "run" and not once("dev", digest((ROOT / LOCKS["dev"]).read_bytes())):
        level = "dev"  # what tests need holds what running needs, in the same versions
    lock = ROOT / LOCKS[level]
    wanted = digest(lock.read_bytes())
    stamp = once(level, wanted)
    if stamp:
        print(f"Installo i pacchetti di {lock.name}", flush=True)
        if not pip("--require-hashes", "-r", str(lock)):
            raise NoEnvironment(
                f"The packages of {lock.name} could not be installed: pip's own words are above."
            )
        stamp.write_text(wanted)
    wanted = digest((ROOT / "pyproject.toml").read_bytes())
    stamp = once("project", wanted)
    if stamp:
        if not pip("--no-deps", "--no-build-isolation", "-e", str(ROOT)):
            raise NoEnvironment("The project itself could not be installed: pip's own words are above.")
        stamp.write_text(wanted)


if __name__ == "__main__":
    try:
        ensure(sys.argv[1] if len(sys.argv) > 1 else "run")
    except NoEnvironment as error:
        sys.exit(str(error))
