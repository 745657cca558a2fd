"""Finds the browser that the tests drive: the system's Chromium, else the one that apt can bring.

As a program it prints the browser's path; with `--install` it tries apt when there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
VARIABLE = "PATTI_CHROMIUM"

HOW_TO = (
    "The browser tests need Chromium and none was found. "
    "Install it (on Debian: sudo apt install chromium) or put its path in the variable PATTI_CHROMIUM."
)


def find() -> str | None:
    """Path of the browser, or None when this machine has none."""
    named = os.environ.get(VARIABLE)
    if named:
        return named
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    return None


def install() -> bool:
    """Bring Chromium by apt, as root or through a sudo that asks for no password; True when it is there."""
    apt = shutil.which("apt-get")
    if apt is None:
        return False
    prefix: list[str] = []
    if os.geteuid() != 0:
        sudo = shutil.which("sudo")
        if sudo is None:
            return False
        prefix = [sudo, "-n"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        done = subprocess.run(
            [*prefix, apt, *command], env=environment, stdin=subprocess.DEVNULL, check=False
        )
        if done.returncode != 0:
            return False
    return find() is not None


def main() -> None:
    """Print the path, or end with the sentence that says how to have a browser."""
    path = find()
    if path is None and "--install" in sys.argv[1:] and install():
        path = find()
    if path is None:
        sys.exit(HOW_TO)
    print(f"Browser: {path}")


if __name__ == "__main__":
    main()
