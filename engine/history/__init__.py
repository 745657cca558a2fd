"""The history of instances, metrics, and consistency checks of the stored data."""

from engine.history.consistency import ConsistencyCheck, check_consistency, consistency_check
from engine.history.metrics import Metrics, MetricValues
from engine.history.models import Event, Submission
from engine.history.service import History
from engine.history.submissions import Submissions

__all__ = [
    "ConsistencyCheck",
    "Event",
    "History",
    "MetricValues",
    "Metrics",
    "Submission",
    "Submissions",
    "check_consistency",
    "consistency_check",
]
