"""Cases played on a clock that moves by command: what scenario files, tests and `patti simulate` stand on."""

from engine.simulation.colleagues import DEFAULT_SCOPE, DEFAULT_USERS, USER_NAMES
from engine.simulation.mailbox import CaughtMail, Mailbox
from engine.simulation.runner import ScenarioFailure, run_scenario
from engine.simulation.scenario_parser import Scenario, Step, read_scenarios
from engine.simulation.world import OpenTask, World

__all__ = [
    "DEFAULT_SCOPE",
    "DEFAULT_USERS",
    "USER_NAMES",
    "CaughtMail",
    "Mailbox",
    "OpenTask",
    "Scenario",
    "ScenarioFailure",
    "Step",
    "World",
    "read_scenarios",
    "run_scenario",
]
