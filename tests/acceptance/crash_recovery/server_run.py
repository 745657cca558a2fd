"""A real `patti serve` with real mail and clients over HTTP, killed at random moments; then the invariants are checked.

python -m tests.acceptance.crash_recovery.server_run --kills 50 [--postgresql]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from sqlalchemy import func, select

from engine.access import SYSTEM, ChangedBy, accounts
from engine.access.models import Ambito
from engine.clock import SystemClock
from engine.engine import Engine
from engine.history.consistency import check_consistency
from engine.scheduling.calendars.scopes import save_scope
from engine.settings import Settings
from engine.storage.tables import event, instance, outbox, task, timer
from modules.budget.tables import movimento
from tests.acceptance.crash_recovery.clients import Browser, Confirmed, Worker
from tests.databases import Databases
from tests.live_site import LOCAL, ROOT, ServerProcess, free_port

PASSWORD = "quattro gatti sul tetto"
CASES = 5
PEOPLE = ("anna", "berta", "clara")
HERE = Path(__file__).parent


class Letters:
    """An SMTP server that remembers the Message-IDs it took."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """One message."""
        for line in envelope.content.decode("utf-8", "replace").splitlines():
            if line.lower().startswith("message-id:"):
                self.taken[line.partition(":")[2].strip()] += 1
        return "250 OK"


@dataclass
class CrashRun:
    """A run over one database."""

    engine: Engine
    server: ServerProcess
    letters: Letters
    confirmed: Confirmed

    def open_tasks(self) -> Sequence[str]:
        """The tasks that wait for somebody."""
        with self.engine.database.read() as connection:
            return connection.execute(select(task.c.id).where(task.c.state == "open")).scalars().all()

    def rage(self, kills: int, chance: random.Random) -> None:
        """Kill and restart the server at random moments while the clients work."""
        self.server.start()
        browsers = [Browser(self.server.url) for _ in PEOPLE]
        for browser, name in zip(browsers, PEOPLE, strict=True):
            browser.sign_in(name, PASSWORD)
        workers = [
            Worker(browser, self.open_tasks, self.confirmed, chance.randrange(10**6)) for browser in browsers
        ]
        for worker in workers:
            worker.start()
        try:
            for _ in range(kills):
                time.sleep(chance.uniform(0.02, 0.9))
                self.server.kill()
                self.server.start()
            time.sleep(1)
        finally:
            for worker in workers:
                worker.stop()
            self.server.stop()

    def settle(self) -> None:
        """After the kills: the leases of interrupted deliveries run out, and everything that waits is delivered."""
        with self.engine.database.begin() as work:
            work.connection.execute(
                outbox.update().where(outbox.c.state == "waiting").values(due_at=self.engine.clock.now())
            )
        while self.engine.outbox.deliver():
            pass

    def faults(self) -> list[str]:
        """Everything that was lost, done twice or does not add up; empty when all is well."""
        found = [f"unexpected answer: {one}" for one in self.confirmed.surprises]
        with self.engine.database.read() as connection:
            found += self._payments(connection)
            found += self._timers(connection)
            found += self._deliveries(connection)
        found += [
            check.outcome
            for check in check_consistency(self.engine.database, self.engine.repository)
            if not check.passed
        ]
        return found

    def _payments(self, connection: Any) -> Iterator[str]:
        done = {row.id: row for row in connection.execute(select(task).where(task.c.state == "completed"))}
        told = Counter(
            row.data["task"]
            for row in connection.execute(select(event.c.data).where(event.c.kind == "task.completed"))
        )
        paid = Counter(
            connection.execute(
                select(movimento.c.giustificativo).where(movimento.c.giustificativo != "")
            ).scalars()
        )
        for task_id, receipt in self.confirmed.payments.items():
            if task_id not in done:
                yield f"task {task_id} was confirmed and is not completed"
            if paid[receipt] != 1:
                yield f"{receipt} was confirmed and is paid {paid[receipt]} times"
        for task_id in done:
            if told[task_id] != 1:
                yield f"task {task_id} is completed and told {told[task_id]} times"
        for receipt, times in paid.items():
            if times != 1:
                yield f"{receipt} is paid {times} times"
        known = set(self.confirmed.payments.values()) | self.confirmed.unanswered
        yield from (f"{receipt} is paid and nobody sent it" for receipt in paid if receipt not in known)
        if len(paid) != len(done):
            yield f"{len(done)} tasks are completed, {len(paid)} payments made"
        open_cases = connection.execute(
            select(func.count()).select_from(instance).where(instance.c.state == "active")
        ).scalar_one()
        waiting = connection.execute(
            select(func.count()).select_from(task).where(task.c.state == "open")
        ).scalar_one()
        if waiting != open_cases:
            yield f"{open_cases} cases are open and {waiting} tasks wait"

    def _timers(self, connection: Any) -> Iterator[str]:
        fired = set(connection.execute(select(timer.c.id).where(timer.c.state == "fired")).scalars())
        told = Counter(
            row.data["timer"]
            for row in connection.execute(select(event.c.data).where(event.c.kind == "timer.fired"))
        )
        for timer_id in fired | set(told):
            if told[timer_id] != 1 or timer_id not in fired:
                yield f"timer {timer_id} fired and is told {told[timer_id]} times"
        notices = connection.execute(
            select(func.count()).select_from(outbox).where(outbox.c.kind == "notify")
        ).scalar_one()
        if notices != len(fired):
            yield f"{len(fired)} timers fired and {notices} notices were queued"

    def _deliveries(self, connection: Any) -> Iterator[str]:
        rows = connection.execute(select(outbox.c.key, outbox.c.kind, outbox.c.state)).all()
        yield from (f"message {row.key} is {row.state}" for row in rows if row.state != "delivered")
        sent = sum(row.kind == "mail" for row in rows)
        if sent != len(self.letters.taken):
            yield f"{sent} mails are delivered, the mail server has {len(self.letters.taken)} different ones"

    def told(self) -> str:
        """In a line, how much happened."""
        with self.engine.database.read() as connection:
            fired = connection.execute(
                select(func.count()).select_from(timer).where(timer.c.state == "fired")
            ).scalar_one()
        return (
            f"{len(self.confirmed.payments)} payments confirmed, {len(self.confirmed.unanswered)} unanswered, "
            f"{fired} timers fired, {len(self.letters.taken)} mails (of which "
            f"{sum(times > 1 for times in self.letters.taken.values())} repeated)"
        )


def furnish(engine: Engine) -> None:
    """Publish the process, write the people, start the cases."""
    by = ChangedBy(SYSTEM.id, engine.clock.now())
    with engine.database.begin() as work:
        save_scope(work.connection, Ambito("cremona", "Cremona"), by=by)
        for name in (*PEOPLE, "carla"):
            accounts.create_account(
                work.connection, name, name.capitalize(), PASSWORD, by=by, email=f"{name}@example.org"
            )
            role = "coordinatore_patti" if name == "carla" else "assistente_sociale"
            accounts.add_membership(work.connection, name, role, "cremona", date(2000, 1, 1), by=by)
    engine.deployments.deploy_folder(HERE / "processes", SYSTEM)
    for number in range(CASES):
        engine.instances.start("tempesta", {"persona": f"persona:{number:032x}"}, SYSTEM, "cremona")


@contextlib.contextmanager
def crash_run(database_url: str, folder: Path) -> Iterator[CrashRun]:
    """A run on a migrated database, before its start."""
    roles = folder / "processes"
    shutil.copytree(HERE / "processes", roles)
    shutil.copy(ROOT / "processes" / "ruoli.yaml", roles)
    letters = Letters()
    post = Controller(letters, hostname=LOCAL, port=free_port())
    post.start()
    try:
        chosen = {
            "database_url": database_url,
            "processes_folder": str(roles),
            "smtp_url": f"smtp://{LOCAL}:{post.port}",
            "secret_key": "tempesta",
            "login_rate": "1000 per minute",
            "sweep_seconds": 1,
        }
        settings = Settings(**chosen)  # type: ignore[arg-type]
        with contextlib.closing(Engine.open(settings, clock=SystemClock())) as engine:
            furnish(engine)
            yield CrashRun(engine, ServerProcess(folder, **chosen), letters, Confirmed())
    finally:
        post.stop()


def main() -> None:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        databases = Databases(folder, os.getpid())
        found = databases.postgresql() if options.postgresql else databases.sqlite(folder)
        began = time.monotonic()
        (folder / "work").mkdir()
        with crash_run(stack.enter_context(found), folder / "work") as playing:
            playing.rage(options.kills, random.Random(options.seed))
            playing.settle()
            faults = playing.faults()
            print(
                f"seed {options.seed}, {options.kills} kills, {time.monotonic() - began:.0f} s: {playing.told()}"
            )
            print("\n".join(faults) or "nothing lost, nothing done twice")
    raise SystemExit(bool(faults))


if __name__ == "__main__":
    main()
