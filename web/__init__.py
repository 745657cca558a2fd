"""The pages: they parse a request, call one service of the engine and render. They contain no rule of the domain."""

from pathlib import Path

from engine.localization import add_catalogue

add_catalogue(Path(__file__).parent / "translations")
