"""Makes the row that keeps a submitted form as it was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.languages.forms import Form


@dataclass(frozen=True)
class SubmittedForm:
    """A form with its accepted answers and the variables that it had when it was filled in."""

    form: Form
    answers: Mapping[str, Any]
    variables: Mapping[str, Any]

    def context(self) -> dict[str, Any]:
        """The variables that the form shows or uses and that the answers do not replace as a whole.

        Lists and contexts are kept although they are answered: what the form does not ask of them may be shown.
        """
        return {
            name: self.variables[name]
            for name in sorted(self.form.variable_names)
            if name in self.variables
            and (name not in self.answers or isinstance(self.variables[name], dict | list))
        }

    def row(
        self,
        *,
        instance_id: str,
        task_id: str | None,
        element_id: str,
        name: str,
        process_id: str,
        definition_id: str,
        actor_id: str,
        at: datetime,
        restricted: bool,
    ) -> dict[str, Any]:
        """The row of `submission`."""
        return {
            "instance_id": instance_id,
            "task_id": task_id,
            "element_id": element_id,
            "name": name,
            "process_id": process_id,
            "definition_id": definition_id,
            "form_id": self.form.id,
            "actor_id": actor_id,
            "at": at,
            "answers": dict(self.answers),
            "context": self.context(),
            "restricted": restricted,
        }
