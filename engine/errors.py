"""Every error the engine raises on purpose. The HTTP status of each is known only to `web/errors.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing wrong in a file that an analyst wrote: what, where, and how to mend it.

    `line` counts from 1 and is 0 when the file has no lines to speak of.
    """

    code: str
    sentence: str
    file: str = ""
    element_id: str = ""
    element_name: str = ""
    line: int = 0
    severity: str = "error"

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line or "") if part)
        element = (
            f" [{self.element_id}{f' «{self.element_name}»' if self.element_name else ''}]"
            if self.element_id
            else ""
        )
        return f"{place}{element} {self.code}: {self.sentence}".strip()


class EngineError(Exception):
    """Base of all: a stable `code` for programs and a sentence in Italian for people."""

    code = "ENGINE_ERROR"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class Rejected(EngineError):
    """The caller asked for something that cannot be; nothing has changed."""

    code = "REJECTED"


class NotFound(Rejected):
    """No such thing, or none that this actor may see."""

    code = "NOT_FOUND"


class InvalidState(Rejected):
    """The thing exists but is not in a state that allows the request (already completed, suspended…)."""

    code = "INVALID_STATE"


class Forbidden(Rejected):
    """The actor may not do this."""

    code = "FORBIDDEN"


class InvalidInput(Rejected):
    """Values or files that do not hold; `fields` maps form fields to sentences, `findings` list a file's faults."""

    code = "INVALID_INPUT"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        fields: Mapping[str, str] | None = None,
        findings: Sequence[Finding] = (),
    ) -> None:
        super().__init__(message, code=code)
        self.fields = dict(fields or {})
        self.findings = tuple(findings)


class ExecutionFailed(EngineError):
    """An operation, expression or decision failed while an instance was advancing: it becomes an incident."""

    code = "EXECUTION_FAILED"


class Misconfigured(EngineError):
    """The settings or the environment do not allow the engine to start."""

    code = "MISCONFIGURED"


class BusinessError(Exception):
    """Raised by an operation to send the process to the error boundary event with this `code`.

    The `message` is a sentence in Italian that the diagram may show to the operator.
    """

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
