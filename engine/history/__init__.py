"""The history of instances, metrics, and consistency checks of the stored data."""

from engine.history.consistency import ConsistencyCheck, check_consistency, consistency_check
from engine.history.metrics import Metrics, MetricValues
from engine.history.models import Event
from engine.history.service import History

__all__ = [
    "ConsistencyCheck",
    "Event",
    "History",
    "MetricValues",
    "Metrics",
    "check_consistency",
    "consistency_check",
]
