"""Creates the Flask application of the pages."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from engine.engine import Engine
from engine.settings import Settings
from web import access, auth, current, errors, formatting, language, layout, security, static_files
from web.account import blueprint as account
from web.admin import blueprint as admin
from web.health.views import blueprint as health
from web.inbox.files import blueprint as files
from web.inbox.tasks import blueprint as tasks
from web.inbox.views import blueprint as inbox
from web.instances import blueprint as instances
from web.instances.records import blueprint as records
from web.instances.starting import blueprint as starting


def create_app(engine: Engine, settings: Settings) -> Flask:
    """The WSGI application that serves the pages of an open engine; the caller closes the engine."""
    app = Flask("web", static_folder=str(static_files.FOLDER), static_url_path="/static")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if hops := settings.trusted_proxies:  # without a proxy a client could forge these headers
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    current.install(app, engine, settings)
    language.install(app, settings)
    security.install(app, settings)
    auth.install(app)
    errors.install(app)
    formatting.install(app)
    layout.install(app)
    static_files.install(app)
    app.before_request(access.guard)
    for blueprint in (account, inbox, tasks, files, instances, records, starting, admin, health):
        app.register_blueprint(blueprint)
    return app
