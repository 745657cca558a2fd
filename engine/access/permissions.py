"""The permission matrix: what each role may do. The roles are read from `ruoli.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from engine.access.actors import Actor, covers
from engine.errors import Forbidden, Misconfigured


class Permission(StrEnum):
    """What a role can be allowed to do. Working on a task needs no permission, but being one of its candidates."""

    CASE_READ = "case.read"  # see the instances of one's own scopes
    CASE_RESTRICTED = "case.restricted"  # read restricted variables and attachments
    CASE_START = "case.start"  # start the processes whose starter groups name the role
    CASE_SUSPEND = "case.suspend"
    CASE_CANCEL = "case.cancel"
    CASE_REOPEN = "case.reopen"
    CASE_MESSAGE = "case.message"  # send a message to an instance (replacement of a tutor, withdrawal…)
    CASE_MODIFY = "case.modify"  # process instance modification: move tokens, set variables
    CASE_BATCH = "case.batch"  # start batches: one operation on many instances
    TASK_ASSIGN = "task.assign"  # hand over tasks of others in one's scopes
    PERSON_READ = "person.read"
    PERSON_WRITE = "person.write"
    BUDGET_READ = "budget.read"
    DOCUMENT_READ = "document.read"
    DEFINITION_DEPLOY = "definition.deploy"
    INSTANCE_MIGRATE = "instance.migrate"  # move running instances to another version of their definition
    PARAMETER_WRITE = "parameter.write"
    CALENDAR_WRITE = "calendar.write"  # working days: closings, patron saint, Saturdays
    DEADLINE_WRITE = "deadline.write"  # see all deadlines and move them, everywhere or in one's scopes
    INCIDENT_MANAGE = "incident.manage"
    USER_MANAGE = "user.manage"
    AUDIT_READ = "audit.read"


@dataclass(frozen=True)
class Role:
    """A role: its identifier, its label by language and its permissions."""

    id: str
    label: Mapping[str, str]
    permissions: frozenset[Permission]


@dataclass(frozen=True)
class PermissionMatrix:
    """All roles. `allows` answers a question; `require` raises Forbidden."""

    roles: Mapping[str, Role] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> PermissionMatrix:
        """Read ``ruoli.yaml``: ``role: {etichetta: {it: …, en: …}, permessi: [case.read, …]}``."""
        try:
            content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as problem:
            raise Misconfigured("ROLES_FILE_UNREADABLE", path=path, problem=problem) from problem
        roles: dict[str, Role] = {}
        for role_id, body in (content or {}).items():
            try:
                allowed = frozenset(Permission(name) for name in body.get("permessi", ()))
            except ValueError as problem:
                raise Misconfigured(
                    "ROLES_FILE_PERMISSION_UNKNOWN",
                    path=path,
                    role=role_id,
                    problem=problem,
                    permissions=list(Permission),
                ) from problem
            roles[role_id] = Role(role_id, dict(body.get("etichetta", {})), allowed)
        return cls(roles)

    def allows(self, actor: Actor, permission: Permission, scope: str | None = None) -> bool:
        """Whether the actor has the permission in `scope`, or in any scope when None."""
        if actor.is_system:
            return True
        return any(
            permission in self.roles[held.role].permissions
            for held in actor.memberships
            if held.role in self.roles and (scope is None or covers(held.scope, scope))
        )

    def require(self, actor: Actor, permission: Permission, scope: str | None = None) -> None:
        """Raise Forbidden unless allowed."""
        if not self.allows(actor, permission, scope):
            if scope:
                raise Forbidden(
                    "PERMISSION_MISSING_IN_SCOPE", actor=actor.name, permission=permission, scope=scope
                )
            raise Forbidden("PERMISSION_MISSING", actor=actor.name, permission=permission)

    def scopes(self, actor: Actor, permission: Permission) -> frozenset[str]:
        """The scopes in which the actor has the permission."""
        if actor.is_system:
            return frozenset({""})
        return frozenset(
            held.scope
            for held in actor.memberships
            if held.role in self.roles and permission in self.roles[held.role].permissions
        )

    def labels(self, roles: Iterable[str], language: str = "it") -> list[str]:
        """The labels of roles; a role unknown to the matrix keeps its identifier."""
        return [
            (self.roles[role].label.get(language) or role) if role in self.roles else role for role in roles
        ]
