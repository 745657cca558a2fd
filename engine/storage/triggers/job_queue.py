"""The queue of hints on PostgreSQL: Procrastinate's own tables, and triggers that leave a hint with what is due soon.

A hint says "look": what is to be done stands in our tables alone. It is written by the database in the transaction that
makes something due, so no writer can forget it and no statement is added to a step. The SQL of Procrastinate's tables
comes from the package that is installed; a comment on its table of jobs keeps how far it has been brought.
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
KINDS = {"timer": "timers", "scheduled_start": "starts", "outbox": "outbox", "batch": "batches"}
"""Table → the hint that its changes leave."""

HORIZON_SECONDS = 150
"""What is due later than this leaves no hint: the sweeps of the workers come first (see `LONGEST_SWEEP_SECONDS`)."""
LONGEST_SWEEP_SECONDS = 60
TICK_SECONDS = 0.25
"""Hints of one kind within a tick are one."""

_LOOK = f"""
CREATE OR REPLACE FUNCTION patti_look(kind text, due timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    present timestamptz := clock_timestamp();
    wanted timestamptz := greatest(due, present + interval '{TICK_SECONDS} s');
BEGIN
    IF due IS NULL OR wanted > present + interval '{HORIZON_SECONDS} s' THEN
        RETURN;  -- a sweep comes first
    END IF;
    IF EXISTS (
        SELECT FROM procrastinate_jobs
        WHERE status = 'todo' AND task_name = kind AND (
            scheduled_at BETWEEN present + interval '{TICK_SECONDS / 2} s' AND wanted
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

_TRIGGERED = """
CREATE OR REPLACE FUNCTION patti_{table}_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM procrastinate_workers) THEN  -- else one that starts will look at everything
        PERFORM patti_look('{kind}', (SELECT min({due}) FROM changed WHERE state = '{state}'));
    END IF;
    RETURN NULL;
END $$
"""

_TRIGGER = """
CREATE OR REPLACE TRIGGER {table}_due_after_{event} AFTER {event} ON {table}
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION patti_{table}_due()
"""

_SOON = """
CREATE OR REPLACE FUNCTION patti_timer_soon() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM procrastinate_workers) THEN
        PERFORM patti_look('timers', NEW.due_at);
    END IF;
    RETURN NULL;
END $$
"""

_ROW_TRIGGER = f"""
CREATE OR REPLACE TRIGGER timer_due_after_{{event}} AFTER {{event}} ON timer FOR EACH ROW
WHEN (
    NEW.state = 'waiting' AND NEW.due_at <= clock_timestamp() + interval '{HORIZON_SECONDS} s'
    AND current_setting('patti.hints', true) IS DISTINCT FROM 'together'
)
EXECUTE FUNCTION patti_timer_soon()
"""
"""A trigger for each statement would keep all its rows aside to see which is due first: of a million, on the disk."""


def install_queue(connection: Connection) -> None:
    """Create Procrastinate's tables, or bring them to the installed version; then our triggers. PostgreSQL only.

    Nothing is done, and no table is locked, when all is there already.
    """
    steps, hints = _steps(), list(_hints())
    wanted = f"{max(steps)} {sha256(''.join(hints).encode()).hexdigest()[:16]}"
    reached = _reached(connection)
    if reached == wanted:
        return
    if reached is None:
        _run(connection, (resources.files(PACKAGE) / "schema.sql").read_text(encoding="utf-8"))
    else:
        for name in sorted(name for name in steps if name > reached.partition(" ")[0]):
            _run(connection, steps[name])
    for statement in (*hints, f"COMMENT ON TABLE procrastinate_jobs IS '{wanted}'"):
        _run(connection, statement)


def _hints() -> Iterator[str]:
    yield _LOOK
    yield _SOON
    for event in ("insert", "update"):
        yield _ROW_TRIGGER.format(event=event)
    for table, kind in KINDS.items():
        if table == "timer":
            continue
        due, state = ("clock_timestamp()", "running") if table == "batch" else ("due_at", "waiting")
        yield _TRIGGERED.format(table=table, kind=kind, due=due, state=state)
        for event in ("insert", "update") if table != "batch" else ("insert",):
            yield _TRIGGER.format(table=table, event=event)


def _reached(connection: Connection) -> str | None:
    """What the comment says; None without the tables."""
    if connection.execute(text("SELECT to_regclass('procrastinate_jobs')")).scalar() is None:
        return None
    query = text("SELECT obj_description('procrastinate_jobs'::regclass, 'pg_class')")
    return str(connection.execute(query).scalar() or "")


def _steps() -> dict[str, str]:
    """The package's own migrations, by the names that put them in order."""
    folder: Any = resources.files(PACKAGE) / "migrations"
    return {
        file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".sql")
    }


def _run(connection: Connection, statements: str) -> None:
    connection.exec_driver_sql(statements.replace("%", "%%"))


@contextmanager
def one_hint(connection: Connection, kind: str) -> Iterator[None]:
    """What becomes due by the thousands meanwhile leaves one hint, to look at once."""
    if connection.dialect.name != "postgresql":
        yield
        return
    connection.exec_driver_sql("SET LOCAL patti.hints = 'together'")
    yield
    connection.exec_driver_sql("SET LOCAL patti.hints = ''")
    connection.execute(_ASK_ONCE, {"kind": kind})


_ASK_ONCE = text(
    "SELECT patti_look(:kind, clock_timestamp()) WHERE EXISTS (SELECT FROM procrastinate_workers)"
)
_ASK = text("SELECT patti_look(:kind, clock_timestamp() + make_interval(secs => :seconds))")


def ask_for_look(connection: Connection, kind: str, seconds: float) -> None:
    """Leave a hint of a kind for so many seconds from now, unless one comes before; within the caller's transaction."""
    connection.execute(_ASK, {"kind": kind, "seconds": seconds})
