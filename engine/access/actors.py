"""Who acts: a person signed in (or the system itself), with the roles they hold and where they hold them.

A *scope* is the path of an ambito: ``"cremona"``, ``"cremasco"``, ``"cremasco/crema"``. The empty scope stands above
all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field


def covers(outer: str, inner: str) -> bool:
    """Whether the scope `outer` is `inner` itself or stands above it."""
    return not outer or outer == inner or inner.startswith(outer + "/")


def scope_chain(scope: str) -> tuple[str, ...]:
    """The scope and all above it, nearest first: ``"a/b"`` → ``("a/b", "a", "")``."""
    parts = scope.split("/") if scope else []
    return tuple("/".join(parts[:size]) for size in range(len(parts), -1, -1))


@dataclass(frozen=True, order=True)
class Membership:
    """A role held in a scope."""

    role: str
    scope: str = ""


@dataclass(frozen=True)
class Actor:
    """Whoever causes a change or reads a case. `id` is the user name; it is what the event log keeps."""

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

    def has_role(self, role: str, scope: str) -> bool:
        """Whether the role is held in the scope or above it."""
        return self.is_system or any(m.role == role and covers(m.scope, scope) for m in self.memberships)

    def roles_in(self, scope: str) -> frozenset[str]:
        """The roles that count in a scope."""
        return frozenset(m.role for m in self.memberships if covers(m.scope, scope))

    def sees(self, scope: str) -> bool:
        """Whether some role is held in the scope or above it."""
        return self.is_system or any(covers(m.scope, scope) for m in self.memberships)


def actor(actor_id: str, name: str = "", roles: Iterable[str] = (), scope: str = "") -> Actor:
    """An actor who holds all `roles` in one `scope`; a short form for tests, demos and the command line."""
    return Actor(actor_id, name or actor_id, frozenset(Membership(role, scope) for role in roles))


SYSTEM = Actor("sistema", "Sistema", is_system=True)
"""The engine itself: timers, retries, migrations."""
