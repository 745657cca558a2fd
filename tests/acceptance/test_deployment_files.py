"""What docs/deploy shows can be started: the commands, the settings and the addresses it names are there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import click
import pytest
import yaml

from cli.__main__ import main
from engine.settings import SETTINGS
from tests.architecture.sources import ROOT
from web.health.metrics import GAUGES
from web.health.views import blueprint

DEPLOY = ROOT / "docs" / "deploy"
HOWTO = ROOT / "docs" / "howto" / "su-piu-macchine.md"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
NAMES = {f"PATTI_{setting.name.upper()}" for setting in SETTINGS}


def commands() -> Iterator[list[str]]:
    """The arguments of `patti` in every file that starts it."""
    for service in COMPOSE["services"].values():
        if "command" in service:
            yield service["command"][1:]
    units = sorted(DEPLOY.glob("*.service"))
    assert units
    for unit in units:
        found = re.search(r"^ExecStart=\S+/patti (.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)
        assert found, unit
        yield shlex.split(found[1].replace("%i", "8001"))


@pytest.mark.parametrize("arguments", list(commands()), ids=" ".join)
def test_each_command_is_one_of_ours(arguments: list[str]) -> None:
    command: click.Command = main
    context = click.Context(main)
    rest = list(arguments)
    while isinstance(command, click.Group):
        _, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command = found
    command.make_context(command.name, rest)  # raises for an option that is not there


def test_settings_are_named_as_they_are() -> None:
    named = set()
    for file in (*DEPLOY.iterdir(), HOWTO):
        named |= set(re.findall(r"PATTI_[A-Z_]+[A-Z]", file.read_text(encoding="utf-8")))
    assert named
    assert named <= NAMES


def test_health_is_asked_where_it_answers() -> None:
    addresses = {"/salute", "/salute/pronto", "/metriche"}
    asked = [
        found
        for service in COMPOSE["services"].values()
        for found in re.findall(r"http://[^/]+(/[^')]*)'", str(service.get("healthcheck", "")))
    ]
    assert len(asked) == 2
    assert set(asked) <= addresses
    assert _addresses(blueprint) == addresses


def _addresses(given: Any) -> set[str]:
    from flask import Flask

    app = Flask(__name__)
    app.register_blueprint(given)
    return {str(rule) for rule in app.url_map.iter_rules() if not str(rule).startswith("/static")}


def test_every_figure_is_explained() -> None:
    text = HOWTO.read_text(encoding="utf-8")
    assert [name for name, _ in GAUGES.values() if f"`{name}`" not in text] == []
    assert "`patti_steps_total`" in text
