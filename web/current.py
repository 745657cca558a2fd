"""What belongs to the request being served: the engine, the settings and the person signed in."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app
from flask_login import current_user

from engine.access import Actor, Permission
from engine.engine import Engine
from engine.settings import Settings

EXTENSION = "patti"


def install(app: Flask, engine: Engine, settings: Settings) -> None:
    """Hang the engine and the settings on the application."""
    app.extensions[EXTENSION] = (engine, settings)


def engine() -> Engine:
    """The engine behind these pages."""
    return cast(Engine, current_app.extensions[EXTENSION][0])


def settings() -> Settings:
    """The settings in force."""
    return cast(Settings, current_app.extensions[EXTENSION][1])


def actor() -> Actor:
    """Whoever is signed in; only a page that requires a sign-in may ask."""
    return cast(Actor, current_user.actor)


def may(permission: Permission, scope: str | None = None) -> bool:
    """Whether the person signed in has a permission, in a scope or anywhere."""
    return bool(current_user.is_authenticated) and engine().permissions.allows(actor(), permission, scope)
