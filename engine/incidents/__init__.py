"""Incidents: what failed and waits for an administrator. List, count, retry, resolve.

A step opens them: `engine.execution.incident_creation`.
"""

from engine.incidents.models import IncidentFilter, IncidentGroup, IncidentView
from engine.incidents.service import Incidents

__all__ = ["IncidentFilter", "IncidentGroup", "IncidentView", "Incidents"]
