"""Access control: actors, permissions, visibility of instances and tasks, accounts, memberships, scopes, sign-in."""

from engine.access.actors import SYSTEM, Actor
from engine.access.audit_register import ChangedBy
from engine.access.permissions import Permission, PermissionMatrix
from engine.access.visibility import require_instance, where_allowed, within

__all__ = [
    "SYSTEM",
    "Actor",
    "ChangedBy",
    "Permission",
    "PermissionMatrix",
    "require_instance",
    "where_allowed",
    "within",
]
