"""Each patch prepared for the library applies to the installed release, and mends what its page says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

UPSTREAM = Path(__file__).parents[3] / "docs" / "upstream"
PATCHES = sorted(UPSTREAM.glob("*.patch"))
pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git applies the patches")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder with a copy of the installed library."""
    spec = find_spec("SpiffWorkflow")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parent
    shutil.copytree(installed, tmp_path / "SpiffWorkflow", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def reproduce(name: str, library: Path) -> subprocess.CompletedProcess[str]:
    """Run the reproduction of a patch on the library in a folder."""
    script = UPSTREAM / "reproductions" / f"{name.replace('-', '_')}.py"
    return subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(library), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("patch", PATCHES, ids=lambda file: file.stem)
def test_a_patch_applies_and_mends_what_it_says(patch: Path, copied: Path) -> None:
    before = reproduce(patch.stem, copied)
    assert before.returncode == 1, "the release that is installed does not need it any more"
    assert "AssertionError" in before.stderr or "WorkflowException" in before.stderr, before.stderr
    applied = subprocess.run(
        ["git", "apply", str(patch)],
        cwd=copied,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(copied.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert applied.returncode == 0, applied.stderr
    after = reproduce(patch.stem, copied)
    assert after.returncode == 0, after.stderr


def test_every_patch_has_its_page_and_its_line_in_the_list() -> None:
    listed = (UPSTREAM / "README.md").read_text(encoding="utf-8")
    assert PATCHES
    for patch in PATCHES:
        assert patch.name in patch.with_suffix(".md").read_text(encoding="utf-8")
        assert f"({patch.stem}.md)" in listed
