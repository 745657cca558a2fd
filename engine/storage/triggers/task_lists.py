"""Triggers that keep the task lists (tables `listing` and `listed`) up to date, whoever writes a task.

An open task is in the list of its instance's scope. An assigned task is also in the list of its assignee; any other in
the lists of its candidate roles, of its candidate users, and of the participants who have one of these roles in the
instance.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

SQLITE_TRIGGERS = (
    "task_listed",
    "task_relisted",
    "task_unlisted",
    "task_dropped",
    "candidate_listed",
    "candidate_relisted",
    "candidate_dropped",
    "participant_listed",
    "participant_relisted",
    "participant_dropped",
    "instance_relisted",
)
POSTGRESQL_TRIGGERS = (
    "task_listed",
    "task_relisted",
    "task_dropped",
    "candidate_listed",
    "candidate_relisted",
    "participant_relisted",
    "instance_relisted",
)
"""The names of the triggers, for the test that no migration which recreates a table loses one."""

_WATCHED = "state, assignee, scope, priority, due_order, created_at, instance_id"


def install_listing(connection: Connection) -> None:
    """Install the triggers. Installing them again changes nothing."""
    write = _sqlite if connection.dialect.name == "sqlite" else _postgresql
    for statement in write():
        connection.exec_driver_sql(statement)


def fill_listing(connection: Connection) -> None:
    """Rebuild both tables from the open tasks: for a migration, and after a bulk load."""
    connection.exec_driver_sql("DELETE FROM listed")
    lists, entries = _insert_statements("1 = 1", all_missing=True)
    connection.exec_driver_sql(lists)
    connection.exec_driver_sql("ANALYZE listing")  # else the next statement is planned for an empty table
    connection.exec_driver_sql(entries)


def _memberships(tasks: str) -> str:
    """SQL: the lists that the open tasks matching a condition are in."""
    columns = (
        "i.definition_key AS process, t.priority AS priority, "
        "t.due_order AS due_order, t.created_at AS created_at"
    )
    open_ones = f"FROM task t JOIN instance i ON i.id = t.instance_id WHERE t.state = 'open' AND {tasks}"
    offered = (
        "FROM task t JOIN instance i ON i.id = t.instance_id JOIN task_candidate c ON c.task_id = t.id {parts} "
        f"WHERE t.state = 'open' AND t.assignee IS NULL AND {tasks}"
    )
    part = (
        "JOIN participant p ON p.instance_id = t.instance_id AND p.role = c.name AND p.until IS NULL "
        "AND c.kind = 'role'"
    )
    return (  # names of our own tables
        f"SELECT t.id AS task_id, 'scope' AS kind, '' AS name, i.scope AS scope, {columns} {open_ones} "
        f"UNION SELECT t.id, 'holder', t.assignee, t.scope, {columns} {open_ones} AND t.assignee IS NOT NULL "
        f"UNION SELECT t.id, c.kind, c.name, t.scope, {columns} {offered.format(parts='')} "
        f"UNION SELECT t.id, 'user', p.actor_id, t.scope, {columns} {offered.format(parts=part)}"
    )


def _insert_statements(tasks: str, *, all_missing: bool = False) -> list[str]:
    memberships = _memberships(tasks)
    same = " AND ".join(f"l.{name} = b.{name}" for name in ("kind", "name", "scope", "process", "priority"))
    missing = "WHERE NOT EXISTS (SELECT 1 FROM listed e WHERE e.task_id = b.task_id AND e.listing_id = l.id)"
    return [
        "INSERT INTO listing (kind, name, scope, process, priority) "  # noqa: S608
        f"SELECT DISTINCT kind, name, scope, process, priority FROM ({memberships}) b "
        f"WHERE NOT EXISTS (SELECT 1 FROM listing l WHERE {same})",
        "INSERT INTO listed (task_id, listing_id, due_order, created_at) "  # noqa: S608
        f"SELECT b.task_id, l.id, b.due_order, b.created_at FROM ({memberships}) b JOIN listing l ON {same} "
        + ("" if all_missing else missing),
    ]


# -- SQLite ------------------------------------------------------------------------------------------------------------


def _sqlite() -> Iterator[str]:
    def trigger(name: str, on: str, tasks: str, gone: str = "") -> str:
        steps = [f"DELETE FROM listed WHERE {gone}"] if gone else []  # noqa: S608
        steps += _insert_statements(tasks) if tasks else []
        return f"CREATE TRIGGER IF NOT EXISTS {name} AFTER {on} BEGIN {'; '.join(steps)}; END"

    def of_instance(row: str) -> str:
        return f"task_id IN (SELECT id FROM task WHERE instance_id = {row}.instance_id AND state = 'open')"  # noqa: S608

    same_instance = "t.instance_id = {}.instance_id"
    changed = f"UPDATE OF {_WATCHED} ON task"
    yield trigger("task_listed", "INSERT ON task WHEN NEW.state = 'open'", "t.id = NEW.id")
    yield trigger(
        "task_relisted", f"{changed} WHEN NEW.state = 'open'", "t.id = NEW.id", "task_id IN (OLD.id, NEW.id)"
    )
    yield trigger("task_unlisted", f"{changed} WHEN NEW.state <> 'open'", "", "task_id IN (OLD.id, NEW.id)")
    yield trigger("task_dropped", "DELETE ON task", "", "task_id = OLD.id")
    yield trigger("candidate_listed", "INSERT ON task_candidate", "t.id = NEW.task_id")
    yield trigger(
        "candidate_relisted",
        "UPDATE ON task_candidate",
        "t.id IN (OLD.task_id, NEW.task_id)",
        "task_id IN (OLD.task_id, NEW.task_id)",
    )
    yield trigger(
        "candidate_dropped", "DELETE ON task_candidate", "t.id = OLD.task_id", "task_id = OLD.task_id"
    )
    yield trigger(
        "participant_listed", "INSERT ON participant", same_instance.format("NEW"), of_instance("NEW")
    )
    yield trigger(
        "participant_relisted", "UPDATE ON participant", same_instance.format("NEW"), of_instance("NEW")
    )
    yield trigger(
        "participant_dropped", "DELETE ON participant", same_instance.format("OLD"), of_instance("OLD")
    )
    yield trigger(
        "instance_relisted",
        "UPDATE OF scope, definition_key ON instance",
        "t.instance_id = NEW.id",
        "task_id IN (SELECT id FROM task WHERE instance_id = NEW.id AND state = 'open')",
    )


# -- PostgreSQL --------------------------------------------------------------------------------------------------------

_LIST = """CREATE OR REPLACE FUNCTION list_task(
  the_task text, the_kind text, the_name text, the_scope text, the_process text, the_priority integer,
  the_due timestamptz, the_creation timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE found_id bigint;
BEGIN
  SELECT id INTO found_id FROM listing
    WHERE kind = the_kind AND name = the_name AND scope = the_scope AND process = the_process
      AND priority = the_priority;
  IF found_id IS NULL THEN
    INSERT INTO listing (kind, name, scope, process, priority)
      VALUES (the_kind, the_name, the_scope, the_process, the_priority) ON CONFLICT DO NOTHING;
    SELECT id INTO found_id FROM listing
      WHERE kind = the_kind AND name = the_name AND scope = the_scope AND process = the_process
        AND priority = the_priority;
  END IF;
  INSERT INTO listed (task_id, listing_id, due_order, created_at)
    VALUES (the_task, found_id, the_due, the_creation) ON CONFLICT DO NOTHING;
END $$"""

_RELIST = """CREATE OR REPLACE FUNCTION relist_task(the_task text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM listed WHERE task_id = the_task;
  PERFORM list_task(b.task_id, b.kind, b.name, b.scope, b.process, b.priority, b.due_order, b.created_at)
    FROM ({memberships}) b;
END $$"""

# It reads one table at a time by its key: a join would be planned again at every call.
_ON_TASK = """CREATE OR REPLACE FUNCTION on_task_listing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE of_case record; found_id bigint;
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM listed WHERE task_id = OLD.id;
    RETURN NULL;
  ELSIF TG_OP = 'UPDATE' THEN
    IF NEW.state = 'open' THEN PERFORM relist_task(NEW.id);
    ELSE DELETE FROM listed WHERE task_id = OLD.id; END IF;
    RETURN NULL;
  END IF;
  SELECT definition_key, scope INTO of_case FROM instance WHERE id = NEW.instance_id;
  SELECT id INTO found_id FROM listing
    WHERE kind = 'scope' AND name = '' AND scope = of_case.scope AND process = of_case.definition_key
      AND priority = NEW.priority;
  IF found_id IS NULL THEN  -- the first task of its kind there
    PERFORM list_task(NEW.id, 'scope', '', of_case.scope, of_case.definition_key, NEW.priority,
                      NEW.due_order, NEW.created_at);
  ELSE
    INSERT INTO listed (task_id, listing_id, due_order, created_at)
      VALUES (NEW.id, found_id, NEW.due_order, NEW.created_at) ON CONFLICT DO NOTHING;
  END IF;
  IF NEW.assignee IS NOT NULL THEN
    PERFORM list_task(NEW.id, 'holder', NEW.assignee, NEW.scope, of_case.definition_key, NEW.priority,
                      NEW.due_order, NEW.created_at);
  END IF;
  RETURN NULL;
END $$"""

_ON_CANDIDATE = """CREATE OR REPLACE FUNCTION on_candidate_listing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE offered record; the_process text; found_id bigint; who record;
BEGIN
  IF TG_OP <> 'INSERT' THEN PERFORM relist_task(OLD.task_id); END IF;
  IF TG_OP = 'DELETE' THEN RETURN NULL; END IF;
  SELECT instance_id, scope, priority, due_order, created_at INTO offered FROM task
    WHERE id = NEW.task_id AND state = 'open' AND assignee IS NULL;
  IF NOT FOUND THEN RETURN NULL; END IF;
  SELECT definition_key INTO the_process FROM instance WHERE id = offered.instance_id;
  SELECT id INTO found_id FROM listing
    WHERE kind = NEW.kind AND name = NEW.name AND scope = offered.scope AND process = the_process
      AND priority = offered.priority;
  IF found_id IS NULL THEN  -- the first task that is offered to them there
    PERFORM list_task(NEW.task_id, NEW.kind, NEW.name, offered.scope, the_process, offered.priority,
                      offered.due_order, offered.created_at);
  ELSE
    INSERT INTO listed (task_id, listing_id, due_order, created_at)
      VALUES (NEW.task_id, found_id, offered.due_order, offered.created_at) ON CONFLICT DO NOTHING;
  END IF;
  IF NEW.kind = 'role' THEN
    FOR who IN
      SELECT actor_id FROM participant
        WHERE instance_id = offered.instance_id AND role = NEW.name AND until IS NULL
    LOOP
      PERFORM list_task(NEW.task_id, 'user', who.actor_id, offered.scope, the_process,
                        offered.priority, offered.due_order, offered.created_at);
    END LOOP;
  END IF;
  RETURN NULL;
END $$"""

_ON_CASE = """CREATE OR REPLACE FUNCTION on_case_listing() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE the_case text;
BEGIN
  IF TG_TABLE_NAME = 'instance' THEN the_case := NEW.id;
  ELSIF TG_OP = 'DELETE' THEN the_case := OLD.instance_id;
  ELSE the_case := NEW.instance_id; END IF;
  PERFORM relist_task(id) FROM task WHERE instance_id = the_case AND state = 'open';
  RETURN NULL;
END $$"""


def _postgresql() -> Iterator[str]:
    def trigger(name: str, on: str, function: str, when: str = "") -> str:
        return (
            f"CREATE OR REPLACE TRIGGER {name} AFTER {on} FOR EACH ROW {when} EXECUTE FUNCTION {function}()"
        )

    yield _LIST
    yield _RELIST.format(memberships=_memberships("t.id = the_task"))
    yield _ON_TASK
    yield _ON_CANDIDATE
    yield _ON_CASE
    yield trigger("task_listed", "INSERT ON task", "on_task_listing", "WHEN (NEW.state = 'open')")
    yield trigger("task_relisted", f"UPDATE OF {_WATCHED} ON task", "on_task_listing")
    yield trigger("task_dropped", "DELETE ON task", "on_task_listing")
    yield trigger("candidate_listed", "INSERT ON task_candidate", "on_candidate_listing")
    yield trigger("candidate_relisted", "UPDATE OR DELETE ON task_candidate", "on_candidate_listing")
    yield trigger("participant_relisted", "INSERT OR UPDATE OR DELETE ON participant", "on_case_listing")
    yield trigger("instance_relisted", "UPDATE OF scope, definition_key ON instance", "on_case_listing")
