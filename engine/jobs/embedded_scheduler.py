"""The embedded scheduler: a thread that wakes up at the next due date, and in a slow safety sweep. It does not poll."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

from engine.clock import Clock, SystemClock

logger = logging.getLogger(__name__)

WAKE_UP = "wake-up"
SWEEP = "sweep"
MAX_CONCURRENT_RUNS = 100
"""Runs that APScheduler may start at once; all but one find a run in progress and return, and none is refused."""
PAUSE = timedelta(seconds=1)
"""Before the next run when the last one failed, or could not do what is due."""


class EmbeddedScheduler:
    """Calls `run_due` when something is due, one call at a time. `run_due` returns how much it did; `next_due` the
    moment at which something is due, UTC, or None."""

    def __init__(
        self,
        run_due: Callable[[], int],
        next_due: Callable[[], datetime | None],
        clock: Clock,
        sweep_seconds: int,
    ) -> None:
        self._run_due = run_due
        self._next_due = next_due
        self._clock = clock
        self._system_clock = SystemClock()
        self._sweep_seconds = sweep_seconds
        self._running = threading.Lock()
        self._check_again = threading.Event()
        self._stopping = threading.Event()
        self._wake_up_lock = threading.Lock()
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(2)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": MAX_CONCURRENT_RUNS},
        )

    def start(self) -> None:
        """Start the thread; what is due already is done at once."""
        self._scheduler.add_job(self._run, IntervalTrigger(seconds=self._sweep_seconds), id=SWEEP)
        self._scheduler.start()
        self.wake()

    def wake(self) -> None:
        """Check for due work now. Cheap, and safe from any thread."""
        self._check_again.set()
        if not self._running.locked():  # else the run in progress checks once more
            self._wake_up_in(timedelta())

    def stop(self) -> None:
        """Finish what is running, then stop."""
        with self._wake_up_lock:  # while the scheduler shuts down its threads may not add a wake-up
            self._stopping.set()
        if self._scheduler.running:
            self._scheduler.pause()
            self._scheduler.remove_all_jobs()  # waits until the scheduler has submitted the jobs that are due
            self._scheduler.shutdown(wait=True)

    def _wake_up_in(self, span: timedelta) -> None:
        moment = self._system_clock.now() + span  # APScheduler uses the system clock, whatever `clock` says
        with self._wake_up_lock:
            if self._scheduler.running and not self._stopping.is_set():
                self._scheduler.add_job(self._run, DateTrigger(moment), id=WAKE_UP, replace_existing=True)

    def _run(self) -> None:
        self._check_again.set()
        while self._check_again.is_set() and not self._stopping.is_set():
            if not self._running.acquire(blocking=False):
                return  # the run in progress checks once more
            try:
                self._check_again.clear()
                self._check_due()
            except Exception:
                logger.exception("Background work failed; it is tried again shortly")
                self._wake_up_in(PAUSE)
            finally:
                self._running.release()

    def _check_due(self) -> None:
        """Do what is due, or set the wake-up at the next due moment."""
        due = self._next_due()
        if due is None:
            return
        span = due - self._clock.now()
        if span > timedelta():
            self._wake_up_in(span)
        elif self._run_due():
            self._check_again.set()  # meanwhile more may have become due
        else:
            self._wake_up_in(PAUSE)
