"""Writes the ambiti of a new installation; run again after a change, it brings them up to date."""

from __future__ import annotations

from engine.actors import SYSTEM
from engine.engine import Engine
from engine.operations.people.service import Ambito, By, save_scope
from engine.settings import Settings

AMBITI = (
    Ambito("valle", "Ambito della Valle", comuni=("Borgo", "Pieve")),
    Ambito("valle/alta", "Sub-ambito dell'Alta Valle", "San Rocco", "08-16", ("Montalto",)),
)


def main() -> None:
    """Write them in the database of the settings in force."""
    engine = Engine.open(Settings.load())
    try:
        with engine.database.begin() as work:
            for one in AMBITI:
                save_scope(work.connection, one, by=By(SYSTEM.id, engine.clock.now()))
    finally:
        engine.close()


if __name__ == "__main__":
    main()
