"""Health and figures of a worker, which has no other pages."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from engine.engine import Engine
from engine.settings import Settings
from web import access, current
from web.health.views import blueprint


def create_watch(engine: Engine, settings: Settings, well: Callable[[], bool]) -> Flask:
    """The WSGI application that answers at /salute, /salute/pronto and /metriche; `well` says whether work goes on."""
    app = Flask("web", static_folder=None)
    app.config["WELL"] = well
    current.install(app, engine, settings)
    app.before_request(access.guard)
    app.register_blueprint(blueprint)
    return app
