"""Static files: the address of a built file, which contains a hash of its content."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from flask import Flask, Response, request, url_for

FOLDER = Path(__file__).parent / "assets" / "static"
A_YEAR = 31536000

logger = logging.getLogger(__name__)


def install(app: Flask) -> None:
    """Give templates `asset(name)` and let browsers cache hashed files forever."""
    manifest = FOLDER / "manifest.json"
    names: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else {}
    if not names:
        logger.warning("The browser side is not built, pages will look bare: run python web/assets/build.py")

    def asset(name: str) -> str:
        return url_for("static", filename=names.get(name, name))

    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
        return response

    app.jinja_env.globals["asset"] = asset
    app.after_request(keep)
