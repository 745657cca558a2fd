"""The context of the request being served: the engine, the settings and the signed-in actor."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app
from flask_login import current_user

from engine.access import Actor, Permission
from engine.engine import Engine
from engine.settings import Settings

EXTENSION = "patti"


def install(app: Flask, engine: Engine, settings: Settings) -> None:
    """Store the engine and the settings in the application."""
    app.extensions[EXTENSION] = (engine, settings)


def engine() -> Engine:
    """The engine behind these pages."""
    return cast(Engine, current_app.extensions[EXTENSION][0])


def settings() -> Settings:
    """The settings in force."""
    return cast(Settings, current_app.extensions[EXTENSION][1])


def actor() -> Actor:
    """The signed-in actor; only for views that require a sign-in."""
    return cast(Actor, current_user.actor)


def may(permission: Permission, scope: str | None = None) -> bool:
    """Whether the signed-in user, if any, has a permission: in a scope, or in any scope when None."""
    return bool(current_user.is_authenticated) and engine().permissions.allows(actor(), permission, scope)
