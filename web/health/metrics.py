"""The metrics of the service in the text that Prometheus reads."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.engine import Engine

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

GAUGES = {
    "timers_due": ("patti_timers_due", "Timers that are due and have not fired"),
    "timer_lag": ("patti_timer_lag_seconds", "By how much the oldest due timer is late"),
    "outbox_due": ("patti_outbox_due", "Messages that are due and have not left"),
    "outbox_lag": ("patti_outbox_lag_seconds", "By how much the oldest due message is late"),
    "outbox_failed": ("patti_outbox_failed", "Messages that were given up"),
    "incidents_open": ("patti_incidents_open", "Incidents that wait for somebody"),
    "batch_items_waiting": ("patti_batch_cases_waiting", "Cases that wait in operations over many cases"),
}


class _EngineCollector(Collector):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterable[Metric]:
        """What waits in the database, and what this process has done since it started."""
        values = self._engine.metrics.read()
        for field, (name, meaning) in GAUGES.items():
            yield GaugeMetricFamily(name, meaning, value=getattr(values, field))
        yield CounterMetricFamily(
            "patti_steps",
            "Steps of cases done by this process",
            value=self._engine.step_runner.committed_steps,
        )


def exposition(engine: Engine) -> bytes:
    """All metrics, as text."""
    registry = CollectorRegistry()
    registry.register(_EngineCollector(engine))
    return generate_latest(registry)


def may_read(token: str, shown: str | None) -> bool:
    """Whether an `Authorization` header has the token of the settings; never, when no token is set."""
    return bool(token) and hmac.compare_digest((shown or "").encode(), f"Bearer {token}".encode())
