"""Workers on many machines: Procrastinate on PostgreSQL hands out hints, our tables say what there is to do.

A hint names a kind of work and says "look". Whoever takes it does what is due of that kind, a transaction for each
thing, until nothing more is; then the next hint is asked for. A hint too many finds nothing to do; one that is lost is
made good by the next sweep. No two workers do the same thing, because each takes what it does under a lock in the
database.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from sqlalchemy.engine import make_url

from engine.clock import Clock, SystemClock
from engine.errors import Misconfigured
from engine.storage import Database
from engine.storage.triggers.job_queue import LONGEST_SWEEP_SECONDS, QUEUE, ask_for_look

logger = logging.getLogger(__name__)

BATCH = 20
"""How much is done between two looks at whether to stop."""
MANY = 5
"""Who finds so much due at once calls for help."""
POLL_SECONDS = 0.5
LINGER_SECONDS = 1.0
"""What comes due within this is waited for, not handed back to the queue."""
BREATH_SECONDS = 1.0
"""Before what is due and could not be done (held elsewhere, or failing) is looked at again."""
HEARTBEAT_SECONDS = 5.0
SILENT_SECONDS = 20.0
"""After this without a heartbeat a worker is taken for dead and its hints are handed to others."""
AGAIN_SECONDS = 3.0


@dataclass
class Look:
    """A kind of work: `work(limit)` does some of what is due and says how much; `next_due` says when more is, UTC."""

    kind: str
    work: Callable[[int], int]
    next_due: Callable[[], datetime | None]
    running: threading.Lock = field(default_factory=threading.Lock)
    again: threading.Event = field(default_factory=threading.Event)


class DistributedJobs:
    """One worker. `run` blocks until `stop`, or until SIGTERM or SIGINT; what is under way is finished first."""

    def __init__(self, database: Database, looks: Sequence[Look], clock: Clock, sweep_seconds: int) -> None:
        if database.is_sqlite:
            raise Misconfigured(
                "Più processi di lavoro insieme vogliono PostgreSQL: database_url = postgresql+psycopg://…"
            )
        self._database = database
        self._looks = tuple(looks)
        self._clock = clock
        self._sweep_seconds = min(sweep_seconds, LONGEST_SWEEP_SECONDS)
        self._stopping = threading.Event()
        self._asked_to_stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._heard: datetime | None = None

    def run(self, *, signals: bool = False) -> None:
        """Work until told to stop. With `signals` (main thread only) SIGTERM and SIGINT tell it."""
        asyncio.run(self._run(signals))

    def stop(self) -> None:
        """Finish the step under way, then end `run`. From any thread."""
        self._stopping.set()
        for look in self._looks:
            look.again.set()  # whoever lingers wakes up
        if self._loop is not None and self._asked_to_stop is not None:
            self._loop.call_soon_threadsafe(self._asked_to_stop.set)

    @property
    def well(self) -> bool:
        """Whether the queue has answered lately."""
        late = timedelta(seconds=3 * self._sweep_seconds + SILENT_SECONDS)
        return self._heard is not None and SystemClock().now() - self._heard < late

    # -- the worker ------------------------------------------------------------------------------------------------

    async def _run(self, signals: bool) -> None:
        self._loop, self._asked_to_stop = asyncio.get_running_loop(), asyncio.Event()
        if signals:
            for one in (signal.SIGTERM, signal.SIGINT):
                self._loop.add_signal_handler(one, self.stop)
        while not self._stopping.is_set():
            try:
                await self._work_until_told(self._asked_to_stop)
            except Exception:
                logger.exception("The worker lost its queue; it tries again in %s s", AGAIN_SECONDS)
            await _at_most(AGAIN_SECONDS, self._asked_to_stop)

    async def _work_until_told(self, asked_to_stop: asyncio.Event) -> None:
        app = self._app()
        async with app.open_async():
            for look in self._looks:  # what was missed while nobody worked
                await app.configure_task(look.kind, queue=QUEUE).defer_async()
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=len(self._looks) + 1,
                    fetch_job_polling_interval=POLL_SECONDS,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=SILENT_SECONDS,
                )
            )
            others = [asyncio.create_task(self._sweep(app)), asyncio.create_task(asked_to_stop.wait())]
            try:
                await asyncio.wait([working, *others], return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (*others, working):
                    task.cancel()  # the worker ends what it is doing first
                ends = await asyncio.gather(working, *others, return_exceptions=True)
            for end in ends:
                if isinstance(end, Exception):
                    raise end

    def _app(self) -> App:
        address = make_url(self._database.url).set(drivername="postgresql")
        connector = PsycopgConnector(
            conninfo=address.render_as_string(hide_password=False), min_size=1, max_size=5
        )
        app = App(connector=connector)
        for look in self._looks:
            app.task(name=look.kind, queue=QUEUE)(self._looking(look))
        return app

    async def _sweep(self, app: App) -> None:
        """Now and then everybody looks at everything, and hints of workers that are gone go to those that live."""
        while True:
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
                logger.warning("The worker that was looking at %s is gone", job.task_name)
                with suppress(
                    ConnectorException
                ):  # another worker was quicker; a queue that is away is met below
                    await app.job_manager.retry_job(job)
            await app.job_manager.prune_stalled_workers(SILENT_SECONDS)
            self._heard = SystemClock().now()
            await asyncio.sleep(self._sweep_seconds)
            for look in self._looks:
                await asyncio.to_thread(self._ask, look.kind, 0)

    # -- looking ---------------------------------------------------------------------------------------------------

    def _looking(self, look: Look) -> Callable[[], None]:
        def run() -> None:
            look.again.set()
            while look.again.is_set() and not self._stopping.is_set():
                if not look.running.acquire(blocking=False):
                    return  # the look under way goes on
                try:
                    look.again.clear()
                    self._do(look)
                finally:
                    look.running.release()

        return run

    def _do(self, look: Look) -> None:
        """What is due, until nothing more is; then ask for the look after."""
        while not self._stopping.is_set():
            due = look.next_due()
            if due is None:
                return
            seconds = (due - self._clock.now()).total_seconds()
            if seconds > LINGER_SECONDS:
                self._ask(look.kind, seconds)
                return
            if seconds > 0:
                if look.again.wait(seconds):
                    look.again.clear()
                continue
            done = look.work(BATCH)
            if done >= MANY:
                self._ask(look.kind, 0)  # more may wait: whoever is free may help
            elif not done:
                self._ask(look.kind, BREATH_SECONDS)
                return

    def _ask(self, kind: str, seconds: float) -> None:
        with self._database.begin() as work:
            ask_for_look(work.connection, kind, seconds)


async def _at_most(seconds: float, event: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
