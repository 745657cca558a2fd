"""The pages over an engine inside the process of the tests."""

from __future__ import annotations

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from engine.engine import Engine
from engine.settings import Settings
from web.app import create_app


class _Compiled(BytecodeCache):
    """Templates compiled once in a process, whatever the number of applications."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """What was kept for a template with this content, if anything."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


_compiled = _Compiled()


def pages_over(engine: Engine, settings: Settings) -> Flask:
    """The web application, as `create_app` makes it."""
    app = create_app(engine, settings)
    app.jinja_env.bytecode_cache = _compiled
    return app
