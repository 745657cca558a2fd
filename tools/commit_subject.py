"""Refuses a commit message whose subject is empty or longer than 60 characters; called with the file that holds it."""

from __future__ import annotations

import itertools
import re
import sys
from pathlib import Path

LONGEST = 60

SCISSORS = re.compile(r"# -+ >8 -+$")
"""The line below which `git commit --verbose` shows the change itself."""

AUTOSQUASH = re.compile(r"((fixup|squash|amend)! )+")
"""What git puts before the subject of a commit that a rebase will merge into another."""


def fault_of(message: str) -> str:
    """What is wrong with a commit message, empty when nothing is. Lines that begin with `#` do not count."""
    written = itertools.takewhile(lambda line: not SCISSORS.match(line), message.splitlines())
    lines = [line.rstrip() for line in written if not line.startswith("#")]
    subject, *rest = list(itertools.dropwhile(lambda line: not line, lines)) or [""]
    subject = AUTOSQUASH.sub("", subject, count=1)
    if not subject:
        return "The commit has no subject: say in one line what changed."
    if len(subject) > LONGEST:
        return f"The subject has {len(subject)} characters, at most {LONGEST} are read: move the rest below."
    if rest and rest[0]:
        return "Leave an empty line after the subject."
    return ""


def main(arguments: list[str]) -> int:
    """Check the file named on the command line; 1 with a sentence when it is refused."""
    fault = fault_of(Path(arguments[0]).read_text(encoding="utf-8"))
    if fault:
        print(fault, file=sys.stderr)
    return int(bool(fault))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
