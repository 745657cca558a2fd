"""What protects the pages: headers on every answer, CSRF on every POST, throttled sign-in, careful cookies."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect

from engine.settings import Settings

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=False)

FEED = "account.deadline_feed"
"""Whose address is a secret: it is not written to any log."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "manifest-src 'self'",
    )
)


def install(app: Flask, settings: Settings) -> None:
    """Configure cookies, CSRF, limits and headers."""
    app.config.update(
        SECRET_KEY=settings.secret(),
        SESSION_COOKIE_NAME="patti_sessione",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.session_hours),
        MAX_CONTENT_LENGTH=(settings.max_upload_mb + 1) * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=5000,
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session: a long form never goes stale
        WTF_CSRF_SSL_STRICT=settings.secure_cookies,
    )
    csrf.init_app(app)
    limiter.init_app(app)
    app.after_request(_headers(settings.secure_cookies))


def _headers(secure: bool):  # type: ignore[no-untyped-def]
    def add(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if (
            request.endpoint == FEED
        ):  # asked again every time, answered in full only when something has changed
            response.headers["Cache-Control"] = "private, no-cache"
        elif request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response

    return add
