"""Who gives a command: the user named by `--come` (or the variable PATTI_COME), otherwise the system itself.

The log of every case and operation keeps that name. A user may do from here what their roles allow, and nothing more.
"""

from __future__ import annotations

import click

from engine.access import accounts
from engine.access.actors import SYSTEM, Actor
from engine.engine import Engine
from engine.errors import NotFound
from engine.temporal import day_in_rome

OPTION = click.option(
    "--come",
    metavar="UTENTE",
    envvar="PATTI_COME",
    default="",
    help="Chi dà il comando: il registro porta il suo nome, e può ciò che i suoi ruoli permettono. Senza (o senza la "
    "variabile PATTI_COME): il sistema, che può tutto.",
)
"""Of `patti` itself: it stands before the command."""


def acting(engine: Engine) -> Actor:
    """The actor of the command being run. Raises NotFound for a user that is not there, or closed."""
    context = click.get_current_context(silent=True)
    username = str(context.find_root().params.get("come") or "") if context else ""
    if not username:
        return SYSTEM
    with engine.database.read() as connection:
        found = accounts.actor_for(connection, username, day_in_rome(engine.clock.now()))
    if found is None:
        raise NotFound(f"L'utente «{username}» non c'è, o è chiuso: controlla «--come» (o PATTI_COME)")
    return found
