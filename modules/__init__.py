"""The business modules: what the service tasks of the patti call. Each uses the engine by its public packages.

The application calls `load` once before it opens an engine; the engine itself imports none of them.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from engine.localization import add_catalogue

MODULES = ("budget", "documents", "notifications", "people")

add_catalogue(Path(__file__).parent / "translations")


def load() -> None:
    """Register the tables, operations, deliveries and checks of every module. Calling it again changes nothing."""
    for name in MODULES:
        importlib.import_module(f"modules.{name}.registration")
