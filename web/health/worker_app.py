"""The WSGI application of a worker process: health endpoints and metrics, no other pages."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from engine.engine import Engine
from engine.settings import Settings
from web import access, current
from web.health.views import blueprint


def create_health_app(engine: Engine, settings: Settings, is_healthy: Callable[[], bool]) -> Flask:
    """The WSGI application of /salute, /salute/pronto and /metriche; `is_healthy` tells whether the worker runs."""
    app = Flask("web", static_folder=None)
    app.config["IS_HEALTHY"] = is_healthy
    current.install(app, engine, settings)
    app.before_request(access.guard)
    app.register_blueprint(blueprint)
    return app
