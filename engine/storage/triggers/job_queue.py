"""The job queue on PostgreSQL: Procrastinate's own tables, and triggers that notify workers of what is due soon.

A notification is a job that names a kind of work; what is to be done is in our tables alone. The database writes it in
the transaction that makes something due, so no writer can forget it and no statement is added to a step. The SQL of
Procrastinate's tables comes from the installed package; a comment on its table of jobs records the installed version.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib import resources
from typing import Any

from sqlalchemy import Connection, text

PACKAGE = "procrastinate.sql"
QUEUE = "patti"
NOTIFIED_TABLES = {"timer": "timers", "scheduled_start": "starts", "outbox": "outbox", "batch": "batches"}
"""Table → the kind of work that its changes notify."""

HORIZON_SECONDS = 150
"""What is due later than this causes no notification: a sweep of the workers comes first (`MAX_SWEEP_SECONDS`)."""
MAX_SWEEP_SECONDS = 60
MERGED_SECONDS = 0.25
"""Notifications of one kind within this time are one."""

_NOTIFY_FUNCTION = f"""
CREATE OR REPLACE FUNCTION patti_look(kind text, due timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    present timestamptz := clock_timestamp();
    wanted timestamptz := greatest(due, present + interval '{MERGED_SECONDS} s');
BEGIN
    IF due IS NULL OR wanted > present + interval '{HORIZON_SECONDS} s' THEN
        RETURN;  -- a sweep comes first
    END IF;
    IF EXISTS (
        SELECT FROM procrastinate_jobs
        WHERE status = 'todo' AND task_name = kind AND (
            scheduled_at BETWEEN present + interval '{MERGED_SECONDS / 2} s' AND wanted
            OR scheduled_at < present - interval '10 s'  -- nobody takes them: one more would not help
        )
    ) THEN
        RETURN;
    END IF;
    PERFORM procrastinate_defer_jobs_v1(
        ARRAY[ROW('{QUEUE}', kind, 0, NULL, NULL, '{{}}'::jsonb, wanted)::procrastinate_job_to_defer_v1]
    );
END $$
"""

_TABLE_FUNCTION = """
CREATE OR REPLACE FUNCTION patti_{table}_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM procrastinate_workers) THEN  -- else one that starts will look at everything
        PERFORM patti_look('{kind}', (SELECT min({due}) FROM changed WHERE state = '{state}'));
    END IF;
    RETURN NULL;
END $$
"""

_TABLE_TRIGGER = """
CREATE OR REPLACE TRIGGER {table}_due_after_{event} AFTER {event} ON {table}
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION patti_{table}_due()
"""

_TIMER_FUNCTION = """
CREATE OR REPLACE FUNCTION patti_timer_soon() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM procrastinate_workers) THEN
        PERFORM patti_look('timers', NEW.due_at);
    END IF;
    RETURN NULL;
END $$
"""

_TIMER_TRIGGER = f"""
CREATE OR REPLACE TRIGGER timer_due_after_{{event}} AFTER {{event}} ON timer FOR EACH ROW
WHEN (
    NEW.state = 'waiting' AND NEW.due_at <= clock_timestamp() + interval '{HORIZON_SECONDS} s'
    AND current_setting('patti.hints', true) IS DISTINCT FROM 'together'
)
EXECUTE FUNCTION patti_timer_soon()
"""
"""For each row: a trigger for each statement would store all changed rows, perhaps a million, to find the earliest."""


def install_queue(connection: Connection) -> None:
    """Create Procrastinate's tables, or bring them to the installed version; then our triggers. PostgreSQL only.

    Nothing is done, and no table is locked, when all is there already.
    """
    migrations, triggers = _package_migrations(), list(_trigger_statements())
    wanted = f"{max(migrations)} {sha256(''.join(triggers).encode()).hexdigest()[:16]}"
    installed = _installed_version(connection)
    if installed == wanted:
        return
    if installed is None:
        _run(connection, (resources.files(PACKAGE) / "schema.sql").read_text(encoding="utf-8"))
    else:
        for name in sorted(name for name in migrations if name > installed.partition(" ")[0]):
            _run(connection, migrations[name])
    for statement in (*triggers, f"COMMENT ON TABLE procrastinate_jobs IS '{wanted}'"):
        _run(connection, statement)


def _trigger_statements() -> Iterator[str]:
    yield _NOTIFY_FUNCTION
    yield _TIMER_FUNCTION
    for event in ("insert", "update"):
        yield _TIMER_TRIGGER.format(event=event)
    for table, kind in NOTIFIED_TABLES.items():
        if table == "timer":
            continue
        due, state = ("clock_timestamp()", "running") if table == "batch" else ("due_at", "waiting")
        yield _TABLE_FUNCTION.format(table=table, kind=kind, due=due, state=state)
        for event in ("insert", "update") if table != "batch" else ("insert",):
            yield _TABLE_TRIGGER.format(table=table, event=event)


def _installed_version(connection: Connection) -> str | None:
    """The version in the comment; None without the tables."""
    if connection.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar() is None:
        return None
    query = text("SELECT obj_description('procrastinate_jobs'::regclass, 'pg_class')")
    return str(connection.execute(query).scalar() or "")


def _package_migrations() -> dict[str, str]:
    """The migrations of Procrastinate, by name; the names are in their order."""
    folder: Any = resources.files(PACKAGE) / "migrations"
    return {
        file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".sql")
    }


def _run(connection: Connection, statements: str) -> None:
    connection.exec_driver_sql(statements.replace("%", "%%"))


@contextmanager
def notify_once(connection: Connection, kind: str) -> Iterator[None]:
    """Within the block changes of timers cause no notification each; one is sent at the end."""
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.exec_driver_sql("SET LOCAL patti.hints = 'together'")
    yield
    connection.exec_driver_sql("SET LOCAL patti.hints = ''")
    connection.execute(_NOTIFY_IF_WORKERS, {"kind": kind})


_NOTIFY_IF_WORKERS = text(
    "SELECT patti_look(:kind, clock_timestamp()) WHERE EXISTS (SELECT FROM procrastinate_workers)"
)
_NOTIFY = text("SELECT patti_look(:kind, clock_timestamp() + make_interval(secs => :seconds))")


def notify_workers(connection: Connection, kind: str, seconds: float) -> None:
    """Notify a worker of a kind of work in so many seconds, unless a notification comes before; in the caller's
    transaction."""
    connection.execute(_NOTIFY, {"kind": kind, "seconds": seconds})
