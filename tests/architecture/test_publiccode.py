"""`publiccode.yml` can be read by the catalogue of reuse and agrees with the project."""

from __future__ import annotations

import tomllib
from typing import Any

import yaml

from tests.architecture.sources import ROOT

CATEGORIES = {
    "business-process-management",
    "digital-citizenship",
    "document-management",
    "task-management",
    "workflow-management",
}
"""The words of the standard's controlled vocabulary that fit this software."""


def _read() -> dict[str, Any]:
    about: dict[str, Any] = yaml.safe_load((ROOT / "publiccode.yml").read_text(encoding="utf-8"))
    return about


def test_the_keys_that_the_standard_requires_are_there() -> None:
    about = _read()
    for key in ("publiccodeYmlVersion", "name", "url", "platforms", "developmentStatus", "softwareType"):
        assert about[key], key
    assert about["legal"]["license"] == "EUPL-1.2"
    assert about["maintenance"]["type"] in {"internal", "contract", "community", "none"}
    assert about["maintenance"]["contacts"]
    assert all(contact["name"] for contact in about["maintenance"]["contacts"])
    assert about["localisation"] == {"localisationReady": True, "availableLanguages": ["it", "en"]}
    assert about["IT"]["countryExtensionVersion"] == "1.0"
    assert about["intendedAudience"]["countries"] == ["IT"]
    assert set(about["categories"]) <= CATEGORIES


def test_descriptions_keep_to_the_lengths_of_the_standard() -> None:
    for language in ("it", "en"):
        text = _read()["description"][language]
        assert len(text["shortDescription"]) <= 150, language
        assert 150 <= len(text["longDescription"]) <= 10_000, language
        assert text["features"]


def test_it_names_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert _read()["softwareVersion"] == project["version"]
    assert _read()["legal"]["license"] == project["license"]
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2")
