"""Every error that the engine raises on purpose. Only `web/errors.py` knows the HTTP status of each.

An error carries a stable code and parameters. Its sentence stands in the catalogue (`engine.localization`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.localization import DEFAULT_LANGUAGE, LocalizedError, Message, in_language


@dataclass(frozen=True)
class Finding:
    """One thing wrong in a file that an analyst wrote: what, where, and how to mend it.

    `line` counts from 1 and is 0 when it is not known.
    """

    code: str
    sentence: str
    file: str = ""
    element_id: str = ""
    element_name: str = ""
    line: int = 0
    severity: str = "error"

    def __str__(self) -> str:
        return self.in_language(DEFAULT_LANGUAGE)

    def in_language(self, language: str) -> str:
        """The whole finding on one line, with its sentence in a language of `engine.localization.LANGUAGES`."""
        place = ":".join(str(part) for part in (self.file, self.line or "") if part)
        element = (
            f" [{self.element_id}{f' «{self.element_name}»' if self.element_name else ''}]"
            if self.element_id
            else ""
        )
        return f"{place}{element} {self.code}: {in_language(self.sentence, language)}".strip()


class EngineError(LocalizedError):
    """Base of all: a stable `code` and `parameters` for programs, a sentence of the catalogue for people.

    `NotFound("TASK_NOT_FOUND")`: `message` is the sentence in Italian, `sentence("en")` in English.
    Where several sentences share the code that programs ask for, `code` gives it beside the one of the sentence.
    """

    def __init__(self, message_code: str, /, *, code: str | None = None, **parameters: Any) -> None:
        super().__init__(message_code, parameters)
        self.code = code or message_code

    def __str__(self) -> str:
        return self.message


class Rejected(EngineError):
    """The caller asked for something that cannot be; nothing has changed."""


class NotFound(Rejected):
    """No such thing, or none that this actor may see."""


class InvalidState(Rejected):
    """The thing exists but is not in a state that allows the request (already completed, suspended…)."""


class Forbidden(Rejected):
    """The actor may not do this."""


class InvalidInput(Rejected):
    """Values or files that do not hold; `fields` maps form fields to sentences, `findings` list a file's faults."""

    def __init__(
        self,
        message_code: str,
        /,
        *,
        code: str | None = None,
        fields: Mapping[str, str] | None = None,
        findings: Sequence[Finding] = (),
        **parameters: Any,
    ) -> None:
        super().__init__(message_code, code=code, **parameters)
        self.fields = dict(fields or {})
        self.findings = tuple(findings)

    @classmethod
    def for_field(cls, field: str, problem: Message, *, code: str | None = None) -> InvalidInput:
        """One field of a form is wrong: the same sentence for the whole and beside the field."""
        return cls(problem.code, code=code, fields={field: problem}, **problem.parameters)

    @classmethod
    def for_file(cls, code: str, problem: Message, file: str = "", line: int = 0) -> InvalidInput:
        """One fault of a file: the same sentence for the whole and in the finding, which has this code."""
        return cls(problem.code, findings=[Finding(code, problem, file, line=line)], **problem.parameters)


class ExecutionFailed(EngineError):
    """An operation, expression or decision failed while an instance was advancing: it becomes an incident."""


class Misconfigured(EngineError):
    """The settings or the environment do not allow the engine to start."""


class OptimisticLockError(RuntimeError):
    """A row was changed by another transaction since it was read; nothing was written. The caller reads it anew and
    tries again. `rows` are the ids of the rows, nothing of what they hold."""

    def __init__(self, rows: Sequence[str]) -> None:
        super().__init__(f"Changed by another transaction: {', '.join(rows)}")
        self.rows = tuple(rows)


class BusinessError(Exception):
    """Raised by an operation to send the process to the error boundary event with this `code`.

    The `message` is a sentence in Italian that the diagram may show to the operator.
    """

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
