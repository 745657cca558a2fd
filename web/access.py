"""Access to pages: every view declares who may open it with a decorator; without one it is closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, current_app, request
from flask_login import current_user

from engine.access import Permission
from engine.errors import Forbidden
from web import current

View = TypeVar("View", bound=Callable[..., Any])
ATTRIBUTE = "opens_to"


@dataclass(frozen=True)
class Access:
    """Whom a view opens to. `permissions`: one of these suffices; none means that signing in is enough,
    and that the service called by the view decides on the thing asked for."""

    signed_in: bool
    permissions: tuple[Permission, ...] = ()


def public(view: View) -> View:
    """Open to everybody, signed in or not."""
    setattr(view, ATTRIBUTE, Access(signed_in=False))
    return view


def signed_in(view: View) -> View:
    """Open to whoever is signed in; the engine's service decides on the single instance or task."""
    setattr(view, ATTRIBUTE, Access(signed_in=True))
    return view


def allowed(*permissions: Permission) -> Callable[[View], View]:
    """Open to whoever has one of the permissions, in any scope; the service checks the scope of the thing."""

    def mark(view: View) -> View:
        setattr(view, ATTRIBUTE, Access(signed_in=True, permissions=permissions))
        return view

    return mark


def of_endpoint(app: Flask, endpoint: str) -> Access | None:
    """What the view of an endpoint declares; None when it declares nothing."""
    if endpoint == "static":
        return Access(signed_in=False)
    found: Access | None = getattr(app.view_functions.get(endpoint), ATTRIBUTE, None)
    return found


def guard() -> Any:
    """Before every request: redirect to the sign-in, or refuse without the permission."""
    if request.endpoint is None:
        return None  # no such address: the 404 page answers
    access = of_endpoint(current_app, request.endpoint)
    if access is None:
        raise Forbidden("PAGE_WITHOUT_ACCESS_RULE")
    if not access.signed_in:
        return None
    if not current_user.is_authenticated:
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
    if access.permissions and not any(current.may(permission) for permission in access.permissions):
        wanted = [f"«{permission}»" for permission in access.permissions]
        raise Forbidden("PAGE_PERMISSION_MISSING", actor=current.actor().name, permissions=wanted)
    return None
