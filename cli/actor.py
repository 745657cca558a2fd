"""The actor of a command: the user named by `--come` (or the variable PATTI_COME), otherwise the system.

The log of every instance and operation keeps that name. A user may do what their roles allow, and nothing more.
"""

from __future__ import annotations

import click

from engine.access import SYSTEM, Actor, accounts
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


def command_actor(engine: Engine) -> Actor:
    """The actor of the command being run. Raises NotFound for a user that does not exist or is not active."""
    context = click.get_current_context(silent=True)
    username = str(context.find_root().params.get("come") or "") if context else ""
    if not username:
        return SYSTEM
    with engine.database.read() as connection:
        found = accounts.actor_for(connection, username, day_in_rome(engine.clock.now()))
    if found is None:
        raise NotFound("ACTING_USER_UNKNOWN", user=username)
    return found
