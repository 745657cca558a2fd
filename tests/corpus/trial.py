"""Tries one diagram: as it is, then dressed for running; every way it can go has a name."""

from __future__ import annotations

import signal
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from engine.errors import InvalidInput
from engine.languages.bpmn.parser import parse_xml
from engine.spiff import loop_detection
from engine.storage import migrate
from tests.corpus.completion import CALLED_PROCESS, dressed, processes
from tests.corpus.files import Drawing
from tests.corpus.flow_check import doubts
from tests.corpus.walk import Walker

SECONDS = 30
MOST_AUTOMATIC_STEPS = 3_000
"""Choices by chance turn some automatic loops for ever; here that is found out sooner than in real life."""
GOOD = ("walked", "halted", "refused")
TRUE_ENDS = (
    "non è previsto dal diagramma",
    "aspetta un ramo che non arriverà più",
    "gira senza fermarsi",
    "not over after",
)
"""What an incident says of a drawing that itself leads nowhere: an error that nothing catches, a join that waits for a
branch not taken, a loop of automatic steps, a loop that nothing leaves. Such a walk is halted, not wrong."""


@dataclass(frozen=True)
class Result:
    """What became of a diagram.

    `strict` holds the finding codes that refuse it as it is (empty: deployed). `outcome` is of the dressed diagram:
    walked, halted (as drawn), refused (with `codes`), or a failure: stopped, stuck, endless, wrong, crash, hang.
    `why` tells more.
    """

    name: str
    outcome: str
    strict: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    walks: int = 0
    steps: int = 0
    findings: tuple[str, ...] = field(default=())

    @property
    def good(self) -> bool:
        """Walked to its end, or refused with findings."""
        return self.outcome in GOOD


class TooLong(BaseException):
    """A diagram took more than its time; no step may take it for a failure of its own."""


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Raise TooLong in this (main) thread when the block computes for longer."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooLong(f"more than {seconds} s")

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


class Trial:
    """Tries diagrams on a database of its own, renewed now and then."""

    RENEWED_AFTER = 150

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="corpus-")
        self._template = Path(self._folder.name) / "template.db"
        migrate(f"sqlite:///{self._template}")
        loop_detection.MAX_ELEMENTS_PASSED = MOST_AUTOMATIC_STEPS
        self._tried = 0
        self._walker: Walker | None = None

    def close(self) -> None:
        """Drop the database."""
        if self._walker is not None:
            self._walker.close()
        self._folder.cleanup()

    @property
    def walker(self) -> Walker:
        """The walker, on a database that has not grown too large."""
        if self._walker is None or self._tried % self.RENEWED_AFTER == 0:
            if self._walker is not None:
                self._walker.close()
            file = Path(self._folder.name) / f"{self._tried}.db"
            file.write_bytes(self._template.read_bytes())
            self._walker = Walker(f"sqlite:///{file}")
            self._walker.deploy(CALLED_PROCESS, "corpus_chiamato.bpmn")
        self._tried += 1
        return self._walker

    def of(self, drawing: Drawing) -> Result:
        """Try one file."""
        try:
            with at_most(SECONDS):
                return self._tried_within(drawing)
        except TooLong as problem:
            self._walker = None
            return Result(drawing.name, "hang", why=(str(problem),))
        except Exception as problem:
            self._walker = None
            told = traceback.format_exc().strip().splitlines()
            where = [line.strip() for line in told if line.strip().startswith("File")][-1:]
            return Result(drawing.name, "crash", why=(f"{type(problem).__name__}: {problem}", *where))

    def _tried_within(self, drawing: Drawing) -> Result:
        walker = self.walker
        strict: tuple[str, ...] = ()
        try:
            walker.deploy(drawing.content)
        except InvalidInput as problem:
            strict = _codes(problem)
            if not strict:
                return Result(drawing.name, "crash", why=(f"refused without a finding: {problem}",))
        try:
            root = parse_xml(drawing.content, drawing.name)
        except InvalidInput:
            return Result(drawing.name, "refused", strict, strict)
        found = processes(root)
        if not found:
            return Result(drawing.name, "refused" if strict else "crash", strict, strict)
        parts = [self._walked(walker, drawing, dressed(root, number), number) for number in range(len(found))]
        return _together(drawing.name, strict, parts)

    @staticmethod
    def _walked(walker: Walker, drawing: Drawing, content: bytes, number: int) -> Result:
        name = f"{drawing.name}#{number}"
        try:
            key = walker.deploy(content)
        except InvalidInput as problem:
            codes = _codes(problem)
            if not codes:
                return Result(name, "crash", why=(f"refused without a finding: {problem}",))
            told = tuple(str(one) for one in problem.findings if one.severity == "error")
            return Result(name, "refused", codes=codes, findings=told)
        walk = walker.walk(key, name)
        if walk.outcome == "stopped" and any(words in walk.why for words in TRUE_ENDS):
            return Result(name, "halted", why=(walk.why,), walks=1, steps=walk.steps)
        if walk.outcome != "ended":
            return Result(name, walk.outcome, why=(walk.why,), walks=1, steps=walk.steps)
        wrong = doubts(walk.model, walk.passed)
        return Result(name, "wrong" if wrong else "walked", why=tuple(wrong), walks=1, steps=walk.steps)


def _codes(problem: Any) -> tuple[str, ...]:
    return tuple(sorted({one.code for one in problem.findings if one.severity == "error"}))


def _together(name: str, strict: tuple[str, ...], parts: list[Result]) -> Result:
    """The result of a file from those of its processes: the worst of them."""
    bad = [one for one in parts if not one.good]
    found = {one.outcome for one in parts}
    outcome = bad[0].outcome if bad else next(one for one in ("refused", "halted", "walked") if one in found)
    return Result(
        name,
        outcome,
        strict,
        tuple(sorted({code for one in parts for code in one.codes})),
        tuple(text for one in parts for text in one.why),
        sum(one.walks for one in parts if one.good),
        sum(one.steps for one in parts),
        tuple(text for one in parts for text in one.findings),
    )
