"""A large made-up service, loaded in bulk: instances, open tasks, offers, parts and users, spread as in life.

Twenty scopes and ten roles make two hundred groups, some busy and most quiet; about half of the tasks are assigned; a
few surnames are very common. The same seed gives the same service.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, text

from engine.access import SYSTEM, ChangedBy, accounts
from engine.access.models import Ambito
from engine.engine import Engine
from engine.execution.due_dates import END_OF_TIME
from engine.scheduling.calendars.scopes import save_scope
from engine.storage.text_search import words
from engine.storage.triggers.task_lists import fill_listing, install_listing

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PASSWORD = "quattro gatti sul tetto"
SCOPES = tuple(
    path for one in range(5) for path in (f"ambito{one}", *(f"ambito{one}/zona{sub}" for sub in range(3)))
)
ROLES = (
    "assistente_sociale", "microequipe", "case_manager", "tutor", "operatore_sil",
    "commissione", "formatore", "segnalante", "coordinatore_sub_ambito", "coordinatore_patti",
)  # fmt: skip
NAMES = (
    "Raccogli la domanda", "Colloquio di valutazione", "Scrivi il progetto", "Approva il progetto", "Firma il patto",
    "Approva la spesa", "Verifica a metà percorso", "Relazione finale", "Visita a domicilio", "Chiudi la pratica",
)  # fmt: skip
MEASURED = {
    "operatrice": ("assistente_sociale", "ambito1/zona1"),
    "capo_ambito": ("coordinatore_patti", "ambito1"),
}
"""Users who can sign in: an operator of one group, and a coordinator over an ambito and its three zones."""


@dataclass(frozen=True)
class Rows:
    """The rows of one table."""

    table: str
    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]


def furnish(engine: Engine, processes: Path) -> list[str]:
    """Ambiti, the users who sign in, and the published processes; the ids of those."""
    by = ChangedBy(SYSTEM.id, engine.clock.now())
    with engine.database.begin() as work:
        for scope in SCOPES:
            save_scope(work.connection, Ambito(scope, scope.title()), by=by)
        for username, (role, scope) in MEASURED.items():
            accounts.create_account(work.connection, username, username.title(), PASSWORD, by=by)
            accounts.add_membership(work.connection, username, role, scope, date(2020, 1, 1), by=by)
    engine.deployments.deploy_folder(processes, SYSTEM)
    return [one.id for one in engine.repository.list()]


def service(tasks: int, users: int, definitions: list[str], seed: int = 4) -> Iterator[Rows]:
    """The rows of a service with so many open tasks, table by table; five tasks for every four cases."""
    chance = random.Random(seed)
    surnames, first_names = _made_up(chance, 3000), _made_up(chance, 400)
    where = [chance.choice(SCOPES) for _ in range(users)]
    staff: dict[str, list[str]] = {scope: [] for scope in SCOPES}
    for number, scope in enumerate(where):
        staff[scope].append(f"utente{number}")
    yield Rows(
        "utente",
        ("username", "nome", "email", "attivo", "lingua", "created_at", "credentials"),
        ((f"utente{n}", f"Utente {n}", "", True, "it", NOW, 1) for n in range(users)),
    )
    yield Rows(
        "appartenenza",
        ("id", "username", "ruolo", "ambito", "dal"),
        ((f"{n:032x}", f"utente{n}", chance.choice(ROLES), where[n], date(2020, 1, 1)) for n in range(users)),
    )
    cases = tasks * 4 // 5
    scopes = chance.choices(SCOPES, weights=[1 + 3 * (n % 5 == 1) for n in range(len(SCOPES))], k=cases)
    yield Rows("instance", _INSTANCE, _cases(chance, scopes, definitions, surnames, first_names))
    yield Rows(
        "participant",
        ("instance_id", "actor_id", "role", "since"),
        (
            (f"{n:032x}", chance.choice(staff[scope] or ["utente0"]), chance.choice(ROLES[:4]), NOW)
            for n, scope in enumerate(scopes)
            if n % 3
        ),
    )
    offers: list[tuple[str, str, str]] = []
    yield Rows("task", _TASK, _tasks(chance, tasks, scopes, definitions, staff, offers))
    yield Rows("task_candidate", ("task_id", "kind", "name"), iter(offers))


_INSTANCE = (
    "id", "number", "definition_id", "definition_key", "business_key", "scope", "title", "words", "phase", "state",
    "revision", "run_state", "started_at", "started_by",
)  # fmt: skip


def _cases(
    chance: random.Random,
    scopes: list[str],
    definitions: list[str],
    surnames: list[str],
    first_names: list[str],
) -> Iterator[tuple[Any, ...]]:
    for n, scope in enumerate(scopes):
        definition = definitions[n % len(definitions)]
        key = definition.rpartition(":")[0]
        common = chance.random() ** 3  # few surnames are many persons'
        title = f"{surnames[int(common * len(surnames))]} {chance.choice(first_names)}"
        yield (
            f"{n:032x}", n + 1, definition, key, f"{key}-{n + 1}", scope, title, f" {words(title)}", "attivo", "active",
            1, b"", NOW - timedelta(minutes=n % 500_000), "utente0",
        )  # fmt: skip


_TASK = (
    "id", "instance_id", "token", "definition_id", "element_id", "name", "words", "instructions", "process_id", "scope",
    "assignee", "priority", "created_at", "due_at", "due_order", "due_runs", "state", "revision", "restricted",
)  # fmt: skip


def _tasks(
    chance: random.Random,
    tasks: int,
    scopes: list[str],
    definitions: list[str],
    staff: dict[str, list[str]],
    offers: list[tuple[str, str, str]],
) -> Iterator[tuple[Any, ...]]:
    plain = {name: f" {words(name)}" for name in NAMES}
    for n in range(tasks):
        task_id, case = (
            f"{chance.getrandbits(128):032x}",
            chance.randrange(len(scopes)) if n >= len(scopes) else n,
        )
        scope, name = scopes[case], NAMES[int(chance.random() ** 1.5 * len(NAMES))]
        definition = definitions[case % len(definitions)]
        roles = {ROLES[int(chance.random() ** 2 * len(ROLES))] for _ in range(1 + (chance.random() < 0.3))}
        offers += [(task_id, "role", role) for role in sorted(roles)]
        due = NOW + timedelta(minutes=int(chance.gauss(9000, 9000))) if chance.random() < 0.8 else None
        assignee = None
        if chance.random() < 0.45:
            assignee = (
                chance.choice(staff[scope]) if staff[scope] and chance.random() > 0.001 else "operatrice"
            )
        yield (
            task_id, f"{case:032x}", f"t{n}", definition, "e", name, plain[name], "", definition.rpartition(":")[0],
            scope, assignee, 50 if chance.random() < 0.9 else 80, NOW - timedelta(seconds=chance.randrange(5_000_000)),
            due, due or END_OF_TIME, False, "open", 1, False,
        )  # fmt: skip


def _made_up(chance: random.Random, number: int) -> list[str]:
    starts = "b br c d f fr g gr l m n p r s st t v z".split()  # noqa: SIM905 - a list of letters reads worse
    middles, ends = "aeiou", ("lli", "rti", "ni", "ssi", "nzo", "ra", "tta")
    found: dict[str, None] = {}
    while len(found) < number:
        syllables = "".join(
            chance.choice(starts) + chance.choice(middles) for _ in range(chance.randint(1, 3))
        )
        found[(syllables + chance.choice(ends)).capitalize()] = None
    return list(found)


# -- bulk loading ------------------------------------------------------------------------------------------------------


def load(engine: Engine, everything: Iterable[Rows]) -> None:
    """Write all rows as fast as the database takes them, its indexes and lists made afterwards; then ANALYZE."""
    with engine.database.begin() as work:
        if engine.database.is_sqlite:
            _load_sqlite(work.connection, everything)
        else:
            _load_postgresql(work.connection, everything)
    with engine.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if engine.database.is_sqlite else "VACUUM ANALYZE"))


def _load_sqlite(connection: Connection, everything: Iterable[Rows]) -> None:
    triggers = connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name NOT LIKE 'event%'")
    ).all()
    listing = [
        name for name, _ in triggers if name.endswith(("_listed", "_relisted", "_unlisted", "_dropped"))
    ]
    for name in listing:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    for rows in everything:
        marks = ", ".join("?" for _ in rows.columns)
        statement = f"INSERT INTO {rows.table} ({', '.join(rows.columns)}) VALUES ({marks})"  # noqa: S608 - our own names
        cursor = connection.connection.cursor()
        cursor.executemany(statement, [tuple(map(_for_sqlite, row)) for row in rows.rows])
    fill_listing(connection)
    install_listing(connection)


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.000000")
    return value.isoformat() if isinstance(value, date) else value


def _load_postgresql(connection: Connection, everything: Iterable[Rows]) -> None:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    connection.execute(text("SET LOCAL session_replication_role = replica"))  # no triggers, no foreign keys
    connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
    connection.execute(text("SET LOCAL work_mem = '512MB'"))
    indexes = connection.execute(
        text(
            "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.schemaname = 'public' AND i.tablename IN "
            "('instance', 'task', 'task_candidate', 'participant', 'listed') AND i.indexname LIKE 'ix%'"
        )
    ).all()
    for name, _ in indexes:
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    with driver.cursor() as cursor:
        for rows in everything:
            with cursor.copy(f"COPY {rows.table} ({', '.join(rows.columns)}) FROM STDIN".encode()) as copy:
                lines: list[str] = []
                for row in rows.rows:
                    lines.append("\t".join(map(_for_copy, row)))
                    if len(lines) == 5000:
                        copy.write("\n".join(lines) + "\n")
                        lines.clear()
                if lines:
                    copy.write("\n".join(lines) + "\n")
    for _, definition in indexes:
        if "listed" not in definition:
            connection.exec_driver_sql(definition)
    connection.exec_driver_sql("ANALYZE")
    fill_listing(connection)
    for _, definition in indexes:
        if "listed" in definition:
            connection.exec_driver_sql(definition)


def _for_copy(value: Any) -> str:
    if value is None:
        return "\\N"
    return "" if value == b"" else str(value)
