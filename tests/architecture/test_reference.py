"""The reference tells what the code does today, and everything in it can be understood."""

from __future__ import annotations

import importlib
import re

import click
import pytest

from docs import generate
from engine.service_tasks import REGISTRY
from engine.settings import SETTINGS
from tests.architecture.sources import ROOT


@pytest.mark.parametrize("name", sorted(generate.PAGES))
def test_page_is_up_to_date(name: str) -> None:
    file = generate.FOLDER / name
    assert file.is_file(), f"docs/reference/{name} is missing: run `make docs`"
    assert file.read_text(encoding="utf-8") == generate.PAGES[name](), (
        f"docs/reference/{name}: run `make docs`"
    )


def test_every_setting_says_what_it_is_for() -> None:
    assert SETTINGS
    assert all(setting.help for setting in SETTINGS)


def test_every_operation_is_described() -> None:
    generate.load_operations()
    assert REGISTRY.operations
    for operation in REGISTRY.operations.values():
        assert operation.title, operation.topic
        assert operation.description, operation.topic


def test_every_command_and_option_has_help() -> None:
    main: click.Command = importlib.import_module("cli.__main__").main
    commands = list(generate.commands(main, "patti"))
    assert len(commands) > 20
    for path, command in commands:
        assert command.help or command.short_help, path
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{path} {option.opts[0]}"


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for file in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", file.read_text(encoding="utf-8")):
            if (
                "://" not in target
                and not target.startswith("mailto:")
                and not (file.parent / target).exists()
            ):
                broken.append(f"{file.relative_to(ROOT)}: {target}")
    assert not broken, "\n".join(broken)
