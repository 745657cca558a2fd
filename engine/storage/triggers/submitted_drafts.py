"""The trigger that deletes the draft of a form when its author submits it.

A trigger, not a statement of the step: a completion costs no statement more for being kept.
"""

from __future__ import annotations

from sqlalchemy import Connection

_DELETE = "DELETE FROM draft WHERE task_id = NEW.task_id AND actor_id = NEW.actor_id"


def install_draft_removal(connection: Connection) -> None:
    """Install the trigger. Installing it again changes nothing."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "CREATE TRIGGER IF NOT EXISTS draft_submitted AFTER INSERT ON submission "
            f"WHEN NEW.task_id IS NOT NULL BEGIN {_DELETE}; END"
        )
        return
    connection.exec_driver_sql(
        "CREATE OR REPLACE FUNCTION delete_submitted_draft() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN {_DELETE}; RETURN NULL; END $$"
    )
    connection.exec_driver_sql(
        "CREATE OR REPLACE TRIGGER draft_submitted AFTER INSERT ON submission "
        "FOR EACH ROW WHEN (NEW.task_id IS NOT NULL) EXECUTE FUNCTION delete_submitted_draft()"
    )
