"""The embedded scheduler: one wake-up at the earliest due moment, and a slow safety sweep. Nothing polls in between."""

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
MANY = 100
"""Looks asked for at once: all but one find it under way and return, and none is refused."""
BREATH = timedelta(seconds=1)
"""Between two runs when the first left something due: nobody spins on work that cannot be done."""


class LocalJobs:
    """Runs `work` when something is due and hears how much was done; `next_due` says when that is, in UTC. One run at
    a time."""

    def __init__(
        self,
        work: Callable[[], int],
        next_due: Callable[[], datetime | None],
        clock: Clock,
        sweep_seconds: int,
    ) -> None:
        self._work = work
        self._next_due = next_due
        self._clock = clock
        self._machine = SystemClock()
        self._sweep_seconds = sweep_seconds
        self._running = threading.Lock()
        self._again = threading.Event()
        self._stopping = threading.Event()
        self._alarm = threading.Lock()
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(2)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": MANY},
        )

    def start(self) -> None:
        """Begin; what became due while nothing ran is done at once."""
        self._scheduler.add_job(self._run, IntervalTrigger(seconds=self._sweep_seconds), id=SWEEP)
        self._scheduler.start()
        self.nudge()

    def nudge(self) -> None:
        """Something may be due earlier than thought: look now. Cheap, and safe from any thread."""
        self._again.set()
        if not self._running.locked():  # otherwise the look under way looks once more
            self._wake_in(timedelta())

    def stop(self) -> None:
        """Finish what is running, then stop."""
        with self._alarm:  # the scheduler, while it waits for its threads, lets none of them set an alarm
            self._stopping.set()
        if self._scheduler.running:
            self._scheduler.pause()
            self._scheduler.remove_all_jobs()  # waits for the round that is handing out jobs
            self._scheduler.shutdown(wait=True)

    def _wake_in(self, span: timedelta) -> None:
        moment = self._machine.now() + span  # the scheduler lives by the machine's clock, whatever ours says
        with self._alarm:
            if self._scheduler.running and not self._stopping.is_set():
                self._scheduler.add_job(self._run, DateTrigger(moment), id=WAKE_UP, replace_existing=True)

    def _run(self) -> None:
        self._again.set()
        while self._again.is_set() and not self._stopping.is_set():
            if not self._running.acquire(blocking=False):
                return  # the run under way will look once more
            try:
                self._again.clear()
                self._look()
            except Exception:
                logger.exception("Background work failed; it is tried again shortly")
                self._wake_in(BREATH)
            finally:
                self._running.release()

    def _look(self) -> None:
        """Do what is due, and hold the one wake-up at the next due moment."""
        due = self._next_due()
        if due is None:
            return
        span = due - self._clock.now()
        if span > timedelta():
            self._wake_in(span)
        elif self._work():
            self._again.set()  # meanwhile more may have come due
        else:
            self._wake_in(BREATH)
