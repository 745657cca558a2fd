"""The application for a WSGI server: ``gunicorn "web.wsgi:application()"``."""

from __future__ import annotations

import atexit

from flask import Flask

import modules
from engine.engine import Engine
from engine.settings import Settings
from web.app import create_app


def application() -> Flask:
    """Open the engine with the settings of the environment and serve it until the process ends."""
    modules.load()
    settings = Settings.load()
    engine = Engine.open(settings)
    atexit.register(engine.close)
    return create_app(engine, settings)
