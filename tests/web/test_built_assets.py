"""The built browser side: all that the manifest names is there, nothing comes from other sites."""

from __future__ import annotations

import json
import re

from tests.architecture.sources import ROOT

STATIC = ROOT / "web" / "assets" / "static"


def _manifest() -> dict[str, str]:
    names: dict[str, str] = json.loads((STATIC / "manifest.json").read_text(encoding="utf-8"))
    return names


def test_the_manifest_names_files_that_are_there() -> None:
    names = _manifest()
    assert {"site.css", "site.js", "sprites.svg"} <= names.keys()
    for plain, hashed in names.items():
        assert (STATIC / hashed).is_file(), plain
        assert re.search(r"-[0-9A-Z]{8}\.", hashed), (
            f"{hashed} may be kept for good by browsers: it needs a hash"
        )


def test_styles_load_nothing_from_other_sites() -> None:
    styles = sorted(STATIC.glob("*.css"))
    assert styles
    assert any("url(" in file.read_text(encoding="utf-8") for file in styles)
    for file in styles:
        for address in re.findall(r"url\(\s*[\"']?([^\"')]+)", file.read_text(encoding="utf-8")):
            assert address.startswith(("data:", "./", "#")), f"{file.name} loads {address}"


def test_every_bundled_package_is_credited() -> None:
    text = (STATIC / "THIRD-PARTY-LICENSES.txt").read_text(encoding="utf-8")
    for name in ("bootstrap-italia", "Titillium Web"):
        assert name in text


def test_what_every_page_carries_stays_light() -> None:
    script = STATIC / _manifest()["site.js"]
    assert script.stat().st_size < 200_000, "site.js is on every page: load what is rare where it is used"
