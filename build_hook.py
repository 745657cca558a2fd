"""Builds the browser side and the translations when a wheel or a source archive of the project is made."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STEPS = ("web/assets/build.py", "tools/translations.py")


class BuildHook(BuildHookInterface[Any]):
    """Runs the steps before the files of the distribution are gathered."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Leave an editable installation alone: there `make` runs the same steps."""
        if version == "editable":
            return
        for step in STEPS:
            subprocess.run([sys.executable, str(Path(self.root) / step)], check=True, cwd=self.root)
