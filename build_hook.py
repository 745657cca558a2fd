"""Builds the browser side when a wheel or a source archive of the project is made."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STEP = "web/assets/build.py"


class BuildHook(BuildHookInterface[Any]):
    """Runs the step before the files of the distribution are gathered."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Leave an editable installation alone: there `make` runs the same step."""
        if version != "editable":
            subprocess.run([sys.executable, str(Path(self.root) / STEP)], check=True, cwd=self.root)
