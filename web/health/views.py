"""Whether the service is alive and ready, for whoever keeps watch over it."""

from __future__ import annotations

import logging
from typing import Any

from flask import Blueprint, jsonify

from web import current
from web.access import public
from web.security import limiter

blueprint = Blueprint("health", __name__)
logger = logging.getLogger(__name__)


@blueprint.get("/salute")
@public
@limiter.exempt
def alive() -> Any:
    """The process answers. Open to everybody; tells nothing else."""
    return jsonify(stato="vivo")


@blueprint.get("/salute/pronto")
@public
@limiter.exempt
def ready() -> Any:
    """The process can work: the database answers. 503 otherwise."""
    try:
        with current.engine().database.read() as connection:
            connection.exec_driver_sql("SELECT 1")
    except Exception:
        logger.exception("Not ready: the database does not answer")
        return jsonify(stato="base dati non raggiungibile"), 503
    return jsonify(stato="pronto")
