"""Actors: a signed-in user, or the engine itself, with their roles and the scopes where they hold them.

A *scope* is the path of an ambito: ``"cremona"``, ``"cremasco"``, ``"cremasco/crema"``. The empty scope contains all
others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


def covers(outer: str, inner: str) -> bool:
    """Whether the scope `outer` is `inner` or contains it."""
    return not outer or outer == inner or inner.startswith(outer + "/")


def scope_chain(scope: str) -> tuple[str, ...]:
    """The scope and all that contain it, nearest first: ``"a/b"`` → ``("a/b", "a", "")``."""
    parts = scope.split("/") if scope else []
    return tuple("/".join(parts[:size]) for size in range(len(parts), -1, -1))


@dataclass(frozen=True, order=True)
class Membership:
    """A role held in a scope."""

    role: str
    scope: str = ""


@dataclass(frozen=True)
class Actor:
    """Who causes a change or reads an instance. `id` is the user name, as the event log stores it."""

    id: str
    name: str
    memberships: frozenset[Membership] = field(default_factory=frozenset)
    is_system: bool = False

    @property
    def roles(self) -> frozenset[str]:
        """The roles held anywhere."""
        return frozenset(membership.role for membership in self.memberships)

    @property
    def scopes(self) -> frozenset[str]:
        """The scopes in which some role is held."""
        return frozenset(membership.scope for membership in self.memberships)

    def roles_in(self, scope: str) -> frozenset[str]:
        """The roles that the actor holds in the scope or in one that contains it."""
        return frozenset(m.role for m in self.memberships if covers(m.scope, scope))

    def has_any_role(self, scope: str) -> bool:
        """Whether the actor holds any role in the scope or in one that contains it."""
        return self.is_system or any(covers(m.scope, scope) for m in self.memberships)


def actor(actor_id: str, name: str = "", roles: Iterable[str] = (), scope: str = "") -> Actor:
    """An actor who holds all `roles` in one `scope`; a short form for tests, demos and the command line."""
    return Actor(actor_id, name or actor_id, frozenset(Membership(role, scope) for role in roles))


SYSTEM = Actor("sistema", "Sistema", is_system=True)
"""The engine itself: timers, retries, migrations."""
