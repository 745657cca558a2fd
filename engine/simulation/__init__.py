"""Simulation: an engine with a virtual clock, scenario files and the runner of `patti simulate` and of the tests."""

from engine.simulation.default_users import DEFAULT_SCOPE, DEFAULT_USERS, USER_NAMES
from engine.simulation.mailbox import CapturedMail, Mailbox
from engine.simulation.runner import ScenarioFailure, run_scenario
from engine.simulation.scenario_parser import Scenario, Step, read_scenarios
from engine.simulation.world import OpenTask, World

__all__ = [
    "DEFAULT_SCOPE",
    "DEFAULT_USERS",
    "USER_NAMES",
    "CapturedMail",
    "Mailbox",
    "OpenTask",
    "Scenario",
    "ScenarioFailure",
    "Step",
    "World",
    "read_scenarios",
    "run_scenario",
]
