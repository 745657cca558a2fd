"""A worker process: Procrastinate on PostgreSQL distributes notifications, our tables say what is due.

A notification names a kind of work. The worker that takes it does what is due of that kind, one transaction for each
piece, until nothing is left; then it asks for the next notification. One notification too many finds nothing to do; a
lost one is replaced by the next sweep. No two workers do the same piece, because each locks the row that it works on.
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
from engine.jobs.due_work import DueWork
from engine.storage import Database
from engine.storage.triggers.job_queue import MAX_SWEEP_SECONDS, QUEUE, notify_workers

logger = logging.getLogger(__name__)

LIMIT = 20
"""Pieces of work between two checks whether to stop."""
ENOUGH_TO_SHARE = 5
"""A worker that finds so much due at once notifies another one."""
POLL_SECONDS = 0.5
WAIT_SECONDS = 1.0
"""A worker waits for what is due within this time; for what is due later it leaves a notification."""
PAUSE_SECONDS = 1.0
"""Before the next check when what is due could not be done (locked elsewhere, or failing)."""
HEARTBEAT_SECONDS = 5.0
STALLED_SECONDS = 20.0
"""A worker without a heartbeat for so long is dead; its notifications are given to others."""
RECONNECT_SECONDS = 3.0


@dataclass
class _Runner:
    """One kind of work, done by one thread of this worker at a time."""

    work: DueWork
    running: threading.Lock = field(default_factory=threading.Lock)
    check_again: threading.Event = field(default_factory=threading.Event)


class Worker:
    """One worker. `run` blocks until `stop`, or until SIGTERM or SIGINT; the work in progress is finished first."""

    def __init__(
        self, database: Database, kinds: Sequence[DueWork], clock: Clock, sweep_seconds: int
    ) -> None:
        if database.is_sqlite:
            raise Misconfigured("WORKERS_NEED_POSTGRESQL")
        self._database = database
        self._runners = tuple(_Runner(work) for work in kinds)
        self._clock = clock
        self._system_clock = SystemClock()
        self._sweep_seconds = min(sweep_seconds, MAX_SWEEP_SECONDS)
        self._stopping = threading.Event()
        self._stop_requested: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._last_answer: datetime | None = None

    def run(self, *, signals: bool = False) -> None:
        """Work until stopped. With `signals` (main thread only) SIGTERM and SIGINT stop it."""
        asyncio.run(self._run(signals))

    def stop(self) -> None:
        """Finish the piece of work in progress, then end `run`. Safe from any thread."""
        self._stopping.set()
        for runner in self._runners:
            runner.check_again.set()  # ends a wait in `_run_due`
        if self._loop is not None and self._stop_requested is not None:
            self._loop.call_soon_threadsafe(self._stop_requested.set)

    @property
    def is_healthy(self) -> bool:
        """Whether the queue has answered lately."""
        late = timedelta(seconds=3 * self._sweep_seconds + STALLED_SECONDS)
        return self._last_answer is not None and self._system_clock.now() - self._last_answer < late

    # -- the queue -------------------------------------------------------------------------------------------------

    async def _run(self, signals: bool) -> None:
        self._loop, self._stop_requested = asyncio.get_running_loop(), asyncio.Event()
        if signals:
            for one in (signal.SIGTERM, signal.SIGINT):
                self._loop.add_signal_handler(one, self.stop)
        while not self._stopping.is_set():
            try:
                await self._run_until_stopped(self._stop_requested)
            except Exception:
                logger.exception("The worker lost its queue; it tries again in %s s", RECONNECT_SECONDS)
            await _wait_at_most(RECONNECT_SECONDS, self._stop_requested)

    async def _run_until_stopped(self, stop_requested: asyncio.Event) -> None:
        app = self._app()
        async with app.open_async():
            for runner in self._runners:  # what became due while no worker ran
                await app.configure_task(runner.work.kind, queue=QUEUE).defer_async()
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=len(self._runners) + 1,
                    fetch_job_polling_interval=POLL_SECONDS,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=STALLED_SECONDS,
                )
            )
            others = [asyncio.create_task(self._sweep(app)), asyncio.create_task(stop_requested.wait())]
            try:
                await asyncio.wait([working, *others], return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (*others, working):
                    task.cancel()  # Procrastinate finishes the jobs in progress first
                results = await asyncio.gather(working, *others, return_exceptions=True)
            for result in results:
                if isinstance(result, Exception):
                    raise result

    def _app(self) -> App:
        address = make_url(self._database.url).set(drivername="postgresql")
        connector = PsycopgConnector(
            conninfo=address.render_as_string(hide_password=False), min_size=1, max_size=5
        )
        app = App(connector=connector)
        for runner in self._runners:
            app.task(name=runner.work.kind, queue=QUEUE)(self._handler(runner))
        return app

    async def _sweep(self, app: App) -> None:
        """At intervals check every kind of work, and give the notifications of dead workers to others."""
        while True:
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
                logger.warning("The worker that had the job %s is gone", job.task_name)
                with suppress(ConnectorException):  # another worker was first; a lost queue is noticed below
                    await app.job_manager.retry_job(job)
            await app.job_manager.prune_stalled_workers(STALLED_SECONDS)
            self._last_answer = self._system_clock.now()
            await asyncio.sleep(self._sweep_seconds)
            for runner in self._runners:
                await asyncio.to_thread(self._notify, runner.work.kind, 0)

    # -- the work --------------------------------------------------------------------------------------------------

    def _handler(self, runner: _Runner) -> Callable[[], None]:
        def handle() -> None:
            runner.check_again.set()
            while runner.check_again.is_set() and not self._stopping.is_set():
                if not runner.running.acquire(blocking=False):
                    return  # the run in progress checks once more
                try:
                    runner.check_again.clear()
                    self._run_due(runner)
                finally:
                    runner.running.release()

        return handle

    def _run_due(self, runner: _Runner) -> None:
        """Do what is due until nothing is left; then leave a notification for what is due next."""
        work = runner.work
        while not self._stopping.is_set():
            due = work.next_due()
            if due is None:
                return
            seconds = (due - self._clock.now()).total_seconds()
            if seconds > WAIT_SECONDS:
                self._notify(work.kind, seconds)
                return
            if seconds > 0:
                if runner.check_again.wait(seconds):
                    runner.check_again.clear()
                continue
            done = work.run(LIMIT)
            if done >= ENOUGH_TO_SHARE:
                self._notify(work.kind, 0)  # there may be more: a free worker may help
            elif not done:
                self._notify(work.kind, PAUSE_SECONDS)
                return

    def _notify(self, kind: str, seconds: float) -> None:
        with self._database.begin() as work:
            notify_workers(work.connection, kind, seconds)


async def _wait_at_most(seconds: float, event: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
