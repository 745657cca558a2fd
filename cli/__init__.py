"""The `patti` command: reads what was typed, calls a service, prints. No rule of the domain lives here."""

from pathlib import Path

from engine.localization import add_catalogue

add_catalogue(Path(__file__).parent / "translations")
