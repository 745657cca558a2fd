"""Health endpoints and metrics, for monitoring."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, Response, abort, current_app, jsonify, request

from web import current
from web.access import public
from web.health.metrics import CONTENT_TYPE, exposition, may_read
from web.security import limiter

blueprint = Blueprint("health", __name__)
logger = logging.getLogger(__name__)


@blueprint.get("/salute")
@public
@limiter.exempt
def alive() -> Any:
    """The process answers. Open to everybody."""
    return jsonify(stato="vivo")


@blueprint.get("/salute/pronto")
@public
@limiter.exempt
def ready() -> Any:
    """The process can work: the database answers, and in a worker the queue. 503 otherwise."""
    try:
        with current.engine().database.read() as connection:
            connection.exec_driver_sql("SELECT 1")
    except Exception:
        logger.exception("Not ready: the database does not answer")
        return jsonify(stato="base dati non raggiungibile"), 503
    if not current_app.config.get("IS_HEALTHY", _always)():
        return jsonify(stato="la coda non risponde"), 503
    return jsonify(stato="pronto")


@blueprint.get("/metriche")
@public
@limiter.exempt
def figures() -> Any:
    """The metrics for Prometheus. Requires the token of the settings (metrics_token); 404 without it."""
    if not may_read(current.settings().metrics_token, request.headers.get("Authorization")):
        abort(404)
    return Response(exposition(current.engine()), content_type=CONTENT_TYPE)


def _always() -> bool:
    return True
